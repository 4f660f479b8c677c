"""When an allowance gives back, and which warning lines it crosses."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from policies.budgets.rules import (
    Amounts,
    BudgetAction,
    BudgetRule,
    BudgetWindow,
)
from tests.core.budgets_in_memory import (
    NOON,
    EscrowInMemory,
    Life,
    budget,
    life,
    want,
)

DAY = budget("10")
ONE = (DAY,)


def house(amount: str = "10", *more: tuple[int, str]) -> EscrowInMemory:
    return EscrowInMemory({1: Decimal(amount), **{number: Decimal(text) for number, text in more}})


def lines(run: Life, cost: str, budgets: tuple[BudgetRule, ...]) -> list[int]:
    """The warning lines that a draw has crossed."""
    run.ask(cost, budgets)
    return [warning.line for warning in run.allowance.warnings]


def crossing(escrow: EscrowInMemory, limit: BudgetRule, costs: list[str]) -> list[list[int]]:
    run, seen = life(escrow), []
    for cost in costs:
        seen.append(lines(run, cost, (limit,)))
        for bucket in escrow.buckets.values():
            bucket.warned = max([bucket.warned, *seen[-1]])
        run.pay(cost)
    return seen


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        (["4", "1", "3", "1.5", "0.5"], [[], [50], [80], [95], []]),
        (["10"], [[50, 80, 95]]),
        (["4.9999", "0.0001"], [[], [50]]),
    ],
)
def test_each_warning_line_is_crossed_once(costs: list[str], told: list[list[int]]) -> None:
    assert crossing(house(), DAY, costs) == told


def test_a_refused_call_crosses_no_line() -> None:
    assert lines(life(house()), "11", ONE) == []


def test_a_budget_without_lines_warns_of_nothing() -> None:
    assert lines(life(house()), "10", (replace(DAY, lines=()),)) == []


CHEAPER = budget("10", action=BudgetAction.DOWNGRADE, model="small", version=3)
FORCED = ("budget:day-usd", 3)
MIDNIGHT = NOON + timedelta(hours=11, minutes=30)


def room(run: Life, at: datetime, *budgets: BudgetRule) -> bool:
    """Whether the budget that took the better model away gives it back."""
    return run.allowance.has_room(*FORCED, MIDNIGHT, replace(want("0"), at=at), budgets)


def drawn_on(escrow: EscrowInMemory) -> Life:
    """A run that was sent to the cheaper model and goes on with it."""
    run = life(escrow)
    run.ask("9", (CHEAPER,), model="small")
    run.pay("9")
    return run


def test_within_its_period_a_budget_gives_nothing_back() -> None:
    run = drawn_on(house())
    assert not room(run, NOON, CHEAPER)
    assert not room(run, MIDNIGHT - timedelta(seconds=1), CHEAPER)


def test_of_the_next_period_the_first_draw_has_to_tell() -> None:
    escrow = house()
    run = drawn_on(escrow)
    assert not room(run, MIDNIGHT, CHEAPER)
    run.ask("0.10", (CHEAPER,), at=MIDNIGHT, model="small")
    assert room(run, MIDNIGHT, CHEAPER)


def test_a_raised_amount_gives_back_as_soon_as_it_was_drawn_on() -> None:
    escrow = house("100")
    run = drawn_on(escrow)
    more = replace(CHEAPER, amount=Decimal(100), version=4)
    run.ask("0.10", (more,), model="small")
    assert room(run, NOON, more)
    assert not room(run, NOON, replace(more, amount=Decimal(11), version=5))


def test_a_budget_that_is_gone_gives_back_unless_another_one_forces_the_same() -> None:
    run = drawn_on(house())
    assert room(run, NOON)
    own = budget("1", window=BudgetWindow.RUN, name="own", action=BudgetAction.DOWNGRADE, id=2)
    spent = replace(want("0"), so_far=Amounts(3, 100, Decimal("0.9")))
    assert not run.allowance.has_room(*FORCED, MIDNIGHT, spent, (own,))
    less = replace(spent, so_far=Amounts(3, 100, Decimal("0.5")))
    assert run.allowance.has_room(*FORCED, MIDNIGHT, less, (own,))
