"""Hours, days and months of shared budgets: where they begin and end, in UTC, and what people call
the one that is running. Pure.
"""

from datetime import UTC, datetime, timedelta

from policies.budgets.rules import BudgetWindow

RUNNING = {
    BudgetWindow.CALL: "one call's",
    BudgetWindow.RUN: "this run's",
    BudgetWindow.HOUR: "this hour's",
    BudgetWindow.DAY: "today's",
    BudgetWindow.MONTH: "this month's",
}


def begin(window: BudgetWindow, at: datetime) -> datetime:
    """The first instant, in UTC, of the hour, day or month of `at`, whatever zone `at` is
    given in.
    """
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    match window:
        case BudgetWindow.HOUR:
            return hour
        case BudgetWindow.DAY:
            return hour.replace(hour=0)
        case BudgetWindow.MONTH:
            return hour.replace(day=1, hour=0)
    raise ValueError(f"a {window} has no beginning of its own")


def end(window: BudgetWindow, begun: datetime) -> datetime:
    """The first instant after the period that began at `begun`."""
    match window:
        case BudgetWindow.HOUR:
            return begun + timedelta(hours=1)
        case BudgetWindow.DAY:
            return begun + timedelta(days=1)
        case BudgetWindow.MONTH:
            return (begun + timedelta(days=31)).replace(day=1)
    raise ValueError(f"a {window} has no end of its own")
