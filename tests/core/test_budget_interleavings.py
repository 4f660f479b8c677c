"""Whatever runs do in whatever order, dying and coming back included: what was admitted never goes
over a budget.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from policies.budgets.escrow_entry import BucketKey, EscrowEntry
from policies.budgets.rules import BudgetAction, BudgetRule, BudgetScope, BudgetWindow
from tests.core import budgets_in_memory as memory
from tests.core.budgets_in_memory import EscrowInMemory, Life

RUNS = 4
GRACE = timedelta(seconds=10)
costs = st.integers(1, 400).map(lambda cents: Decimal(cents) / 100)
runs = st.integers(0, RUNS - 1)


@dataclass
class Truth:
    """A life as the world knows it: the call in flight, whatever any allowance believes."""

    life: Life
    estimate: Decimal | None = None
    buckets: tuple[BucketKey, ...] = ()


class Races(RuleBasedStateMachine):
    """A day's budget for all and an hour's for one agent; four runs, their zombies, a watchdog, an
    admin, the clock.
    """

    def __init__(self) -> None:
        super().__init__()
        self.at = memory.NOON
        self.budgets: tuple[BudgetRule, ...] = (
            memory.budget("20", id=1, name="day"),
            memory.budget(
                "8",
                id=2,
                name="hour",
                window=BudgetWindow.HOUR,
                scope=BudgetScope.AGENT,
                who="agent-0",
                action=BudgetAction.PAUSE,
            ),
        )
        self.escrow = EscrowInMemory({1: Decimal(20), 2: Decimal(8)})
        self.lives = [self.born(number, 1, Decimal(0)) for number in range(RUNS)]
        self.zombies: list[Truth] = []
        self.gone: dict[BucketKey, Decimal] = {}

    def born(self, number: int, epoch: int, spent: Decimal) -> Truth:
        life = memory.life(self.escrow, number, epoch, agent=f"agent-{number % 2}")
        life.spent = spent
        return Truth(life)

    @rule(number=runs, estimate=costs)
    def ask(self, number: int, estimate: Decimal) -> None:
        run = self.lives[number]
        if run.estimate is None:
            self.asked(run, estimate)

    @precondition(lambda self: self.zombies)
    @rule(estimate=costs)
    def a_worker_that_was_frozen_makes_one_more_call_before_it_notices(
        self, estimate: Decimal
    ) -> None:
        zombie = self.zombies.pop()
        if zombie.estimate is None:
            self.asked(zombie, estimate)

    def asked(self, run: Truth, estimate: Decimal) -> None:
        if run.life.ask(str(estimate), self.budgets, self.at).allowed:
            run.estimate = estimate
            run.buckets = tuple(self.buckets(run.life))
            for bucket in run.buckets:
                self.gone[bucket] = self.gone.get(bucket, Decimal(0)) + estimate
                assert self.gone[bucket] <= self.escrow.amounts[bucket[0]]

    def buckets(self, life: Life) -> list[BucketKey]:
        return [
            key
            for key in life.allowance.held
            if life.allowance.held[key].bucket.budget in self.budgets
        ]

    @rule(number=runs, share=st.integers(0, 100))
    def the_call_comes_back(self, number: int, share: int) -> None:
        run = self.lives[number]
        if run.estimate is not None:
            cost = (run.estimate * share / 100).quantize(Decimal("0.0001"))
            run.life.pay(str(cost))
            for bucket in run.buckets:
                self.gone[bucket] -= run.estimate - cost
            run.estimate = None

    @rule(number=runs)
    def the_call_is_cut_off(self, number: int) -> None:
        run = self.lives[number]
        if run.estimate is not None:
            run.life.pay(None)
            run.estimate = None

    @rule(number=runs)
    def the_run_ends_and_another_begins(self, number: int) -> None:
        run = self.lives[number]
        run.life.leave(self.at)
        self.lives[number] = self.born(number, run.life.allowance.epoch + 1, run.life.spent)

    @rule(number=runs)
    def its_worker_dies_and_another_takes_over(self, number: int) -> None:
        run = self.lives[number]
        self.zombies.append(Truth(run.life, run.estimate))
        self.lives[number] = self.born(number, run.life.allowance.epoch + 1, run.life.spent)

    @rule()
    def the_watchdog_looks(self) -> None:
        """Only lives that have been taken over are dead here; what the living hold stays theirs."""
        for (run, key), grant in list(self.escrow.grants.items()):
            life = self.lives[run.int].life
            if (
                grant.amount
                and grant.until < self.at - GRACE
                and grant.epoch < life.allowance.epoch
            ):
                total = min(life.spent, grant.mark + grant.amount)
                self.escrow.move(run, grant.epoch, [emptied(key, total, self.at)], lost=True)

    @rule(amount=costs, which=st.integers(0, 1))
    def an_admin_changes_an_amount(self, amount: Decimal, which: int) -> None:
        changed = [*self.budgets]
        old = changed[which]
        changed[which] = memory.budget(
            str(amount * 8),
            id=old.id,
            name=old.name,
            version=old.version + 1,
            window=old.window,
            scope=old.scope,
            who=old.who,
        )
        self.budgets = tuple(changed)
        self.escrow.amounts[old.id] = amount * 8

    @rule(seconds=st.sampled_from([1, 20, 31, 45, 1_800, 43_200]))
    def time_passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        if seconds > 31:
            # a frozen worker wakes or is gone; it does not come back after its grants have expired
            # and been given to others
            self.zombies.clear()

    @invariant()
    def nothing_is_owed(self) -> None:
        assert all(
            bucket.spent >= 0 and bucket.reserved >= 0 for bucket in self.escrow.buckets.values()
        )

    @invariant()
    def the_escrow_never_knows_of_less_than_there_is(self) -> None:
        for key, gone in self.gone.items():
            bucket = self.escrow.buckets[key]
            assert gone <= bucket.spent + bucket.reserved

    @invariant()
    def what_is_reserved_is_granted(self) -> None:
        for key, bucket in self.escrow.buckets.items():
            assert bucket.reserved == sum(
                grant.amount for (_, place), grant in self.escrow.grants.items() if place == key
            )


def emptied(key: BucketKey, total: Decimal, at: datetime) -> EscrowEntry:
    zero = Decimal(0)
    return EscrowEntry(
        budget=key[0],
        holder=key[1],
        begun=key[2],
        total=total,
        mark=None,
        kept=zero,
        estimate=None,
        typical=zero,
        ahead=0,
        until=at,
        at_risk=zero,
    )


TestRaces = Races.TestCase
TestRaces.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
