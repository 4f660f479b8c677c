"""The page of a run as it stood at the end of a step: what came later is nowhere on it, and each
reader sees as much of it as of the run's own page.
"""

import pytest
from django.db import connection
from django.test import Client

from console.journal import append
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Run
from runs.reading import past
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
BUDGET = StopReason.BUDGET_EXCEEDED
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def begun() -> Life:
    one = life(person("operator", "otto"), "Refund order 1042", of=agent())
    one.lease()
    one.step("get_order", {"order": 1042}, {"note": HOSTILE})
    one.step("get_policy", {}, "thirty days")
    one.step("refund", {"order": 1042}, "paid back")
    return one


def ended() -> Run:
    one = begun()
    one.complete("all of it is done")
    return one.written()


def page(run: Run, step: int, group: str = "operator") -> str:
    return read(signed_in(group), run, step)


def read(client: Client, run: Run, step: int) -> str:
    found = client.get(f"/runs/{run.pk}/past/{step}/")
    assert found.status_code == 200
    return found.content.decode()


def test_nothing_that_came_later_is_on_it() -> None:
    text = page(ended(), 2)
    assert "After step 2" in text
    for shown in ("get_order", "get_policy", "thirty days", "Running", "Steps: 2 of"):
        assert shown in text
    for later in ("refund", "paid back", "all of it is done", "Completed"):
        assert later not in text.split("</header>", 1)[-1].replace("Refund order 1042", "")


def test_one_goes_from_step_to_step_and_back_to_now() -> None:
    run = ended()
    client = signed_in("operator")
    first, last = read(client, run, 0), read(client, run, 4)
    assert "Before its first step" in first
    assert f'href="/runs/{run.pk}/past/1/"' in first
    assert "Earlier step" not in first
    assert f'href="/runs/{run.pk}/past/3/"' in last
    assert "Later step" not in last
    assert "Completed" in last
    assert f'href="/runs/{run.pk}/"' in last


def test_its_row_is_as_the_database_would_give_it_back() -> None:
    run = ended()
    for step in range(5):
        then = past.of(run, append.read(connection, run.pk), step)
        assert then is not None
        for field in Run._meta.fields:
            value = getattr(then.run, field.attname)
            assert value == field.to_python(value)
            assert type(value) is type(field.to_python(value)), field.name


def test_a_limit_that_was_raised_later_stands_as_it_was_then() -> None:
    one = life(person("operator", "otto"), of=agent(max_steps=2))
    one.lease()
    one.step("get_order", {"order": 1042})
    one.step("get_policy", {})
    one.happen(e.RunStopped(at=one.after(1), reason=BUDGET, rule="run-limit-steps"))
    run, admin = one.written(), signed_in("admin")
    assert "Steps: 1 of 2" in read(admin, run, 1)
    form = {"value": "9", "note": "there is more"}
    assert admin.post(f"/runs/{run.pk}/extend/", form).status_code == 302
    assert Run.objects.get(pk=run.pk).max_steps == 9
    assert "Steps: 1 of 2" in read(admin, run, 1)
    assert "Steps: 2 of 9" in read(admin, run, 2)


def test_of_a_model_that_costs_nothing_it_says_what_is_held_while_it_plans() -> None:
    one = begun()
    one.lease()
    assert "model turn" in page(one.written(), 3)


def test_each_decision_leads_to_the_run_as_it_stood_then() -> None:
    run = ended()
    text = signed_in("operator").get(f"/runs/{run.pk}/").content.decode()
    assert f'href="/runs/{run.pk}/past/2/"' in text


def test_it_is_no_live_page_and_acts_on_nothing() -> None:
    text = page(begun().written(), 1)
    assert "data-live" not in text
    assert f"/runs/{'0' * 8}" not in text
    assert "/kill/" not in text
    assert "/pause/" not in text
    assert "data-still" in text


def test_hostile_results_are_only_text() -> None:
    text = page(ended(), 1)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_viewer_reads_nothing_of_tools() -> None:
    text = page(ended(), 3, "viewer")
    assert "Refund order 1042" in text
    for hidden in ("get_order", "thirty days", "paid back"):
        assert hidden not in text


def test_a_step_that_never_was_is_not_found() -> None:
    assert signed_in("operator").get(f"/runs/{ended().pk}/past/99/").status_code == 404


def test_of_an_erased_run_it_leads_back_and_says_so() -> None:
    one = begun()
    one.complete("done")
    run = one.erased()
    found = signed_in("operator").get(f"/runs/{run.pk}/past/1/", follow=True)
    assert "cannot be read any more" in found.content.decode()
