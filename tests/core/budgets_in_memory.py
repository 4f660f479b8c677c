"""A simulated escrow: the same arithmetic as the database's statement, in plain words.

And builders of budgets, wants and lives of runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.entry import Entry, Key, Reservation
from policies.budgets.escrow_sql import SHARE
from policies.budgets.rules import ZERO, Amounts, Budget, Measure, Window
from policies.decision import Decision, DecisionKind

NOON = datetime(2026, 3, 14, 12, 30, tzinfo=UTC)


def usd(text: str) -> Decimal:
    return Decimal(text)


def budget(amount: str = "10", **facts: Any) -> Budget:
    given = {
        "id": 1,
        "name": "day-usd",
        "version": 1,
        "window": Window.DAY,
        "measure": Measure.USD,
        **facts,
    }
    return Budget(amount=usd(amount), **given)


def want(
    estimate: str | None = "0.25",
    so_far: str | None = "0",
    *,
    at: datetime = NOON,
    model: str = "",
    **more: Any,
) -> Want:
    """A call that may cost `estimate`, by a run that has spent `so_far`.

    `more`: tokens and steps so far, tokens of the estimate.
    """
    return Want(
        estimate=Amounts(
            steps=1,
            tokens=more.get("takes", 0),
            usd=None if estimate is None else usd(estimate),
            seconds=Decimal(30),
        ),
        so_far=Amounts(
            steps=more.get("steps", 0),
            tokens=more.get("tokens", 0),
            usd=None if so_far is None else usd(so_far),
            seconds=Decimal(more.get("seconds", 0)),
        ),
        at=at,
        model=model,
    )


class Store(Protocol):
    """Where grants come from: simulated here, PostgreSQL elsewhere."""

    def draw(self, allowance: Allowance, wanted: Want, budgets: tuple[Budget, ...]) -> Decision: ...

    def give_back(self, allowance: Allowance, wanted: Want) -> None: ...


@dataclass
class Bucket:
    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    warned: int = 0


@dataclass
class Grant:
    epoch: int
    amount: Decimal
    mark: Decimal
    call: Decimal
    until: datetime


@dataclass
class Escrow:
    """Buckets by key and grants by run and key.

    `amounts` are the budgets' amounts as the store knows them now.
    """

    amounts: dict[int, Decimal]
    buckets: dict[Key, Bucket] = field(default_factory=dict)
    grants: dict[tuple[UUID, Key], Grant] = field(default_factory=dict)
    moves: int = 0

    def draw(self, allowance: Allowance, wanted: Want, budgets: tuple[Budget, ...]) -> Decision:
        drawing = allowance.drawing(wanted, budgets)
        try:
            entries = next(drawing)
            drawing.send(self.move(allowance.run, allowance.epoch, entries))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("a allowance asks once")

    def give_back(self, allowance: Allowance, wanted: Want) -> None:
        self.move(allowance.run, allowance.epoch, allowance.closing(wanted))
        allowance.closed()

    def move(
        self, run: UUID, epoch: int, entries: Sequence[Entry], *, lost: bool = False
    ) -> list[Reservation]:
        self.moves += 1
        counted = [self._counted(run, epoch, entry, lost) for entry in entries]
        rooms = [self._room(entry, used, held) for entry, used, held, _ in counted]
        fits = [
            entry.estimate is None or room >= entry.estimate
            for entry, room in zip(entries, rooms, strict=True)
        ]
        yes = all(fits) and not any(over for *_, over in counted)
        return [
            self._moved(
                run, epoch, each, part(each[0], room) if yes else ZERO, fit, yes=yes, lost=lost
            )
            for each, room, fit in zip(counted, rooms, fits, strict=True)
        ]

    def _counted(
        self, run: UUID, epoch: int, entry: Entry, lost: bool
    ) -> tuple[Entry, Decimal, Decimal, bool]:
        grant = self.grants.get((run, entry.key))
        if grant is None:
            return (
                entry,
                entry.kept
                + (max(entry.total - entry.mark, ZERO) if entry.mark is not None else ZERO),
                ZERO,
                False,
            )
        used = (
            entry.kept
            + max(entry.total - grant.mark, ZERO)
            + (grant.call if grant.epoch < epoch or lost else ZERO)
        )
        return entry, used, grant.amount, grant.epoch > epoch

    def _room(self, entry: Entry, used: Decimal, held: Decimal) -> Decimal:
        bucket = self.buckets.setdefault(entry.key, Bucket())
        return self.amounts[entry.budget] - bucket.spent - used - (bucket.reserved - held)

    def _moved(
        self,
        run: UUID,
        epoch: int,
        counted: tuple[Entry, Decimal, Decimal, bool],
        granted: Decimal,
        fits: bool,
        *,
        yes: bool,
        lost: bool,
    ) -> Reservation:
        entry, used, held, over = counted
        bucket = self.buckets[entry.key]
        if over:
            return Reservation(
                entry.key, ZERO, bucket.spent, bucket.reserved, bucket.warned, fits, superseded=True
            )
        bucket.spent += used
        bucket.reserved += granted - held
        if (yes and entry.estimate is not None) or lost or (run, entry.key) in self.grants:
            self.grants[run, entry.key] = Grant(
                epoch, granted, entry.total, min(granted, entry.at_risk), entry.until
            )
        return Reservation(entry.key, granted, bucket.spent, bucket.reserved, bucket.warned, fits)


def part(entry: Entry, room: Decimal) -> Decimal:
    """The grant: the next call's estimate, and more of it while there is plenty."""
    if not entry.estimate:
        return ZERO
    return entry.estimate + entry.typical * min(
        entry.ahead, int((room - entry.estimate) // (SHARE * entry.typical))
    )


@dataclass
class Life:
    """A run in one worker's hands: asks, spends, and keeps count as its journal would."""

    escrow: Store
    allowance: Allowance
    spent: Decimal = ZERO
    steps: int = 0
    admitted: Decimal = ZERO

    def ask(self, estimate: str, budgets: tuple[Budget, ...], at: datetime = NOON) -> Decision:
        drawn = self.escrow.draw(
            self.allowance, want(estimate, str(self.spent), at=at, steps=self.steps), budgets
        )
        if drawn.kind is DecisionKind.ALLOW:
            self.admitted += usd(estimate)
        return drawn

    def pay(self, cost: str | None) -> None:
        """The call came back; None: nobody knows what it cost."""
        if cost is None:
            self.allowance.settle(None)
            return
        self.allowance.settle(Amounts(usd=usd(cost)))
        self.spent += usd(cost)
        self.steps += 1

    def leave(self, at: datetime = NOON) -> None:
        self.escrow.give_back(self.allowance, want("0", str(self.spent), at=at, steps=self.steps))


def life(
    escrow: Store, run: int = 1, epoch: int = 1, agent: str = "refund-desk", user: str = "olga"
) -> Life:
    return Life(escrow, Allowance(UUID(int=run), epoch, agent, user))
