"""Budgets in the database for tests: rows, the escrow behind the same face as the simulated one,
and what it holds.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from console.bench import budget_racers
from console.journal import append, pool
from console.journal.records import HOUSE_KEY, JournalRecord
from policies.budgets import rows as budgets
from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.models import Budget as Row
from policies.budgets.models import Escrow, Grant
from policies.budgets.rules import BudgetRule
from policies.decision import Decision
from tests.core import budgets_in_memory as memory
from tests.core.budgets_in_memory import Life


class Treasury:
    """The real escrow; each draw on a connection of the pool."""

    def draw(self, allowance: Allowance, wanted: Want, given: tuple[BudgetRule, ...]) -> Decision:
        with pool.pool().connection() as connection:
            return budget_racers.draw(connection, allowance, wanted, given)

    def give_back(self, allowance: Allowance, wanted: Want) -> None:
        with pool.pool().connection() as connection:
            budget_racers.give_back(connection, allowance, wanted)


TREASURY = Treasury()


def row(name: str = "day-usd", amount: str = "10", **facts: Any) -> Row:
    made = Row.objects.create(name=name, amount=amount, **{"action": Row.Actions.STOP, **facts})
    made.refresh_from_db()
    return made


def in_force(*rows: Row) -> tuple[BudgetRule, ...]:
    """The rows as they are now."""
    for each in rows:
        each.refresh_from_db()
    return tuple(budgets.budget_of(each) for each in rows)


def life(run: int = 1, epoch: int = 1, agent: str = "refund-desk", user: str = "olga") -> Life:
    return memory.life(TREASURY, run, epoch, agent, user)


def bucket(budget: Row, holder: str = "", at: datetime = memory.NOON) -> Escrow:
    return Escrow.objects.filter(budget=budget, holder=holder, starts_at__lte=at).latest(
        "starts_at"
    )


def held() -> dict[int, Any]:
    """Amounts granted, by run."""
    return {grant.run.int: grant.amount for grant in Grant.objects.filter(amount__gt=0)}


def noted(kind: str) -> list[JournalRecord]:
    """Events of the house's own chain."""
    with pool.pool().connection() as connection:
        return [
            stored.record
            for stored in append.read(connection, HOUSE_KEY)
            if stored.record.kind == kind
        ]


def figures(budget: Row) -> tuple[Decimal | int, Decimal | int]:
    """Spent and reserved."""
    found = bucket(budget)
    return found.spent, found.reserved
