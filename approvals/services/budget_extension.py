"""Raising a budget as the answer to a run that waits for more of it: the budget's own row is
changed, and journalled like any edit of it.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.models import User

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules.argument_form import RAISE_BY
from approvals.rules.refusal_sentences import Reason, Refusal
from console.journal import acting, edits
from policies import authority
from policies.budgets.models import Budget
from policies.current.four_eyes import raised_limits, row_acts, taking_two
from policies.current.four_eyes.rules import WideningKind
from policies.current.four_eyes.taking_two import WantedChange
from runs.run_authority import RAISES

MOST, LEAST = Decimal(10) ** 12, Decimal("0.000001")
"""What a budget's amount stays below, and the steps it is counted in."""


def wanted(args: Mapping[str, Any] | None) -> Decimal | None:
    """The amount to add, None when nothing was asked for. Raises NotDecided for what is not an
    amount.
    """
    text = str((args or {}).get(RAISE_BY) or "").strip()
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if amount.is_finite() and 0 < amount < MOST and not amount % LEAST:
        return amount
    raise no_amount(text)


def no_amount(text: str) -> NotDecided:
    sentence = f"“{text[:40]}” is no amount a budget can be raised by."
    return NotDecided(Refusal(Reason.ARGUMENTS, sentence, {RAISE_BY: sentence}))


def extend(*, request: Request, by: Decimal, actor: User, at: datetime) -> None:
    """Raise the budget, inside the transaction of the decision. Raises NotDecided when the actor
    may not edit budgets, or when there is no such budget, and Held when so much takes a second
    person: the run then goes on waiting, and its question is answered once the budget is raised.
    """
    if not actor.has_perm(RAISES):
        raise NotDecided(Refusal(Reason.UNFIT, authority.BUDGET_GUARDS))
    budget = Budget.objects.select_for_update().filter(name=request.facts.get("budget", "")).first()
    if budget is None:
        raise NotDecided(
            Refusal(
                Reason.UNFIT,
                "The budget that stopped it is not there any more; let it go on without raising"
                " anything.",
            )
        )
    before = edits.facts_of(budget)
    budget.amount += by
    if budget.amount >= MOST:
        raise no_amount(f"{by:f}")
    budget.save(update_fields=["amount"])
    after = edits.stored_facts(budget)
    rows = [row_acts.edited(budget, before, after)]
    taking_two.hold(
        WantedChange(
            kind=WideningKind.BUDGET,
            act=row_acts.NAME,
            args={"rows": rows},
            rests_on=row_acts.resting(rows, [before]),
            what=f"Budget {budget.name}",
            widens=raised_limits.budget(before, after, taking_two.bounds()),
            reason=f"Asked by run {str(request.run_id)[:8]}",
        )
    )
    edits.note(
        verb="changed",
        row=budget,
        before=before,
        after=after,
        actor=acting.of(actor),
        at=at,
    )
