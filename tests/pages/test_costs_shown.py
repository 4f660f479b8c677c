"""Which model took a run's steps and what each cost, on the run's page and on a step's own."""

from decimal import Decimal

import pytest
from django.test import Client

from policies.budgets.models import Budget
from runs.engine import events as e
from runs.models import Run
from tests.markup import read
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = "openai:<b>large</b>"


def routed(one: Life, planner: str, tier: str, usd: int, **facts: str | int) -> None:
    told = {"rule": "routing:stuck", "version": 4, "detail": "run.failures >= 2 holds.", **facts}
    one.happen(
        e.RunRouted(
            at=one.after(0.1),
            step=one.state.step,
            tier=tier,
            planner=planner,
            price_in=Decimal(usd),
            price_out=Decimal(usd),
            **told,  # type: ignore[arg-type]  # by their names
        )
    )


def two_models() -> Life:
    one = life(person("operator", "otto"), of=agent(tiers={"plan": HOSTILE}))
    one.lease()
    one.step("get_order", {"order": 1}, "paid")
    routed(one, HOSTILE, "plan", 100)
    one.step("get_order", {"order": 2}, "open")
    one.plan(final="Done.", usd=Decimal(1))
    one.written()
    return one


def page(client: Client, one: Life, path: str = "") -> str:
    answer = client.get(f"/runs/{one.run.pk}/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_models_cost_and_what_was_saved_is_on_the_runs_page() -> None:
    one, operator = two_models(), signed_in("operator")
    text = read(page(operator, one)).one(id="costs").words
    assert "openai:<b>large</b> better model asked 2 times" in text
    assert "scripted usual model asked 1 time " in text
    assert "$1.01" in text
    assert "Cheaper models saved about" in text


def test_a_models_name_is_only_text() -> None:
    assert "<b>large" not in page(signed_in("operator"), two_models())


def test_what_changed_brings_the_costs_along_while_the_run_goes_on() -> None:
    one, operator = two_models(), signed_in("operator")
    assert 'id="costs"' in page(operator, one, "since/?after=1")


def test_a_viewer_sees_the_sum_and_not_who_was_asked() -> None:
    one, viewer = two_models(), signed_in("viewer")
    assert 'id="costs"' not in page(viewer, one)
    assert 'id="costs"' not in page(viewer, one, "since/?after=1")
    assert "routing stuck" not in page(viewer, one, "steps/3/")


def test_a_run_that_a_budget_led_to_a_cheaper_model_tells_of_both() -> None:
    Budget.objects.create(name="cheap", amount=10, action="downgrade", model="openai:tiny")
    one = life(person("operator", "otto"))
    one.lease()
    one.step("get_order", {"order": 1}, "paid")
    one.happen(e.RunDowngraded(at=one.after(0.1), planner="openai:tiny", rule="budget:cheap"))
    one.step("get_order", {"order": 2}, "paid")
    one.written()
    text = read(page(signed_in("operator"), one)).one(id="costs").words
    assert "openai:tiny usual model asked 1 time" in text


def test_a_run_of_one_model_says_no_more_than_its_meters() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step("get_order", {"order": 1}, "paid")
    one.written()
    assert 'id="costs"' not in page(signed_in("operator"), one)


def test_a_steps_page_says_which_model_took_it_by_which_policy_and_what_it_cost() -> None:
    one, operator = two_models(), signed_in("operator")
    text = page(operator, one, "steps/3/")
    assert "the better model (routing stuck v4). run.failures &gt;= 2 holds." in text
    assert "Its answer cost $1.00." in text
    assert "Taken by" not in page(operator, one, "steps/1/")


def test_the_last_row_of_the_timeline_says_what_the_whole_run_came_to() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    for number in range(90):
        one.step("get_order", {"order": number})
    one.written()
    operator = signed_in("operator")
    run = Run.objects.get(pk=one.run.pk)
    for part in ("", f"since/?after={run.seq}"):
        shown = read(page(operator, one, part)).one(id="total").words
        assert shown.startswith("In all 90 steps · 90 calls")
        assert shown.endswith("90,000 → 4,500 $0.90")


def test_who_may_not_see_the_work_reads_no_sum_of_it() -> None:
    assert 'id="total"' not in page(signed_in("viewer"), two_models())


def test_each_step_says_what_its_turn_cost_and_at_which_price() -> None:
    text = page(signed_in("operator"), two_models())
    assert "1,000 tokens sent, 50 answered · $0.010, $9.52 for a million" in text
