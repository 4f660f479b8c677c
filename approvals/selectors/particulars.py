"""What only some cards show: an answer with its criteria, the repeated calls of a loop, the budget
that is used up. Text only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from django.contrib.auth.models import User

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind
from console.journal import selectors, spill
from console.journal.records import JournalRecord
from console.journal.visibility import clearance_of
from policies.budgets import budget_obstacles, words
from policies.budgets.bucket_meters import BucketMeter
from policies.budgets.rules import Measure
from runs.models import Run
from runs.reading import budget_meters, doubt, effects, loop_evidence, rulings
from runs.reading.doubt import DoubtedCall
from runs.reading.effects import RunEffect
from runs.reading.loop_evidence import LoopEvidence
from runs.reading.meters import Meter
from runs.reading.readers import PageReader
from runs.reading.rulings import Checked
from runs.run_authority import RAISES

LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """The final answer as it would be accepted, with each criterion as it was judged."""

    text: str
    cut: bool
    checks: Sequence[Checked]
    figure: str


@dataclass(frozen=True, slots=True)
class BudgetQuestion:
    """The budget: its meter, what approving does to it, and the least amount by which it has to be
    raised.
    """

    name: str
    meter: Meter | None
    approving: str
    raise_by: str = ""
    unit: str = ""
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only this kind of card shows; all empty for a tool call."""

    answer: FinalAnswer | None = None
    loop: LoopEvidence | None = None
    bucket: BudgetQuestion | None = None
    doubt: DoubtedCall | None = None
    effects: Sequence[RunEffect] = ()

    @property
    def blocked(self) -> str:
        """Why letting the run go on would be refused, whoever decides."""
        return self.bucket.approving if self.bucket and self.bucket.blocked else ""


NOTHING_MORE = Particulars()


def of(request: Request, run: Run, user: User, now: datetime) -> Particulars:
    """The particulars of a request: one query for an answer, a loop or a doubt, a few for a budget,
    none for a call.
    """
    match request.kind:
        case RequestKind.ACCEPTANCE:
            return Particulars(answer=answer(request, user))
        case RequestKind.LOOP:
            return Particulars(loop=loop(request, run, user))
        case RequestKind.BUDGET:
            return Particulars(bucket=bucket(request, run, user, now))
        case RequestKind.IN_DOUBT:
            return Particulars(doubt=doubt.found(run, clearance_of(user), request.call))
        case RequestKind.UNDO:
            return Particulars(effects=to_undo(request, run, user))
    return NOTHING_MORE


def to_undo(request: Request, run: Run, user: User) -> Sequence[RunEffect]:
    """What the run did and would be undone, newest first."""
    named = request.facts.get("undoes") or ()
    return [each for each in effects.of(run, clearance_of(user)) if each.call in named]


def paused(request: Request) -> JournalRecord:
    """The pause that asked, from the journal."""
    data = {"detail": request.sentence, "facts": request.facts}
    return JournalRecord(
        "run.paused",
        request.asked_at,
        "supervisor",
        request.correlation_id,
        rule=request.rule,
        data=data,
    )


def answer(request: Request, user: User) -> FinalAnswer:
    checks = rulings.checks(paused(request))
    text, cut = final(request, user)
    return FinalAnswer(
        text, cut, checks, f"{sum(check.passed for check in checks)} of {len(checks)} met"
    )


def final(request: Request, user: User) -> tuple[str, bool]:
    """The answer, and whether it was cut because it is very long."""
    stored = selectors.events(
        request.run_id, clearance=clearance_of(user), kinds=("step.planned",), steps=[request.step]
    )
    said = stored[-1].record.data.get("final") if stored else None
    mark = spill.marker(said)
    text = str(mark["head"]) if mark else str(said or "")
    return text[:LONGEST], bool(mark) or len(text) > LONGEST


def loop(request: Request, run: Run, user: User) -> LoopEvidence | None:
    clearance = clearance_of(user)
    return loop_evidence.of(
        run,
        PageReader(user, clearance, sees_tools="user_hidden" in clearance, operates=False),
        paused(request),
    )


def bucket(request: Request, run: Run, user: User, now: datetime) -> BudgetQuestion:
    """The budget with its present figures rather than those of the moment when the run paused."""
    name = str(request.facts.get("budget") or "")
    found = next((each for each in budget_meters.of(run, now) if each.budget.name == name), None)
    if found is None:
        return BudgetQuestion(
            name,
            None,
            f"The budget {name} no longer applies: the run goes on, and nothing is changed.",
        )
    [meter] = budget_meters.shown([found])
    if not budget_obstacles.obstacle(request.facts, now):
        left = words.figure(found.budget.measure, found.left)
        return BudgetQuestion(
            name,
            meter,
            f"There is room again, {left} left: the run goes on at once, and no budget is changed.",
        )
    return blocked(found, meter, request.facts, user, now)


def blocked(
    found: BucketMeter, meter: Meter, facts: Mapping[str, object], user: User, now: datetime
) -> BudgetQuestion:
    """The question with why it cannot be approved yet: without more room the run would only pause
    again.
    """
    name, measure = found.budget.name, found.budget.measure
    if facts.get("need") is None:
        return BudgetQuestion(
            name,
            meter,
            "Nobody knows what its model costs: its prices have to be written on the agent's page"
            " first.",
            blocked=True,
        )
    need = budget_meters.decimal(facts["need"])
    if not user.has_perm(RAISES):
        later = budget_meters.or_later(found, now)
        said = (
            f"Refused until {name} is raised to {budget_meters.enough(found, need)} or more by "
            f"whoever may"
            f" edit budgets{later}."
        )
        return BudgetQuestion(name, meter, said, blocked=True)
    lacks = lacking(found, need)
    now_at = f"{words.amount(measure, found.budget.amount)}{words.whose(found.budget)}"
    said = (
        f"Raises {name} from {now_at} by what you write below, at least"
        f" {words.figure(measure, lacks)}, for every run that draws on it; then this run"
        " goes on."
    )
    return BudgetQuestion(name, meter, said, raise_by=f"{lacks:f}", unit=UNITS[measure])


UNITS = {
    Measure.USD: "USD",
    Measure.TOKENS: "tokens",
    Measure.STEPS: "steps",
    Measure.SECONDS: "seconds",
}


def lacking(found: BucketMeter, need: Decimal) -> Decimal:
    """The least amount by which it has to be raised; cents are rounded up, or the call would still
    not fit.
    """
    lacks = found.gone + need - found.budget.amount
    return (
        lacks.quantize(budget_meters.CENT, ROUND_CEILING)
        if found.budget.measure is Measure.USD
        else lacks
    )
