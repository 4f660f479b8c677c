"""Continuing an ended run in the browser: says what comes next, asks for the reason, refuses in
words, no viewer's.
"""

import pytest
from django.test import Client

from runs import run_rows
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Agent, Run
from tests.pages.lives import Life, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def ended(reason: StopReason = StopReason.PLANNER_FAILURE, of: Agent | None = None) -> Life:
    one = life(person("operator", "otto"), of=of)
    one.lease()
    one.happen(e.RunStopped(at=one.after(0.1), reason=reason, detail="so it is."))
    one.written()
    return one


def page(client: Client, one: Life, path: str = "") -> str:
    return client.get(f"/runs/{one.run.pk}/{path}").content.decode()


def status(one: Life) -> str:
    return Run.objects.get(pk=one.run.pk).status


def test_it_says_what_comes_next_and_goes_on_for_a_reason() -> None:
    one, operator = ended(), signed_in("operator")
    assert "Continue…" in page(operator, one)
    form = page(operator, one, "continue/")
    assert "Next it plans step 1" in form
    response = operator.post(f"/runs/{one.run.pk}/continue/", {"note": "the key was renewed"})
    assert response["Location"] == f"/runs/{one.run.pk}/"
    assert status(one) == "queued"
    shown = page(operator, one)
    assert "Continued by" in shown
    assert "the key was renewed" in shown
    assert "Continue…" not in shown


def test_a_limit_of_its_own_that_stands_in_the_way_is_raised_where_it_is_continued() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    for order in range(one.run.max_steps):
        one.step("get_order", {"order": order}, "paid")
    one.happen(
        e.RunStopped(
            at=one.after(0.1), reason=StopReason.BUDGET_EXCEEDED, rule="run-limit-steps", detail="."
        )
    )
    one.written()
    form = page(signed_in("admin"), one, "continue/")
    assert "That would end it again before its next step." in form
    assert "Raise it and go on" in form
    assert "Continue it" not in form
    told = page(signed_in("operator"), one, "continue/")
    assert "Raise it and go on" not in told
    assert "Raise its limit and go on?" in told


def test_without_a_reason_it_stays_stopped() -> None:
    one, operator = ended(), signed_in("operator")
    refused = operator.post(f"/runs/{one.run.pk}/continue/", {"note": " "}, follow=True)
    assert "Say how its cause was dealt with" in refused.content.decode()
    assert status(one) == "stopped"


@pytest.mark.parametrize("reason", [StopReason.USER_KILLED, StopReason.IN_DOUBT])
def test_what_ended_for_good_is_not_continued(reason: StopReason) -> None:
    one, operator = ended(reason), signed_in("operator")
    assert "Continue…" not in page(operator, one)
    assert "cannot be dealt with" in page(operator, one, "continue/")
    operator.post(f"/runs/{one.run.pk}/continue/", {"note": "please"})
    assert status(one) == "stopped"


def test_a_planner_is_one_that_an_agent_in_use_plans_with() -> None:
    one, operator = ended(), signed_in("operator")
    form = {"note": "larger", "planner": "openai:whatever"}
    refused = operator.post(f"/runs/{one.run.pk}/continue/", form, follow=True)
    assert "No agent in use plans with openai:whatever" in refused.content.decode()
    assert status(one) == "stopped"


def test_another_planner_is_offered_and_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    Agent.objects.create(name="large", title="Large", planner="openai:gpt-5", enabled=True)
    Agent.objects.create(name="off", title="Off", planner="openai:gpt-off", enabled=False)
    small = Agent.objects.create(name="small", title="Small", planner="openai:s", enabled=True)
    one, operator = ended(of=small), signed_in("operator")
    form = page(operator, one, "continue/")
    assert "openai:s, as before" in form
    assert "openai:gpt-5" in form
    assert "openai:gpt-off" not in form
    taken = {"note": "the small one is gone", "planner": "openai:gpt-5"}
    operator.post(f"/runs/{one.run.pk}/continue/", taken)
    assert status(one) == "queued"
    assert run_rows.state_of(Run.objects.get(pk=one.run.pk)).planner == "openai:gpt-5"


def test_the_better_model_of_its_agent_is_one_to_go_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    tiers = {"plan": "openai:better", "judge": "openai:judging"}
    small = Agent.objects.create(name="small", title="Small", planner="openai:s", tiers=tiers)
    form = page(signed_in("operator"), ended(of=small), "continue/")
    assert "openai:better" in form
    assert "openai:judging" not in form


def test_a_viewer_may_not() -> None:
    one, viewer = ended(), signed_in("viewer")
    assert viewer.get(f"/runs/{one.run.pk}/continue/").status_code == 403
    assert viewer.post(f"/runs/{one.run.pk}/continue/", {"note": "x"}).status_code == 403
    assert status(one) == "stopped"
