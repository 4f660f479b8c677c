"""Builders of budgets, wants and lives of runs, over a simulated escrow."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.rules import ZERO, Amounts, BudgetRule, BudgetWindow, Measure
from policies.decision import Decision, DecisionKind
from runs.simulation.treasury import BucketInMemory as BucketInMemory
from runs.simulation.treasury import EscrowInMemory as EscrowInMemory

NOON = datetime(2026, 3, 14, 12, 30, tzinfo=UTC)


def usd(text: str) -> Decimal:
    return Decimal(text)


def budget(amount: str = "10", **facts: Any) -> BudgetRule:
    given = {
        "id": 1,
        "name": "day-usd",
        "version": 1,
        "window": BudgetWindow.DAY,
        "measure": Measure.USD,
        **facts,
    }
    return BudgetRule(amount=usd(amount), **given)


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

    def draw(
        self, allowance: Allowance, wanted: Want, budgets: tuple[BudgetRule, ...]
    ) -> Decision: ...

    def give_back(self, allowance: Allowance, wanted: Want) -> None: ...


@dataclass
class Life:
    """A run in one worker's hands: asks, spends, and keeps count as its journal would."""

    escrow: Store
    allowance: Allowance
    spent: Decimal = ZERO
    steps: int = 0
    admitted: Decimal = ZERO

    def ask(
        self,
        estimate: str,
        budgets: tuple[BudgetRule, ...],
        at: datetime = NOON,
        model: str = "",
    ) -> Decision:
        drawn = self.escrow.draw(
            self.allowance,
            want(estimate, str(self.spent), at=at, steps=self.steps, model=model),
            budgets,
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
