"""Budgets read from their table.

What one means is said in `policies.budgets.rules`; what is spent of it stands in the escrow.
"""

from policies import current
from policies.budgets.models import Budget as Row
from policies.budgets.rules import ZERO, Action, Budget, Measure, Scope, Unpriced, Window


def load() -> tuple[Budget, ...]:
    """Every enabled budget."""
    return tuple(budget_of(row) for row in Row.objects.filter(enabled=True).order_by("id"))


def budget_of(row: Row) -> Budget:
    """A row as the rules understand it, saved or not."""
    return Budget(
        id=row.pk or 0,
        name=row.name,
        version=row.version,
        window=Window(row.window),
        measure=Measure(row.measure),
        amount=row.amount,
        action=Action(row.action),
        scope=Scope(row.scope),
        who=row.who,
        each=row.each,
        model=row.model,
        downgrade_at=row.downgrade_at,
        lines=lines(row.lines),
        unpriced=Unpriced(row.unpriced),
        fallback=row.fallback if row.fallback is not None else ZERO,
    )


def lines(text: str) -> tuple[int, ...]:
    """Percentages from `50 80 95` or `50, 80, 95`; raises ValueError for anything else."""
    found = sorted({int(word.strip("% ")) for word in text.replace(",", " ").split()})
    if any(not 0 < line <= 100 for line in found):
        raise ValueError("a warning line is a percentage from 1 to 100")
    return tuple(found)


PART = current.offer("budgets", load)


def in_force() -> tuple[Budget, ...]:
    """What this process knows of them, fresh within a second; asking costs nothing."""
    return current.bundle().get(PART)
