"""The budgets that a run draws on, as meters, and what lets a run go on that one of them holds
back. Text and arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from console import figures
from policies.budgets import bucket_meters, budget_obstacles, words
from policies.budgets.bucket_meters import BucketMeter
from policies.budgets.rules import Amounts, BudgetAction, BudgetRule, BudgetWindow, Measure
from runs.engine.vocabulary import FINAL, RunPhase, StopReason
from runs.models import Run
from runs.reading import meters
from runs.reading.meters import Meter

CENT = Decimal("0.01")
PERIODS = {
    BudgetWindow.CALL: "One call",
    BudgetWindow.RUN: "This run",
    BudgetWindow.HOUR: "This hour",
    BudgetWindow.DAY: "Today",
    BudgetWindow.MONTH: "This month",
}
AGAIN = {
    BudgetWindow.HOUR: "when the next hour begins",
    BudgetWindow.DAY: "when the next day begins",
    BudgetWindow.MONTH: "when the next month begins",
}


def of(run: Run, now: datetime) -> list[BucketMeter]:
    """The budgets of a run that is not over, or that a budget ended. Two queries, or none. A fire
    drill draws on none of the house's.
    """
    if run.drill:
        return []
    if run.status in FINAL and run.stop_reason not in (
        StopReason.BUDGET_EXCEEDED,
        StopReason.TIMEOUT,
    ):
        return []
    agent = str(run.snapshot.get("name") or "")
    return bucket_meters.of_run(
        agent,
        str(run.principal_id),
        so_far(run, now),
        in_flight(run),
        now,
        run.principal.get_username(),
    )


def so_far(run: Run, now: datetime) -> Amounts:
    seconds = Decimal(int(meters.running_time(run, now)))
    usd = None if run.usd_unknown and not run.usd else run.usd
    return Amounts(run.step, run.tokens_in + run.tokens_out, usd, seconds)


def in_flight(run: Run) -> Amounts:
    return Amounts(int(run.phase == RunPhase.PLANNING), run.reserved_tokens, run.reserved_usd)


def downgrades(standings: Sequence[BucketMeter]) -> bool:
    """Whether one of these budgets leads runs to a cheaper model."""
    return any(each.budget.action is BudgetAction.DOWNGRADE for each in standings)


def shown(standings: Sequence[BucketMeter]) -> list[Meter]:
    """The meters, the one that is nearest to its end first."""
    found = [
        meter(each, f"{PERIODS[each.budget.window]}{words.whose(each.budget, each.shown)}")
        for each in standings
    ]
    return sorted(found, key=lambda each: -float(each.spent))


def today(now: datetime) -> Meter | None:
    """What all runs together may spend today; None when there is no such budget. Two queries."""
    found = bucket_meters.for_everybody(now)
    return meter(found, "Budget today") if found else None


def meter(standing: BucketMeter, label: str) -> Meter:
    """Spent, reserved and left of one budget; the one that says so is named under it."""
    budget = standing.budget
    figure = words.figure
    found = meters.meter(
        label,
        standing.spent,
        standing.reserved,
        budget.amount,
        figure(budget.measure, standing.spent),
        unit(budget),
    )
    held = (
        f"{figure(budget.measure, standing.reserved)} held for calls in flight · "
        if standing.reserved
        else ""
    )
    spent = f"{figure(budget.measure, standing.spent)} spent · " if held else ""
    note = f"{spent}{held}{figure(budget.measure, standing.left)} left · {budget.name}"
    past = "used up" if not standing.left else f"over {standing.line} %" if standing.line else ""
    return replace(
        found,
        note=note,
        warning=past,
        said=f"{found.said}, {note}{f', {past}' if past else ''}; {consequence(budget)}",
    )


def unit(budget: BudgetRule) -> str:
    return words.amount(budget.measure, budget.amount).removesuffix(" of running time")


def consequence(budget: BudgetRule) -> str:
    return f"a run whose call does not fit {words.consequence(budget.action, budget.model)}"


def advice(facts: Mapping[str, Any], standings: Sequence[BucketMeter], now: datetime) -> str:
    """What lets a run go on that a budget paused: nothing more, more room, or time. Asks the
    database as resuming would.
    """
    found = next((each for each in standings if each.budget.name == facts.get("budget")), None)
    if found is None:
        return "That budget no longer applies: resume it to go on."
    obstacle = budget_obstacles.obstacle(facts, now)
    if not obstacle:
        return (
            f"There is room again, {words.figure(found.budget.measure, found.left)} left:"
            " resume it to go on."
        )
    if facts.get("need") is None:
        return obstacle
    need = decimal(facts.get("need"))
    more = f"{found.budget.name} is raised to {enough(found, need)} or more{or_later(found, now)}"
    return f"It can go on once {more}. Until then Resume is refused."


def enough(found: BucketMeter, need: Decimal) -> str:
    """The amount, rounded up, since the figure that people read would otherwise be a little too
    small.
    """
    least = found.gone + need
    if found.budget.measure is Measure.USD:
        least = least.quantize(CENT, ROUND_CEILING)
    return words.figure(found.budget.measure, least)


def or_later(found: BucketMeter, now: datetime) -> str:
    if not found.ends:
        return ""
    left = figures.span(figures.since(now, found.ends))
    return f", or {AGAIN[found.budget.window]} (UTC, in {left})"


def decimal(text: object) -> Decimal:
    """An amount as the journal keeps it; 0 for a text that is not one."""
    try:
        return Decimal(str(text or 0))
    except InvalidOperation:
        return Decimal(0)
