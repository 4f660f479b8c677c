"""What a card says of its request alone, in words: whom it wants, what expiry and an undo do.

Nothing here queries.
"""

from collections.abc import Mapping, Sequence

from approvals.models import Request
from approvals.rules.card import CountedVote
from approvals.rules.request_vocabulary import FITTING, YES, OnExpiry, RequestKind
from runs.engine.vocabulary import AnswerAct

THEN = {
    OnExpiry.DENY: "deny and go on",
    OnExpiry.STOP: "stop the run",
    OnExpiry.ESCALATE: "ask {group}",
}


def then(request: Request) -> str:
    """What the clock does when nobody decides; empty without a limit."""
    return (
        THEN[OnExpiry(request.on_expiry)].format(group=request.escalate_to)
        if request.expires_at
        else ""
    )


def possible(request: Request) -> frozenset[str]:
    return frozenset(
        act.value
        for act in FITTING[RequestKind(request.kind)]
        if act is not AnswerAct.ESCALATE or not request.escalated
    )


def wants(request: Request) -> str:
    """`any 1 of`, `stage 2 of 2, 3 of`, `escalated, any 1 of`: the group's name follows.

    What was escalated is no further stage.
    """
    planned = len(request.stages) - request.escalated
    stages = (
        f"stage {request.stage + 1} of {planned}, "
        if planned > 1 and request.stage < planned
        else ""
    )
    stages = "escalated, " if request.escalated and request.stage >= planned else stages
    return stages + ("any 1 of" if request.quorum == 1 else f"{request.quorum} of")


def agreed(request: Request, votes: Sequence[CountedVote]) -> str:
    """How many of several have agreed to the arguments as they stand; empty when one is enough."""
    cast_votes = {
        vote.voter
        for vote in votes
        if vote.stands
        and vote.stage == request.stage
        and vote.act in YES
        and vote.args == request.args
    }
    return f"{len(cast_votes)} agreed so far" if request.quorum > 1 else ""


def undoing(request: Request) -> str:
    if request.kind == RequestKind.UNDO:
        return "A failed undo is tried again, and then left to a person; nothing is undone twice."
    if request.kind == RequestKind.IN_DOUBT:
        return (
            "Look at the other side before you answer: a wrong word doubles the call or loses it."
        )
    if request.kind != RequestKind.CALL:
        return ""
    if request.undo:
        return "Can be undone: a kill of the run takes it back."
    return (
        "Cannot be undone."
        if request.effect == "irreversible"
        else "Changes nothing outside."
        if request.effect == "read"
        else "The tool has no undo."
    )


def sources(request: Request) -> dict[str, str]:
    """Where the tainted value of each argument was first seen, by argument."""
    found: dict[str, str] = {}
    for mark in request.facts.get("tainted") or ():
        if isinstance(mark, Mapping):
            name = (
                str(mark.get("path", ""))
                .removeprefix("args")
                .lstrip(".")
                .replace("[", ".")
                .split(".")[0]
            )
            where = f"{mark.get('tool', 'a tool')}, step {mark.get('step', '?')}"
            found.setdefault(name, f"first seen in a tool result ({where}), not in the goal")
    return found
