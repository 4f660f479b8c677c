"""Shared budgets in memory: the same arithmetic as the database's statement, in plain words;
and the grants that simulated runs draw from it.

Held to the same tests as PostgreSQL's escrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from policies.budgets import abandoned
from policies.budgets.abandoned import Expired, GrantHolder
from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.escrow_entry import BucketKey, EscrowAnswer, EscrowEntry
from policies.budgets.escrow_sql import SHARE
from policies.budgets.rules import ZERO, Amounts, BudgetRule, BudgetWindow, Measure
from policies.decision import Decision
from runs.simulation.lives import SimulatedRun

if TYPE_CHECKING:
    from runs.simulation.world import SimulatedWorld


@dataclass
class BucketInMemory:
    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    warned: int = 0


@dataclass
class GrantInMemory:
    epoch: int
    amount: Decimal
    mark: Decimal
    call: Decimal
    until: datetime


@dataclass
class EscrowInMemory:
    """Buckets by key and grants by run and key.

    `amounts` are the budgets' amounts as the store knows them now.
    """

    amounts: dict[int, Decimal]
    buckets: dict[BucketKey, BucketInMemory] = field(default_factory=dict)
    grants: dict[tuple[UUID, BucketKey], GrantInMemory] = field(default_factory=dict)
    moves: int = 0

    def draw(self, allowance: Allowance, wanted: Want, budgets: tuple[BudgetRule, ...]) -> Decision:
        drawing = allowance.drawing(wanted, budgets)
        try:
            entries = next(drawing)
            drawing.send(self.move(allowance.run, allowance.epoch, entries))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("an allowance asks once")

    def give_back(self, allowance: Allowance, wanted: Want) -> None:
        self.move(allowance.run, allowance.epoch, allowance.closing(wanted))
        allowance.closed()

    def move(
        self, run: UUID, epoch: int, entries: Sequence[EscrowEntry], *, lost: bool = False
    ) -> list[EscrowAnswer]:
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
        self, run: UUID, epoch: int, entry: EscrowEntry, lost: bool
    ) -> tuple[EscrowEntry, Decimal, Decimal, bool]:
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

    def _room(self, entry: EscrowEntry, used: Decimal, held: Decimal) -> Decimal:
        bucket = self.buckets.setdefault(entry.key, BucketInMemory())
        return self.amounts[entry.budget] - bucket.spent - used - (bucket.reserved - held)

    def _moved(
        self,
        run: UUID,
        epoch: int,
        counted: tuple[EscrowEntry, Decimal, Decimal, bool],
        granted: Decimal,
        fits: bool,
        *,
        yes: bool,
        lost: bool,
    ) -> EscrowAnswer:
        entry, used, held, over = counted
        bucket = self.buckets[entry.key]
        if over:
            return EscrowAnswer(
                entry.key, ZERO, bucket.spent, bucket.reserved, bucket.warned, fits, superseded=True
            )
        bucket.spent += used
        bucket.reserved += granted - held
        if (yes and entry.estimate is not None) or lost or (run, entry.key) in self.grants:
            self.grants[run, entry.key] = GrantInMemory(
                epoch, granted, entry.total, min(granted, entry.at_risk), entry.until
            )
        return EscrowAnswer(entry.key, granted, bucket.spent, bucket.reserved, bucket.warned, fits)


def part(entry: EscrowEntry, room: Decimal) -> Decimal:
    """How much is granted: the next call's estimate, and more of it while there is plenty."""
    if not entry.estimate:
        return ZERO
    return entry.estimate + entry.typical * min(
        entry.ahead, int((room - entry.estimate) // (SHARE * entry.typical))
    )


class Treasury:
    """One budget in USD for the day, of all simulated runs. Away when the database is."""

    def __init__(self, world: "SimulatedWorld", amount: Decimal) -> None:
        self.world = world
        self.budget = BudgetRule(1, "the day's", 1, BudgetWindow.DAY, Measure.USD, amount)
        self.escrow = EscrowInMemory({1: amount})

    def in_force(self) -> tuple[BudgetRule, ...]:
        return (self.budget,)

    async def draw(
        self, allowance: Allowance, wanted: Want, all_budgets: tuple[BudgetRule, ...]
    ) -> Decision:
        self.world.reach()
        return self.escrow.draw(allowance, wanted, all_budgets)

    async def give_back(self, allowance: Allowance, wanted: Want) -> None:
        self.world.reach()
        self.escrow.give_back(allowance, wanted)

    def return_abandoned(self) -> None:
        """Return what dead runs hold, as the clock does."""
        now = self.world.now()
        for (run, place), grant in list(self.escrow.grants.items()):
            if grant.amount > 0 and grant.until < now - abandoned.GRACE:
                expired = Expired(run, grant.epoch, grant.amount, grant.mark, *place)
                standing = stands(self.world.journals.lives[run], now)
                if abandoned.is_dead(expired, standing):
                    entry = abandoned.last_entry(expired, standing, self.budget, now)
                    self.escrow.move(run, grant.epoch, [entry], lost=True)
                    self.world.watch.marks["a grant of a dead run returned"] += 1


def stands(life: SimulatedRun, now: datetime) -> GrantHolder:
    row, until = life.row, life.row["lease_expires_at"]
    so_far = Amounts(row["step"], row["tokens_in"] + row["tokens_out"], row["usd"])
    return GrantHolder(life.epoch, until is not None and until > now, so_far)
