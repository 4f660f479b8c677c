"""Which answers that take a single key ask for a second one, and what that one will do: the answers
that nothing can take back. Pure text.
"""

from collections.abc import Mapping
from typing import Any

from approvals.rules import headlines
from approvals.rules.request_vocabulary import RequestKind
from console.outside import visible
from runs.engine.vocabulary import AnswerAct

HARMLESS = "read"
ENDS = {
    AnswerAct.APPROVE: "accept this answer as it is",
    AnswerAct.DENY: "stop the run as not accepted",
}


def arms(
    kind: RequestKind, tool: str, args: Mapping[str, Any], *, effect: str, undo: bool
) -> dict[str, str]:
    """`{"approve": "approve: Refund $12.50 for order 1143"}`, by the word of the answer.

    A denied call has done nothing, and the planner may ask again; the other answers that are
    missing let a run go on.
    """
    if kind is RequestKind.CALL and not undo and effect != HARMLESS:
        return {AnswerAct.APPROVE.value: visible.told(f"approve: {headlines.brief(tool, args)}")}
    if kind is RequestKind.UNDO:
        return {AnswerAct.APPROVE.value: "undo what is listed"}
    return {act.value: does for act, does in ENDS.items()} if kind is RequestKind.ACCEPTANCE else {}
