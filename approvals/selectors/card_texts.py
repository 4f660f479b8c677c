"""What a card says of its request alone, in words: whom it wants, what expiry and an undo do, and
whether a halt holds its call.

Nothing here queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from approvals.models import Request
from approvals.rules import eligibility
from approvals.rules.card import CountedVote
from approvals.rules.request_vocabulary import FITTING, YES, OnExpiry, RequestKind, RequestStatus
from policies.decision import LETTING
from policies.halts import halt_levers
from runs.engine.vocabulary import AnswerAct, RunStatus
from runs.models import Run

THEN = {
    OnExpiry.DENY: ("denied automatically in", "; the run continues"),
    OnExpiry.STOP: ("the run is stopped in", ""),
    OnExpiry.ESCALATE: ("escalated to {group} in", ""),
}
STAYS = "; the run stays paused"


def then(request: Request, run: Run) -> tuple[str, str]:
    """What the clock does when nobody decides, before and after the time that is left; empty
    without a limit. A run that somebody paused meanwhile goes on by no answer.
    """
    if not request.expires_at:
        return "", ""
    before, after = THEN[OnExpiry(request.on_expiry)]
    paused = request.kind == RequestKind.CALL and run.status == RunStatus.PAUSED
    return before.format(group=request.escalate_to), STAYS if after and paused else after


@dataclass(frozen=True, slots=True)
class HowEnded:
    """How a request ended, in a word with its icon and tone."""

    word: str
    icon: str = "circle-check"
    tone: str = "ended"


APPROVED, DENIED = HowEnded("Approved", tone="running"), HowEnded("Denied", "ban", "bad")
OUTCOMES: Mapping[str, HowEnded] = {
    AnswerAct.APPROVE: APPROVED,
    AnswerAct.EDIT: HowEnded("Approved, edited", tone="running"),
    AnswerAct.DENY: DENIED,
    AnswerAct.RESPOND: HowEnded("Replied to", "message-square"),
    AnswerAct.STOP: HowEnded("Stopped", "circle-stop", "bad"),
    AnswerAct.HAPPENED: HowEnded("It happened"),
    AnswerAct.DID_NOT: HowEnded("It did not happen"),
    AnswerAct.UNKNOWN: HowEnded("Nobody can tell", "circle-question-mark"),
    AnswerAct.RESUME: HowEnded("Resumed", "circle-play"),
    AnswerAct.EXPIRE: HowEnded("Denied automatically", "timer", "bad"),
    AnswerAct.EXPIRE_AND_STOP: HowEnded("Stopped automatically", "timer", "bad"),
}


def outcome(request: Request) -> HowEnded:
    """What stands on the card of a request that nobody is asked any more."""
    if request.status == RequestStatus.CLOSED:
        return HowEnded("Closed", "circle-x")
    if request.act == AnswerAct.APPROVE and request.kind in eligibility.GOES_ON:
        return HowEnded("Continued", "circle-play", "running")
    return OUTCOMES.get(request.act, HowEnded(request.get_status_display().capitalize()))


def possible(request: Request) -> frozenset[str]:
    return frozenset(
        act.value
        for act in FITTING[RequestKind(request.kind)]
        if act is not AnswerAct.ESCALATE or not request.escalated
    )


def wants(request: Request) -> str:
    """`one`, `stage 2 of 2, 3 of`, `escalated, one`: the group's name follows.

    What was escalated is no further stage.
    """
    planned = len(request.stages) - request.escalated
    stages = (
        f"stage {request.stage + 1} of {planned}, "
        if planned > 1 and request.stage < planned
        else ""
    )
    stages = "escalated, " if request.escalated and request.stage >= planned else stages
    return stages + ("one" if request.quorum == 1 else f"{request.quorum} of")


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
            "Look at the other side before you answer: a wrong answer makes the call twice or not"
            " at all."
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


def halted(request: Request) -> str:
    """The halt that would hold the request's call, in its own sentence; empty where none would."""
    if request.kind != RequestKind.CALL:
        return ""
    found = halt_levers.decision(request.agent, request.tool, request.effect)
    return "" if found.kind in LETTING else found.sentence


def waits(request: Request, run: Run) -> str:
    """What a halt does to the request's call: before an answer, and after a yes until it is off."""
    if request.status == RequestStatus.OPEN and request.held_until is None:
        return before(request)
    let = let_through(request) and (request.held_until or run.status == RunStatus.PAUSED)
    sentence = halted(request) if let else ""
    return sentence and f"The call waits until the halt is off. {sentence}"


def before(request: Request) -> str:
    sentence = halted(request)
    return sentence and f"Approved calls wait until the halt is off. {sentence}"


def let_through(request: Request) -> bool:
    """Whether its answer is a yes, also one that is held back."""
    held = request.held if request.held_until else None
    return (held["act"] if held else request.act) in YES


def sources(request: Request) -> dict[str, str]:
    """Where the tainted value of each argument was first seen, by argument; not of what stands in a
    record that a tool keeps, and in no text.
    """
    found: dict[str, str] = {}
    for mark in request.facts.get("tainted") or ():
        if isinstance(mark, Mapping) and not mark.get("recorded"):
            name = (
                str(mark.get("path", ""))
                .removeprefix("args")
                .lstrip(".")
                .replace("[", ".")
                .split(".")[0]
            )
            where = f"{mark.get('tool', 'a tool')}, step {mark.get('step', '?')}"
            found.setdefault(
                name, f"unverified source: the value came from {where}, not from the request"
            )
    return found
