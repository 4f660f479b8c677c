"""A run that a budget paused goes on when there is room again, and is told what is missing until
then.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from console.journal import pool
from policies.budgets.budget_obstacles import obstacle
from policies.budgets.check import Want
from policies.budgets.models import Budget as Row
from policies.budgets.rules import BudgetWindow
from tests.core.budgets_in_memory import NOON, want
from tests.policies.treasury import TREASURY, in_force, life, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    Row.objects.all().delete()  # the shipped ones
    yield
    pool.close()


def refused(budget: Row, wanted: Want) -> dict[str, Any]:
    drawn = TREASURY.draw(life(7).allowance, wanted, in_force(budget))
    assert not drawn.allowed
    return dict(drawn.facts)


def used_up(**facts: Any) -> tuple[Row, dict[str, Any]]:
    """A budget of $10 with $9.90 gone, and the facts of a refusal."""
    day = row(amount="10", **facts)
    run = life()
    run.ask("9.90", in_force(day))
    run.pay("9.90")
    run.leave()
    return day, refused(day, want("0.25"))


def test_until_there_is_room_it_says_what_would_help() -> None:
    _, facts = used_up()
    assert obstacle(facts, NOON) == (
        "$9.90 of today's $10.00 are spent or reserved; this call could cost $0.25. "
        "It can go on once the budget day-usd is raised, or from 15 March 00:00 UTC on."
    )


def test_a_raised_budget_is_no_obstacle() -> None:
    day, facts = used_up()
    Row.objects.filter(pk=day.pk).update(amount="10.15")
    assert obstacle(facts, NOON) == ""


def test_a_new_day_is_no_obstacle() -> None:
    _, facts = used_up()
    assert obstacle(facts, NOON + timedelta(days=1)) == ""


def test_a_budget_that_is_switched_off_or_deleted_is_no_obstacle() -> None:
    day, facts = used_up()
    Row.objects.filter(pk=day.pk).update(enabled=False)
    assert obstacle(facts, NOON) == ""
    day.delete()
    assert obstacle(facts, NOON) == ""


def test_what_one_run_has_spent_is_held_against_the_raised_amount() -> None:
    each = row("run-usd", "1", window=BudgetWindow.RUN)
    facts = refused(each, want("0.25", "0.90"))
    assert obstacle(facts, NOON).endswith("It can go on once the budget run-usd is raised.")
    Row.objects.filter(pk=each.pk).update(amount="1.15")
    assert obstacle(facts, NOON) == ""


def test_a_call_that_was_too_dear_waits_for_a_higher_amount() -> None:
    call = row("call-usd", "0.10", window=BudgetWindow.CALL)
    facts = refused(call, want("0.25", "0.90"))
    assert obstacle(facts, NOON).startswith(
        "This call could cost $0.25; one call may take $0.10 at most."
    )


def test_an_unknown_price_is_an_obstacle_until_the_budget_takes_another_for_it() -> None:
    day = row(amount="10")
    facts = refused(day, want(None, None))
    assert "on the agent's page" in obstacle(facts, NOON)
    Row.objects.filter(pk=day.pk).update(unpriced="zero")
    assert obstacle(facts, NOON) == ""
