"""Warning lines: each is told once a period, by one of all runs, and journalled."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from console.journal import pool
from policies import current
from policies.budgets.models import Budget as Row
from policies.budgets.rules import BudgetRule
from tests.core.budgets_in_memory import NOON, Life
from tests.patience import PATIENCE
from tests.policies.treasury import in_force, life, noted, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    Row.objects.all().delete()  # the shipped ones
    current.forget()
    yield
    pool.close()


def crossed(run: Life, cost: str, rules: tuple[BudgetRule, ...], at: datetime = NOON) -> list[int]:
    """The lines that a draw has crossed and that nobody else had told."""
    run.ask(cost, rules, at)
    return [warning.line for warning in run.allowance.warnings]


def test_each_warning_line_is_told_once_a_period_and_journalled_with_who_crossed_it() -> None:
    day = row(amount="1")
    run, other = life(), life(2, agent="triage", user="anna")
    told: list[int] = []
    for each, cost in [
        (run, "0.45"),
        (other, "0.10"),
        (run, "0.10"),
        (other, "0.20"),
        (run, "0.15"),
    ]:
        told += crossed(each, cost, in_force(day))
        each.pay(cost)
    assert told == [50, 80, 95]
    events = noted("budget.warned")
    assert [(event.data["line"], event.data["agent"], event.rule) for event in events] == [
        (50, "triage", "day-usd"),
        (80, "triage", "day-usd"),
        (95, "refund-desk", "day-usd"),
    ]
    assert (
        events[0].data["sentence"]
        == "$0.55 of today's $1.00 are spent or reserved: the line at 50 % is crossed."
    )
    tomorrow = NOON + timedelta(days=1)
    assert crossed(run, "0.60", in_force(day), tomorrow) == [50]


def test_of_many_runs_that_cross_a_line_at_once_one_tells_it() -> None:
    day = row(amount="16", lines="50")
    rules, start = in_force(day), threading.Barrier(12, timeout=PATIENCE)

    def cross(number: int) -> int:
        run = life(number + 1)
        start.wait()
        return len(crossed(run, "1", rules))

    with ThreadPoolExecutor(12) as crowd:
        assert sum(crowd.map(cross, range(12))) == 1
    assert len(noted("budget.warned")) == 1


def test_a_raised_amount_is_warned_of_anew() -> None:
    day = row(amount="1")
    run = life()
    run.ask("0.95", in_force(day))
    run.pay("0.95")
    Row.objects.filter(pk=day.pk).update(amount="2")
    assert crossed(run, "0.10", in_force(day)) == [50]
    run.pay("0.10")
    Row.objects.filter(pk=day.pk).update(amount="1.5")
    assert crossed(run, "0.20", in_force(day)) == [80]
