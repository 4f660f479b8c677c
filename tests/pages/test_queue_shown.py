"""A queued run says how many come before it and which bound keeps it waiting: on its page, in the
fleet, over the API.
"""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.models import Agent, Run
from tests.pages.lives import agent, life
from tests.pages.people import person, signed_in
from tests.pages.programs import program

pytestmark = pytest.mark.django_db


def queued(who: User, goal: str, ago: float, **facts: Any) -> Run:
    """A run that waits in the queue since so many seconds."""
    run = life(who, goal, ago=ago).run
    Run.objects.filter(pk=run.pk).update(**facts)
    return Run.objects.get(pk=run.pk)


def words(client: Client, run: Run) -> str:
    text = client.get(f"/runs/{run.pk}/").content.decode()
    found = re.search(r'class="note now-line.*?</p>', text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()).replace("note now-line", "")


def cell(client: Client, run: Run) -> str:
    text = client.get("/").content.decode()
    found = re.search(rf'<tr id="run-{run.pk}".*?data-cell="now">(.*?)</td>', text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_a_batch_run_says_how_many_are_before_it() -> None:
    anna, ben = person("operator", "anna"), person("operator", "ben")
    for number in range(3):
        queued(anna, f"batch {number}", 100 - number, priority="batch")
    for number in range(2):
        queued(ben, f"mine {number}", 50 - number)
    last = queued(anna, "last", 10, priority="batch")
    client = signed_in("viewer")
    assert "Queued" in words(client, last)
    assert "· 5 before it" in words(client, last)
    assert cell(client, last) == "5 before it"
    answer = program(person("operator", "otto")).get(f"runs/{last.pk}").json()
    assert (answer["priority"], answer["queue"]) == ("batch", {"before": 5, "bound": ""})


def test_a_persons_first_run_is_next_behind_hundreds_of_somebody_elses() -> None:
    anna, ben = person("operator", "anna"), person("operator", "ben")
    for number in range(30):
        queued(anna, f"many {number}", 100 - number, priority="batch")
    mine = queued(ben, "mine", 1)
    client = signed_in("viewer")
    assert "Waiting for a free worker slot" in words(client, mine)
    assert cell(client, mine) == "next"


def test_a_run_that_a_bound_keeps_waiting_names_it() -> None:
    anna = person("operator", "anna")
    agent(max_active=2)
    for number in range(2):
        queued(anna, f"at work {number}", 100, lease_owner="w", status="running")
    older, newer = queued(anna, "older", 50), queued(anna, "newer", 40)
    client = signed_in("viewer")
    bound = "2 of 2 runs of Refund desk at work"
    assert cell(client, older) == bound
    assert cell(client, newer) == f"1 before it · {bound}"
    assert f"· 1 before it · {bound}" in words(client, newer)
    answer = program(person("operator", "otto")).get(f"runs/{newer.pk}").json()
    assert answer["queue"] == {"before": 1, "bound": bound}
    Agent.objects.update(max_active=None)
    assert cell(client, newer) == "1 before it"


def test_a_person_with_as_many_at_work_as_they_may_is_named(settings: Any) -> None:
    settings.ACTIVE_PER_PRINCIPAL = 1
    anna = person("operator", "anna")
    queued(anna, "at work", 100, lease_owner="w", status="running")
    assert cell(signed_in("viewer"), queued(anna, "waits", 5)) == "1 of 1 run of anna at work"


def test_a_run_in_a_workers_hands_is_in_no_queue() -> None:
    taken = queued(person("operator", "anna"), "taken", 5, lease_owner="w")
    assert program(person("operator", "otto")).get(f"runs/{taken.pk}").json()["queue"] is None


def test_places_cost_no_more_queries_for_more_runs() -> None:
    anna, client = person("operator", "anna"), signed_in("viewer")
    queued(anna, "one", 5)
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    for number in range(20):
        queued(anna, f"many {number}", 5)
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) <= len(one)


def test_whoever_starts_a_run_may_let_it_come_after_those_of_others() -> None:
    agent()
    form = {"agent": "refund-desk", "goal": "Tidy up", "priority": "batch"}
    client = signed_in("operator")
    client.post("/runs/start/", form)
    assert Run.objects.get().priority == "batch"
    assert (
        'value="batch" selected'
        in client.get(f"/runs/start/?like={Run.objects.get().pk}").content.decode()
    )
    answer = client.post("/runs/start/", {**form, "priority": "first"})
    assert "It is interactive or batch." in answer.content.decode()


def test_a_program_may_choose_it_and_a_key_stands_for_one_choice() -> None:
    agent()
    asks = program(person("operator", "otto"))
    body = {"agent": "refund-desk", "goal": "Tidy up", "priority": "batch"}
    assert asks.post("runs", body, key="k").json()["priority"] == "batch"
    assert asks.post("runs", body, key="k").status_code == 200
    assert asks.post("runs", {**body, "priority": "interactive"}, key="k").status_code == 409
    assert asks.post("runs", {**body, "priority": "now"}).status_code == 400
