"""What shared budgets will have spent at the end of their windows, if it goes on as until now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from policies.budgets import periods, rows, words
from policies.budgets.models import Escrow
from policies.budgets.rules import BudgetRule, BudgetWindow

WINDOWS: Final = (BudgetWindow.MONTH, BudgetWindow.DAY, BudgetWindow.HOUR)
PERIODS: Final = {
    BudgetWindow.MONTH: "this month",
    BudgetWindow.DAY: "today",
    BudgetWindow.HOUR: "this hour",
}
MOST: Final = 8
"""Buckets that are shown: those that are nearest to their amount."""
EARLY: Final = Decimal("0.05")
"""The share of a window before which nothing can be said of its end."""


@dataclass(frozen=True, slots=True)
class BudgetForecast:
    """One bucket in its running window. `meter` and `mark`, 0 to 100, are what is spent and what
    is expected; `short` says when it runs out, where it does before the window's end.
    """

    title: str
    spent: str
    amount: str
    meter: float
    mark: float | None
    words: str
    short: str


def forecasts(at: datetime) -> list[BudgetForecast]:
    """The fullest buckets of budgets by month, day and hour."""
    budgets = {each.id: each for each in rows.load() if each.window in WINDOWS}
    begun = {window: periods.begin(window, at) for window in WINDOWS}
    buckets = [
        (budgets[row.budget_id], row)
        for row in Escrow.objects.filter(budget__in=budgets, starts_at__in=begun.values())
        if row.starts_at == begun[budgets[row.budget_id].window]
    ]
    fullest = sorted(buckets, key=lambda each: -share(each[1].spent, each[0]))
    return [forecast(budget, row, at) for budget, row in fullest[:MOST]]


def forecast(budget: BudgetRule, row: Escrow, at: datetime) -> BudgetForecast:
    end = periods.end(budget.window, row.starts_at)
    gone = Decimal((at - row.starts_at) / (end - row.starts_at))
    expected = row.spent / gone if gone >= EARLY else None
    short = expected is not None and expected > budget.amount
    return BudgetForecast(
        f"{budget.name}{words.whose(budget, row.holder)}, {PERIODS[budget.window]}",
        words.figure(budget.measure, row.spent),
        words.figure(budget.measure, budget.amount),
        meter(row.spent, budget),
        None if expected is None else meter(expected, budget),
        said(budget, expected, end),
        f"used up about {runs_out(budget, row, at):%a %H:%M} UTC" if short else "",
    )


def meter(amount: Decimal, budget: BudgetRule) -> float:
    return round(float(min(share(amount, budget), Decimal(1))) * 100, 1)


def share(amount: Decimal, budget: BudgetRule) -> Decimal:
    """The amount's part of the budget; a budget of nothing is always full."""
    return amount / budget.amount if budget.amount else Decimal(1)


def said(budget: BudgetRule, expected: Decimal | None, end: datetime) -> str:
    when = f"{end:%H:%M}" if budget.window is not BudgetWindow.MONTH else f"{end:%d %b}"
    if expected is None:
        return f"it is too early to say what it will be by {when} UTC"
    return f"about {words.figure(budget.measure, rounded(expected))} by {when} UTC"


def rounded(amount: Decimal) -> Decimal:
    """The amount in cents: a forecast is no account."""
    return amount.quantize(Decimal("0.01"))


def runs_out(budget: BudgetRule, row: Escrow, at: datetime) -> datetime:
    """When the amount is reached at the rate until now; now when it is already."""
    if row.spent >= budget.amount:
        return at
    return row.starts_at + (at - row.starts_at) * float(budget.amount / row.spent)
