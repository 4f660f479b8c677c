"""One run's shared budgets: drawn on before each planner call, settled after it, given back when
the run leaves its worker.
"""

import logging
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Protocol

from console.journal.outage import AWAY
from policies.budgets import escrow, rows
from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.rules import Amounts, BudgetRule
from policies.decision import Decision, DecisionKind
from runs.engine.limits import Estimate
from runs.engine.ports import Usage
from runs.engine.state import RunState
from runs.runtime import patience, postgres_store
from runs.runtime.lease import Lease

log = logging.getLogger(__name__)
NOTHING = Estimate(0, 0, Decimal(0))


class Grants(Protocol):
    """Gives grants of the shared budgets. Every request may be repeated."""

    def in_force(self) -> tuple[BudgetRule, ...]: ...

    async def draw(
        self, allowance: Allowance, wanted: Want, all_budgets: tuple[BudgetRule, ...]
    ) -> Decision: ...

    async def give_back(self, allowance: Allowance, wanted: Want) -> None: ...


class DatabaseGrants:
    def in_force(self) -> tuple[BudgetRule, ...]:
        return rows.in_force()

    async def draw(
        self, allowance: Allowance, wanted: Want, all_budgets: tuple[BudgetRule, ...]
    ) -> Decision:
        pool = await postgres_store.connections()
        return await escrow.draw(pool.connection, allowance, wanted, all_budgets)

    async def give_back(self, allowance: Allowance, wanted: Want) -> None:
        pool = await postgres_store.connections()
        await escrow.give_back(pool.connection, allowance, wanted)


class NoGrants(DatabaseGrants):
    """Gives none: for runs that share no budget."""

    def in_force(self) -> tuple[BudgetRule, ...]:
        return ()


IN_DATABASE = DatabaseGrants()
NO_GRANTS = NoGrants()


class BudgetGuard:
    """Holds the run's allowance. Costs no query while no budget applies."""

    def __init__(self, lease: Lease, grants: Grants = IN_DATABASE) -> None:
        self.grants = grants
        self.allowance = Allowance(
            lease.run,
            lease.epoch,
            str(lease.snapshot.get("name", "")),
            str(lease.principal_id or ""),
            lease.principal,
        )

    def at_hand(self, state: RunState, estimate: Estimate, now: datetime) -> Decision | None:
        """ALLOW, with the estimate reserved, where the grants in hand cover the call; else None. A
        call of unknown price is not decided here: each draw for one is counted.
        """
        if estimate.usd is None:
            return None
        wanted = want(state, estimate, now)
        drawn = escrow.advance(escrow.drawing(self.allowance, wanted, self.grants.in_force()), None)
        return drawn if isinstance(drawn, Decision) and drawn.kind is DecisionKind.ALLOW else None

    async def draw(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        wanted, all_budgets = want(state, estimate, now), self.grants.in_force()
        drawn = escrow.advance(escrow.drawing(self.allowance, wanted, all_budgets), None)
        if not isinstance(drawn, Decision):  # the grants in hand do not do: asked anew
            drawing = partial(self.grants.draw, self.allowance, wanted, all_budgets)
            drawn = await patience.patiently(self.allowance.run, drawing)
        return drawn

    def has_room(self, state: RunState, now: datetime) -> bool:
        """Whether the budget that has left the run a cheaper planner leaves it its own again. Asks
        nobody: what the last draw heard counts.
        """
        forced = state.forced
        return forced is not None and self.allowance.has_room(
            forced.rule,
            forced.version,
            forced.ends,
            want(state, NOTHING, now),
            self.grants.in_force(),
        )

    async def room(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        """The decision on the next planner call, with nothing reserved for it afterwards."""
        said = await self.draw(state, estimate, now)
        self.allowance.settle(Amounts(0, 0, Decimal(0)))
        return said

    def settle(self, usage: Usage | None) -> None:
        self.allowance.settle(
            None if usage is None else Amounts(1, usage.tokens_in + usage.tokens_out, usage.usd)
        )

    async def close(self, state: RunState, now: datetime) -> None:
        """Give everything back. What cannot be given back now is returned by the clock once the
        grant has expired.
        """
        try:
            await self.grants.give_back(self.allowance, want(state, NOTHING, now))
        except AWAY:
            log.warning("run %s: its budgets wait for the clock", self.allowance.run, exc_info=True)


def want(state: RunState, estimate: Estimate, now: datetime) -> Want:
    """A call to a model as budgets see it."""
    seconds = Decimal(str(state.running_time(now).total_seconds()))
    # the model's own price, not whether some call's cost is unknown: of such a call the allowance
    # keeps the estimate
    unpriced = (state.price_in is None or state.price_out is None) and not state.max_call_cost
    return Want(
        estimate=Amounts(estimate.steps, estimate.tokens, estimate.usd),
        so_far=Amounts(
            state.step, state.tokens_in + state.tokens_out, None if unpriced else state.usd, seconds
        ),
        at=now,
        model=state.planner,
        usual=state.usual,
    )
