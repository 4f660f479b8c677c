"""Budgets read from their table. `policies.budgets.rules` says what one means; what is spent of it
stands in the escrow.
"""

from collections.abc import Mapping

from console.journal.kept_reads import KeptRead
from policies import current
from policies.budgets import named
from policies.budgets.models import Budget
from policies.budgets.rules import ZERO, BudgetRule, BudgetScope
from policies.from_row import from_row


def load() -> tuple[BudgetRule, ...]:
    """Every enabled budget."""
    rows = _enabled()
    words = [word for row in rows if row.scope == BudgetScope.USER for word in row.who.split()]
    names = named.called(named.ids_in(words))
    return tuple(budget_of(row, names) for row in rows)


_enabled = KeptRead(lambda: Budget.objects.filter(enabled=True).order_by("id"))


def budget_of(row: Budget, names: Mapping[str, str] | None = None) -> BudgetRule:
    """A row as the rules understand it, saved or not.

    `names` of people by id, when they are known; one query otherwise.
    """
    people = named.ids_in(row.who.split()) if row.scope == BudgetScope.USER else []
    known = names if names is not None else named.called(people)
    return from_row(
        BudgetRule,
        row,
        id=row.pk or 0,
        who=named.ruled(row.who) if row.scope == BudgetScope.USER else row.who,
        called=tuple((each, known[each]) for each in people if each in known),
        lines=lines(row.lines),
        fallback=row.fallback if row.fallback is not None else ZERO,
    )


def lines(text: str) -> tuple[int, ...]:
    """Percentages from `50 80 95` or `50, 80, 95`; raises ValueError for anything else."""
    found = sorted({int(word.strip("% ")) for word in text.replace(",", " ").split()})
    if any(not 0 < line <= 100 for line in found):
        raise ValueError("a warning line is a percentage from 1 to 100")
    return tuple(found)


PART = current.offer("budgets", load)


def in_force() -> tuple[BudgetRule, ...]:
    """The enabled budgets as this process knows them, fresh within a second; asking costs
    nothing.
    """
    return current.bundle().get(PART)
