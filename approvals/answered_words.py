"""What was answered to what, in the words of a message on the next page. No queries."""

from collections.abc import Sequence
from dataclasses import replace

from approvals import cards
from approvals.models import Request
from approvals.rules import amounts, eligibility, headlines, withdrawal
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.selectors import card_texts, queue
from console.outside import visible
from runs.engine.vocabulary import AnswerAct


def told(decided: Request) -> str:
    """What was answered to what, with amount and receiver: of two answers in a row nobody should
    have to guess which was which. A call that a halt holds is said to wait.
    """
    return f"{answered(decided)}{waiting([decided])}"


def answered(decided: Request) -> str:
    if held := cards.held_of(decided):
        to = f" to {decided.escalate_to}" if held.act is AnswerAct.ESCALATE else ""
        return f"You {eligibility.did(held.act, decided.kind)}{to}: {subject(decided)}."
    if decided.status != RequestStatus.OPEN:
        return f"You {eligibility.did(decided.act, decided.kind)}: {subject(decided)}."
    passed_on = decided.escalated and decided.stage >= len(decided.stages) - 1
    return (
        f"Escalated to {decided.group}: {subject(decided)}."
        if passed_on
        else f"Noted: {subject(decided)}. It now needs “{decided.group}” as well."
    )


def waiting(answered: Sequence[Request]) -> str:
    """` The call waits until the halt is off.`, where a halt holds what was just let through."""
    held = [one for one in answered if card_texts.let_through(one) and card_texts.halted(one)]
    if not held:
        return ""
    one = "The call waits" if len(held) == 1 else "The calls wait"
    return f" {one} until the halt is off."


def subject(decided: Request) -> str:
    """`Refund $12.50 for order 1143 (Refund desk)`."""
    if decided.kind != RequestKind.CALL:
        return (
            f"{decided.tool or queue.TITLES.get(RequestKind(decided.kind), 'run')} of"
            f" {decided.agent_title}"
        )
    wanted = (decided.held or {}).get("args") or decided.decided_args
    args = decided.args if wanted is None else wanted
    return visible.told(
        f"{headlines.said(RequestKind.CALL, decided.tool, args)} ({decided.agent_title})"
    )


def undo(decided: Sequence[Request]) -> str:
    """The tags of the message that offers to take these answers back."""
    return withdrawal.offered([(one.pk, one.held_until) for one in decided])


def in_all(found: Sequence[Request]) -> amounts.Money | None:
    """How much these requests are together, where all that is money in them is of one currency."""
    sums = [money for each in found for money in amounts.found(each.args)]
    if not sums or len({(money.currency, money.minor) for money in sums}) > 1:
        return None
    return replace(sums[0], sum=sum(money.sum for money in sums))
