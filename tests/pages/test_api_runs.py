"""Runs over the API: started once for each key, looked at, stopped; as the token's owner."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from console.journal import append as journal
from runs import run_erasure, run_rows
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Agent, Run
from tests.pages.lives import agent, life
from tests.pages.people import person, signed_in
from tests.pages.programs import Program, code, program

pytestmark = pytest.mark.django_db
ASKED = {"agent": "refund-desk", "goal": "Refund order 7"}


def otto() -> User:
    return person("operator", "otto")


def kinds(run: Run) -> list[tuple[str, str]]:
    return [(each.record.kind, each.record.actor) for each in journal.read(connection, run.pk)]


def test_a_run_is_started_and_told_where_it_is() -> None:
    agent()
    answer = program(otto()).post("runs", {**ASKED, "limits": {"steps": 5, "usd": "0.25"}})
    run = Run.objects.get()
    assert answer.status_code == 201
    told = answer.json()
    assert (told["id"], told["status"], told["ended"]) == (str(run.pk), "queued", False)
    assert told["page"].endswith(f"/runs/{run.pk}/")
    assert told["limits"] == {"steps": 5, "tokens": 200_000, "usd": "0.25", "seconds": 3_600}
    assert (run.principal.username, run.goal, run.by_right) == ("otto", "Refund order 7", True)


def test_the_journal_names_the_token_beside_its_owner() -> None:
    agent()
    asks = program(otto(), name="nightly")
    run = Run.objects.get(pk=asks.post("runs", ASKED).json()["id"])
    asks.post(f"runs/{run.pk}/kill", {"reason": "wrong order"})
    assert kinds(run) == [
        ("run.created", "user:otto (token nightly)"),
        ("run.kill_requested", "user:otto (token nightly)"),
    ]
    (asked,) = [each.record for each in journal.read(connection, run.pk, after=1)]
    assert (asked.data["note"], asked.person) == ("wrong order", str(run.principal_id))
    audit = signed_in("auditor").get("/audit/?actor=otto").content.decode()
    assert "token nightly" in audit


def test_inputs_stand_below_the_goal() -> None:
    agent()
    program(otto()).post("runs", {**ASKED, "inputs": {"order": '7"\nlimit = 9'}})
    assert Run.objects.get().goal == 'Refund order 7\n\nInputs:\norder = "7\\"\\nlimit = 9"'


@pytest.mark.django_db(transaction=True)
def test_the_same_key_starts_one_run() -> None:
    agent()
    asks = program(otto())
    first, second = asks.post("runs", ASKED, key="k1"), asks.post("runs", ASKED, key="k1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == str(Run.objects.get().pk)
    Agent.objects.update(enabled=False)
    assert asks.post("runs", ASKED, key="k1").status_code == 200, "known, whatever became of it"


def test_a_key_that_is_used_for_something_else_is_refused() -> None:
    agent()
    asks = program(otto())
    limited = {**ASKED, "limits": {"steps": 5}}
    asks.post("runs", limited, key="k1")
    for other in (
        {**limited, "goal": "Another"},
        {**ASKED, "limits": {"steps": 6}},
        {**ASKED, "limits": {"usd": "sNaN"}},
    ):
        answer = asks.post("runs", other, key="k1")
        assert (answer.status_code, code(answer)) == (409, "key_reused")
    assert asks.post("runs", limited, key="k1").status_code == 200
    assert Run.objects.count() == 1


def test_two_people_may_use_the_same_key() -> None:
    agent()
    for name in ("otto", "olga"):
        assert program(person("operator", name)).post("runs", ASKED, key="k1").status_code == 201


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({**ASKED, "agent": "nobody"}, "There is no such agent"),
        ({**ASKED, "goal": "  "}, "A run needs a goal."),
        ({**ASKED, "limits": {"steps": 51}}, "may have at most 50"),
        ({**ASKED, "limits": {"usd": "1e999"}}, "usd"),
        ({**ASKED, "limits": {"usd": "sNaN"}}, "usd"),
        ({**ASKED, "limits": {"tokens": 10**30}}, "may have at most"),
        ({}, "Choose an agent."),
    ],
)
def test_what_cannot_be_started_says_why_and_starts_nothing(
    body: dict[str, Any], sentence: str
) -> None:
    agent()
    answer = program(otto()).post("runs", body)
    assert (answer.status_code, code(answer)) == (400, "cannot_start")
    assert sentence in answer.json()["error"]["message"]
    assert not Run.objects.exists()


def test_a_run_that_stopped_says_why_and_what_it_cost() -> None:
    one = life(otto())
    one.lease()
    one.step()
    one.stop(StopReason.BUDGET_EXCEEDED, "steps: 50 of 50")
    run = one.written()
    asks = program(run.principal, "runs:read")
    told = asks.get(f"runs/{run.pk}").json()
    assert (told["status"], told["reason"], told["detail"]) == (
        "stopped",
        "BUDGET_EXCEEDED",
        "steps: 50 of 50",
    )
    assert (told["usd"], told["ended"], told["needs_person"]) == ("0.01", True, False)
    result = asks.get(f"runs/{run.pk}/result").json()
    assert (result["result"], result["reason"]) == (None, "BUDGET_EXCEEDED")


def test_the_answer_of_a_run_is_its_result_however_long() -> None:
    one = life(otto())
    one.lease()
    one.complete("x" * 100_000)
    run = one.written()
    answer = program(run.principal, "runs:read").get(f"runs/{run.pk}/result")
    assert answer.json()["result"] == "x" * 100_000


def test_an_erased_run_says_so_and_tells_nothing(transactional_db: None) -> None:
    one = life(otto(), "canary goal")
    one.lease()
    one.complete("canary answer")
    run = one.written()
    run_erasure.erase(run_id=run.pk, actor="user:ada", reason="asked for", at=timezone.now())
    asks = program(run.principal)
    gone, events = asks.get(f"runs/{run.pk}/result"), asks.get(f"runs/{run.pk}/events")
    assert (gone.status_code, code(gone)) == (410, "erased")
    assert events.json()["events"][0]["erased"]
    for answer in (gone, events, asks.get(f"runs/{run.pk}")):
        assert "canary" not in answer.content.decode()


def test_a_run_that_goes_on_has_no_result_yet() -> None:
    run = life(otto()).run
    answer = program(run.principal).get(f"runs/{run.pk}/result")
    assert (answer.status_code, code(answer)) == (409, "not_ended")


def test_events_are_read_on_from_the_last_one() -> None:
    one = life(otto())
    one.lease()
    one.step(result={"total": 180})
    run = one.written()
    asks = program(run.principal)
    first = asks.get(f"runs/{run.pk}/events", limit=2).json()
    assert ([each["seq"] for each in first["events"]], first["more"]) == ([1, 2], True)
    rest = asks.get(f"runs/{run.pk}/events", after=first["after"]).json()
    assert [each["seq"] for each in rest["events"]] == [3, 4, 5]
    assert rest["events"][-1]["data"]["result"] == {"total": 180}
    assert (rest["after"], rest["hidden"], rest["more"]) == (run.seq, 0, False)
    assert asks.get(f"runs/{run.pk}/events", after=run.seq).json()["events"] == []


def test_events_that_the_owner_may_not_see_are_counted_and_never_told() -> None:
    one = life(otto(), of=agent(prompt="canary prompt"))
    one.lease()
    one.step("issue_refund", {"amount": "canary"}, result="canary result")
    one.stop(StopReason.TOOL_FAILURE, "issue_refund said canary")
    run = one.written()
    viewer = program(person("viewer"), "runs:read")
    answer = viewer.get(f"runs/{run.pk}/events")
    seen = answer.json()
    assert "canary" not in answer.content.decode()
    assert "issue_refund" not in answer.content.decode()
    assert seen["hidden"] + len(seen["events"]) == run.seq == seen["after"]
    assert "canary" not in viewer.get(f"runs/{run.pk}").content.decode()
    operator = program(run.principal).get(f"runs/{run.pk}/events").content.decode()
    assert "canary result" in operator
    assert "canary prompt" not in operator


def test_a_pause_is_asked_for_and_taken_back() -> None:
    run = life(otto()).run
    asks = program(run.principal)
    assert asks.post(f"runs/{run.pk}/pause", {"reason": "lunch"}).json()["status"] == "paused"
    again = asks.post(f"runs/{run.pk}/pause")
    assert (again.status_code, code(again)) == (409, "refused")
    assert asks.post(f"runs/{run.pk}/resume").json()["status"] == "queued"


def test_no_program_answers_for_the_people_who_are_asked() -> None:
    """Not even one of an owner who might: who is asked looks first."""
    ruth = User.objects.create_superuser("ruth")
    one = life(otto())
    one.lease()
    one.step()
    paused = e.RunPaused(
        at=one.after(0.1), reason=StopReason.LOOP_DETECTED, rule="loop:exact", detail="again"
    )
    run = one.written()
    run_rows.appended(run, run_rows.state_of(run), [paused])
    answer = program(ruth).post(f"runs/{run.pk}/resume")
    assert (answer.status_code, code(answer)) == (403, "asks_people")
    assert Run.objects.get(pk=run.pk).status == "paused"


def test_a_run_that_does_not_exist_is_a_404() -> None:
    asks = program(otto())
    for path in ("", "/result", "/events"):
        assert code(asks.get(f"runs/{uuid4()}{path}")) == "not_found"
    for verb in ("kill", "pause", "resume"):
        assert asks.post(f"runs/{uuid4()}/{verb}").status_code == 404


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": "-1"}, {"after": "9" * 40}])
def test_a_place_that_is_no_number_is_a_400(query: dict[str, str]) -> None:
    run = life(otto()).run
    assert program(run.principal).get(f"runs/{run.pk}/events", **query).status_code == 400


def test_a_demoted_owner_starts_nothing_any_more() -> None:
    agent()
    owner = otto()
    asks = program(owner)
    owner.groups.set([Group.objects.get(name="viewer")])
    assert code(asks.post("runs", ASKED)) == "forbidden"
    assert not Run.objects.exists()


def test_every_error_is_json_whoever_found_it() -> None:
    asks = program(otto())
    answers = {
        "nowhere": asks.get("nothing"),
        "method": asks.get("runs"),
        "a NUL in the address": asks.get("runs/x%00"),
        "no JSON": asks.post("runs", b"{"),
        "too large": asks.post("runs", b" " * 200_000),
        "a stranger": Program("").get(f"runs/{uuid4()}"),
    }
    assert {name: (answer.status_code, code(answer)) for name, answer in answers.items()} == {
        "nowhere": (404, "not_found"),
        "method": (405, "method_not_allowed"),
        "a NUL in the address": (400, "bad_request"),
        "no JSON": (400, "bad_json"),
        "too large": (413, "too_large"),
        "a stranger": (401, "unauthorized"),
    }
    assert answers["method"]["Allow"] == "POST"
    assert answers["a stranger"]["WWW-Authenticate"] == "Bearer"
