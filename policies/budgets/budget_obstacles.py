"""Whether a run that a budget paused would only pause again: asked before it is resumed, of the
facts that its pause was journalled with.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from policies.budgets import periods, rows, words
from policies.budgets.models import Budget, Escrow
from policies.budgets.rules import ZERO, BudgetRule, BudgetWindow, Unpriced


def obstacle(facts: Mapping[str, Any], at: datetime) -> str:
    """Why not yet, and what would help; empty when there is room again, or the budget is gone.

    `facts` are those of a refused draw.
    """
    row = Budget.objects.filter(name=facts.get("budget", ""), enabled=True).first()
    if row is None:
        return ""
    budget, holder = rows.budget_of(row), str(facts.get("holder", ""))
    label = str(facts.get("called", holder))
    if facts.get("need") is None:
        return words.no_price(budget, label) if budget.unpriced is Unpriced.REFUSE else ""
    need, gone = Decimal(str(facts["need"])), spent(budget, holder, facts, at)
    if gone + need <= budget.amount:
        return ""
    return f"{words.does_not_fit(budget, label, gone, need)} {remedy(budget, at)}"


def spent(budget: BudgetRule, holder: str, facts: Mapping[str, Any], at: datetime) -> Decimal:
    """Spent and reserved by now. A run's own budget stands where it stood, since the run
    is paused.
    """
    if budget.window is BudgetWindow.CALL:
        return ZERO
    if budget.window is BudgetWindow.RUN:
        return Decimal(str(facts.get("spent", 0)))
    begun = periods.begin(budget.window, at)
    bucket = Escrow.objects.filter(budget_id=budget.id, holder=holder, starts_at=begun).first()
    return bucket.spent + bucket.reserved if bucket else ZERO


def remedy(budget: BudgetRule, at: datetime) -> str:
    raised = f"It can go on once the budget {budget.name} is raised"
    if not budget.shared:
        return f"{raised}."
    return (
        f"{raised}, or from"
        f" {periods.end(budget.window, periods.begin(budget.window, at)):%d %B %H:%M} UTC on."
    )
