"""Whether a planner call fits a budget, and what becomes of its run if not. Pure; shared budgets
are counted elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from console.json_value import Json
from policies.budgets import periods, words
from policies.budgets.rules import (
    ZERO,
    Amounts,
    BudgetAction,
    BudgetRule,
    BudgetScope,
    BudgetWindow,
    Measure,
    measured,
)
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason

RULE = "budget"
DEADLINE = "deadline"
HARSHEST = (DecisionKind.STOP, DecisionKind.PAUSE, DecisionKind.ALLOW_WITH_CAPS)


@dataclass(frozen=True, slots=True)
class Want:
    """One planner call before it is made: `estimate` is what it may take at most, `so_far` what the
    run's journal counts by now.

    `so_far.seconds` is the run's running time. Where the model has no known price, `usd` is None in
    both. `model` is who would be asked, `usual` who takes the run's usual steps.
    """

    estimate: Amounts
    so_far: Amounts
    at: datetime
    model: str = ""
    usual: str = ""

    def cheaper(self, budget: BudgetRule) -> str:
        """The model that this budget would have instead; empty when it is that already."""
        named = budget.model or self.usual
        return "" if named == self.model else named


@dataclass(frozen=True, slots=True)
class Bucket:
    """One budget within one period, for one holder. `begun` is None for budgets that are not
    shared. `holder` is an agent's name or a person's id, `label` the holder's name for people.
    """

    budget: BudgetRule
    holder: str
    begun: datetime | None = None
    label: str = field(default="", compare=False)

    @property
    def shown(self) -> str:
        return self.label or self.holder


@dataclass(frozen=True, slots=True)
class Crossing:
    """A warning line that was crossed; told once within its period, by the draw that crossed it
    first.
    """

    bucket: Bucket
    line: int
    spent: Decimal
    reserved: Decimal

    @property
    def sentence(self) -> str:
        return words.crossed(
            self.bucket.budget, self.bucket.shown, self.spent + self.reserved, self.line
        )


def bucket_of(budget: BudgetRule, agent: str, user: str, at: datetime, name: str = "") -> Bucket:
    """The bucket of a run of this agent for this user, an id; `name` is what they are called."""
    label = name if budget.scope is BudgetScope.USER and budget.each else ""
    return Bucket(
        budget,
        budget.holder(agent, user),
        periods.begin(budget.window, at) if budget.shared else None,
        label,
    )


def weighed(bucket: Bucket, want: Want, spent: Decimal, reserved: Decimal, fits: bool) -> Decision:
    """A budget's decision on a call, given what is spent and reserved of it. `fits`: whether the
    counting found room.
    """
    budget, gone = bucket.budget, spent + reserved
    need = measured(budget, want.estimate)
    if need is None:
        return denied(
            bucket, want, spent, reserved, budget.action, words.no_price(budget, bucket.shown)
        )
    if (
        budget.action is BudgetAction.DOWNGRADE
        and (cheaper := want.cheaper(budget))
        and (not fits or reached(budget, gone))
    ):
        return denied(
            bucket,
            want,
            spent,
            reserved,
            BudgetAction.DOWNGRADE,
            words.goes_on_with(budget, bucket.shown, gone, cheaper),
        )
    if fits:
        return ALLOWED
    return denied(
        bucket,
        want,
        spent,
        reserved,
        budget.action,
        words.does_not_fit(budget, bucket.shown, gone, need),
    )


def alone(bucket: Bucket, want: Want, unknown: Amounts) -> Decision:
    """The decision of a budget of one call or one run, which nobody else spends from. `unknown`:
    reserved by calls whose cost nobody knows.
    """
    budget, gone = bucket.budget, gone_alone(bucket.budget, want, unknown)
    need = measured(budget, want.estimate) or ZERO
    fits = (
        gone < budget.amount if budget.measure is Measure.SECONDS else gone + need <= budget.amount
    )
    return weighed(bucket, want, gone, ZERO, fits)


def gone_alone(budget: BudgetRule, want: Want, unknown: Amounts) -> Decimal:
    """How much the run has taken of a budget of its own; of one for a single call, nothing."""
    if budget.window is BudgetWindow.CALL:
        return ZERO
    return (measured(budget, want.so_far) or ZERO) + (measured(budget, unknown) or ZERO)


def has_room(budget: BudgetRule, gone: Decimal | None) -> bool:
    """Whether runs may go on with their own models, as far as this budget goes; one of which nobody
    has heard yet says no.
    """
    if budget.action is not BudgetAction.DOWNGRADE:
        return True
    return gone is not None and gone < budget.amount and not reached(budget, gone)


def reached(budget: BudgetRule, gone: Decimal) -> bool:
    """Whether so much is gone that the cheaper model takes over."""
    return gone > 0 and gone * 100 >= budget.amount * budget.downgrade_at


def denied(
    bucket: Bucket,
    want: Want,
    spent: Decimal,
    reserved: Decimal,
    action: BudgetAction,
    sentence: str,
) -> Decision:
    """What becomes of a run that does not fit: it stops, pauses until a person or a raised budget
    lets it go on, or goes on with the cheaper planner that the facts name. A run that already uses
    that planner stops.
    """
    budget, shown = bucket.budget, facts(bucket, want, spent, reserved)
    kind, reason = DecisionKind.STOP, exceeded(bucket.budget)
    match action:
        case BudgetAction.PAUSE:
            kind = DecisionKind.PAUSE
        case BudgetAction.DOWNGRADE if cheaper := want.cheaper(budget):
            kind, reason = DecisionKind.ALLOW_WITH_CAPS, None
            shown["downgrade"] = cheaper
        case BudgetAction.STOP | BudgetAction.DOWNGRADE:
            pass
        case _:
            assert_never(action)
    return Decision(kind, f"{RULE}:{budget.name}", budget.version, sentence, shown, reason)


def exceeded(budget: BudgetRule) -> StopReason | None:
    """The stop reason of a budget; that of a budget of a run's seconds is its deadline, whoever set
    it.
    """
    return StopReason.TIMEOUT if limit(budget) == DEADLINE else StopReason.BUDGET_EXCEEDED


def harshest(decisions: Iterable[Decision]) -> Decision:
    """The decision that leaves the run the least, of several that refuse a call."""
    refusals = [each for each in decisions if each.kind is not DecisionKind.ALLOW]
    return min(refusals, key=lambda each: HARSHEST.index(each.kind), default=ALLOWED)


def facts(bucket: Bucket, want: Want, spent: Decimal, reserved: Decimal) -> dict[str, Json]:
    """What the journal keeps of a refusal, from which it can be asked later whether the call would
    still be refused.
    """
    budget, need = bucket.budget, measured(bucket.budget, want.estimate)
    called = {"called": bucket.label} if bucket.label else {}
    return {
        **called,
        "limit": limit(budget),
        "budget": budget.name,
        "version": budget.version,
        "holder": bucket.holder,
        "window": str(budget.window),
        "measure": str(budget.measure),
        "amount": plain(budget.amount),
        "spent": plain(spent),
        "reserved": plain(reserved),
        "need": None if need is None else plain(need),
        "ends": periods.end(budget.window, bucket.begun).isoformat() if bucket.begun else None,
    }


def limit(budget: BudgetRule) -> str:
    """The word for the budget beside BUDGET_EXCEEDED; for a run's seconds that is its deadline,
    whoever set it.
    """
    if budget.window is not BudgetWindow.RUN:
        return str(budget.window)
    return DEADLINE if budget.measure is Measure.SECONDS else str(budget.measure)


def plain(number: Decimal) -> str:
    """A decimal as text for JSON: exact, without exponent and trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
