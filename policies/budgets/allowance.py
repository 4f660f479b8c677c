"""What one run, under one lease, holds of the shared budgets: grants that it may spend without
asking the database, until they are used up or stale.

Pure: where a grant must be had, `drawing` yields the entries and is sent the answer, so any store,
real or simulated, can serve it.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from policies.budgets import check, periods
from policies.budgets.check import Bucket, Crossing, Want
from policies.budgets.escrow_entry import BucketKey, EscrowAnswer, EscrowEntry
from policies.budgets.rules import (
    NANO,
    ZERO,
    Amounts,
    BudgetRule,
    Measure,
    Unpriced,
    applicable,
    measured,
)
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
LIFETIME = timedelta(seconds=30)
"""How long a grant may be spent from without asking again."""
AHEAD = 7
"""For how many calls beyond the next one a grant may be."""
SLACK = Decimal("1.5")
"""How much more expensive than all before it a call may be without asking again, as a factor."""
AT_RISK = frozenset({Measure.USD, Measure.TOKENS})
LOST = Decision(
    DecisionKind.STOP,
    rule=f"{check.RULE}:lease",
    sentence="Another worker has taken this run over.",
    reason=StopReason.BUDGET_EXCEEDED,
)


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant in hand. `mark` and `unknown` are the run's counts when it was given."""

    bucket: Bucket
    amount: Decimal
    mark: Decimal
    unknown: Decimal
    max_call_cost: Decimal
    until: datetime
    spent: Decimal
    reserved: Decimal
    warned: int

    def covers(self, budget: BudgetRule, want: Want, unknown: Decimal) -> bool:
        """Whether the call fits this grant. After a call whose cost nobody knows, it does not: the
        store has to be told first.
        """
        total, estimate = measured(budget, want.so_far), measured(budget, want.estimate)
        if (
            total is None
            or estimate is None
            or budget.version != self.bucket.budget.version
            or want.at >= self.until
            or unknown != self.unknown
        ):
            return False
        return estimate <= self.max_call_cost and total - self.mark + estimate <= self.amount


Drawing = Generator[Sequence[EscrowEntry], Sequence[EscrowAnswer], Decision]


class Allowance:
    """The grants of `run` under the lease `epoch`, for `user` (an id, who is called `name`). Used
    by one task at a time.
    """

    def __init__(self, run: UUID, epoch: int, agent: str, user: str, name: str = "") -> None:
        self.run, self.epoch, self.agent, self.user, self.name = run, epoch, agent, user, name
        self.held: dict[BucketKey, HeldGrant] = {}
        self.unknown = Amounts()
        self.unpriced: dict[BucketKey, int] = {}
        self.max_call_cost: dict[int, Decimal] = {}
        self.asked = 0
        self.warnings: tuple[Crossing, ...] = ()
        self._open: Want | None = None
        self._all: tuple[BudgetRule, ...] | None = None
        self._buckets: list[Bucket] = []
        self._since = self._until = BEFORE_ALL

    def drawing(self, want: Want, budgets: tuple[BudgetRule, ...]) -> Drawing:
        """Whether this call may be made. Nothing is asked of the store while the grants in hand
        cover it.

        Warning lines that were crossed are in `warnings` until the next draw.
        """
        self.warnings = ()
        buckets = self.buckets(budgets, want.at)
        if not buckets and not self.held:
            self._open = want
            return ALLOWED
        said = [
            check.alone(bucket, want, self._unknown(want))
            for bucket in buckets
            if bucket.begun is None
        ]
        shared = {key(bucket): bucket for bucket in buckets if bucket.begun is not None}
        said += [
            check.weighed(bucket, want, ZERO, ZERO, fits=False)
            for bucket in shared.values()
            if measured(bucket.budget, want.estimate) is None
        ]
        decision = check.harshest(said)
        if decision.kind is not DecisionKind.ALLOW:
            return decision
        entries = self._entries(shared, want)
        answers = (yield entries) if entries else ()
        # only once it is answered: a question may be begun, dropped and put again
        self.asked += bool(entries)
        decision = self._heard(shared, entries, answers, want)
        if decision.kind is DecisionKind.ALLOW:
            self._begin(shared, want)
        self.warnings = tuple(self._crossed(answers))
        return decision

    def has_room(
        self,
        rule: str,
        version: int,
        ends: datetime | None,
        want: Want,
        budgets: tuple[BudgetRule, ...],
    ) -> bool:
        """Whether the budget `rule` in `version`, whose period was to end at `ends`, is over or is
        another one by now, and no budget wants a cheaper model as things stand.

        Nothing is asked of the store: of a period that nothing was drawn from, nobody has heard.
        """
        buckets = self.buckets(budgets, want.at)
        same = any(
            f"{check.RULE}:{each.budget.name}" == rule and each.budget.version == version
            for each in buckets
        )
        if same and (ends is None or want.at < ends):
            return False
        return all(check.has_room(each.budget, self._gone(each, want)) for each in buckets)

    def _gone(self, bucket: Bucket, want: Want) -> Decimal | None:
        """How much is spent and reserved of it, as last heard."""
        if bucket.begun is None:
            return check.gone_alone(bucket.budget, want, self._unknown(want))
        held = self.held.get(key(bucket))
        return held.spent + held.reserved if held else None

    def settle(self, spent: Amounts | None) -> None:
        """Record what the call took; None when nobody knows, and then its estimate counts as spent.
        The run's own counts tell what is known.
        """
        want, self._open = self._open, None
        if want is None:
            return
        guess, priced = want.estimate, want.estimate.usd is not None
        tokens = guess.tokens if spent is None else 0
        usd = guess.usd if priced and (spent is None or spent.usd is None) else ZERO
        self.unknown = replace(
            self.unknown,
            tokens=self.unknown.tokens + tokens,
            usd=(self.unknown.usd or ZERO) + (usd or ZERO),
        )

    def closing(self, want: Want) -> list[EscrowEntry]:
        """The entries that give everything back, since the run leaves this worker. A call that was
        never settled counts as spent.
        """
        self.settle(None)
        return [self._entry(held.bucket, want, None) for held in self.held.values()]

    def closed(self) -> None:
        self.held.clear()

    def buckets(self, budgets: tuple[BudgetRule, ...], at: datetime) -> list[Bucket]:
        """The present buckets of all budgets that hold this run; found anew when a budget was
        edited or a period has ended.
        """
        if budgets is not self._all or not self._since <= at < self._until:
            mine = applicable(budgets, self.agent, self.user, self.name)
            self._buckets = [
                check.bucket_of(budget, self.agent, self.user, at, self.name) for budget in mine
            ]
            ends = [
                periods.end(bucket.budget.window, bucket.begun)
                for bucket in self._buckets
                if bucket.begun is not None
            ]
            self._all, self._since, self._until = budgets, at, min(ends, default=at + LIFETIME)
        return self._buckets

    def _entries(self, shared: dict[BucketKey, Bucket], want: Want) -> list[EscrowEntry]:
        """What the store must be asked for: grants in place of those that do not cover the call, or
        whose period or budget is over.
        """
        over = [
            self._entry(held.bucket, want, None)
            for key, held in self.held.items()
            if key not in shared
        ]
        short = [
            self._entry(bucket, want, measured(bucket.budget, want.estimate))
            for key, bucket in shared.items()
            if key not in self.held
            or not self.held[key].covers(bucket.budget, want, self._unknown_of(bucket.budget, want))
        ]
        return over + short

    def _entry(self, bucket: Bucket, want: Want, estimate: Decimal | None) -> EscrowEntry:
        assert bucket.begun is not None
        held, unknown = self.held.get(key(bucket)), self._unknown_of(bucket.budget, want)
        return EscrowEntry(
            budget=bucket.budget.id,
            holder=bucket.holder,
            begun=bucket.begun,
            total=measured(bucket.budget, want.so_far) or ZERO,
            mark=held.mark if held else None,
            kept=unknown - held.unknown if held else ZERO,
            estimate=estimate,
            typical=self._max_call_cost(bucket, estimate),
            ahead=AHEAD,
            until=want.at + LIFETIME,
            at_risk=self._most(bucket) if bucket.budget.measure in AT_RISK else ZERO,
            unpriced=self.unpriced.get(key(bucket), 0),
        )

    def _max_call_cost(self, bucket: Bucket, estimate: Decimal | None) -> Decimal:
        """The most expensive call so far, since later calls, whose contexts have grown, are likely
        to cost as much.
        """
        seen = self.max_call_cost[bucket.budget.id] = max(
            self.max_call_cost.get(bucket.budget.id, ZERO), estimate or ZERO
        )
        return seen

    def _most(self, bucket: Bucket) -> Decimal:
        """The most one call may take from a grant."""
        return (self.max_call_cost[bucket.budget.id] * SLACK).quantize(NANO, ROUND_DOWN)

    def _heard(
        self,
        shared: dict[BucketKey, Bucket],
        entries: Sequence[EscrowEntry],
        answers: Sequence[EscrowAnswer],
        want: Want,
    ) -> Decision:
        """Keep the store's answers, and give each budget's decision on the call."""
        heard = {answer.key: answer for answer in answers}
        refused = {
            entry.key for entry in entries if entry.key in heard and not heard[entry.key].fits
        }
        for entry in entries:
            self._take(shared.get(entry.key), entry, heard.get(entry.key), want)
        if any(answer.superseded for answer in answers):
            return LOST
        return check.harshest(
            check.weighed(held.bucket, want, held.spent, held.reserved, fits=key not in refused)
            for key, held in self.held.items()
            if key in shared
        )

    def _take(
        self, bucket: Bucket | None, entry: EscrowEntry, answer: EscrowAnswer | None, want: Want
    ) -> None:
        self.unpriced.pop(entry.key, None)
        if bucket is None or answer is None:
            self.held.pop(entry.key, None)
            return
        self.held[entry.key] = HeldGrant(
            bucket=bucket,
            amount=answer.granted,
            mark=entry.total,
            unknown=self._unknown_of(bucket.budget, want),
            max_call_cost=min(answer.granted, self._most(bucket)),
            until=entry.until if answer.fits else want.at,
            spent=answer.spent,
            reserved=answer.reserved,
            warned=answer.warned,
        )

    def _begin(self, shared: dict[BucketKey, Bucket], want: Want) -> None:
        self._open = want
        if want.estimate.usd is None:
            for place, bucket in shared.items():
                if bucket.budget.measure is Measure.USD and bucket.budget.unpriced is Unpriced.ZERO:
                    self.unpriced[place] = self.unpriced.get(place, 0) + 1

    def _crossed(self, answers: Sequence[EscrowAnswer]) -> list[Crossing]:
        found = []
        for answer in answers:
            held = self.held.get(answer.key)
            if held is not None:
                found += [
                    Crossing(held.bucket, line, answer.spent, answer.reserved)
                    for line in crossed(held.bucket.budget, answer)
                ]
        return found

    def _unknown(self, want: Want) -> Amounts:
        return self.unknown if want.so_far.usd is not None else replace(self.unknown, usd=None)

    def _unknown_of(self, budget: BudgetRule, want: Want) -> Decimal:
        return measured(budget, self._unknown(want)) or ZERO


def key(bucket: Bucket) -> BucketKey:
    assert bucket.begun is not None
    return bucket.budget.id, bucket.holder, bucket.begun


def crossed(budget: BudgetRule, answer: EscrowAnswer) -> list[int]:
    """The warning lines, in percent, that have been reached and not been told of."""
    gone = (answer.spent + answer.reserved) * 100
    return [
        line
        for line in sorted(budget.lines)
        if line > answer.warned and gone >= budget.amount * line
    ]
