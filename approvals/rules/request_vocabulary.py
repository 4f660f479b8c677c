"""The closed vocabularies of a request: what it asks for, where it stands, what can be answered.

Pure data, no behaviour.
"""

from enum import StrEnum

from runs.engine.vocabulary import AnswerAct

UNDO = "undo "
"""Prefix in the name of a request about an undo; the call's own name follows."""


class RequestKind(StrEnum):
    """What a person is asked."""

    CALL = "call"
    IN_DOUBT = "in_doubt"
    BUDGET = "budget"
    LOOP = "loop"
    ACCEPTANCE = "acceptance"
    UNDO = "undo"


class RequestStatus(StrEnum):
    """Where a request stands. All but OPEN are final, and a request ends in exactly one of them."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"
    CLOSED = "closed"


YES = frozenset({AnswerAct.APPROVE, AnswerAct.EDIT})
"""Acts that let something be done: they need the whole quorum, all others need one person."""
CLOCK = frozenset({AnswerAct.EXPIRE, AnswerAct.EXPIRE_AND_STOP})
SETTLING = frozenset({AnswerAct.HAPPENED, AnswerAct.DID_NOT, AnswerAct.UNKNOWN})

FITTING: dict[RequestKind, tuple[AnswerAct, ...]] = {
    RequestKind.CALL: (
        AnswerAct.APPROVE,
        AnswerAct.EDIT,
        AnswerAct.DENY,
        AnswerAct.RESPOND,
        AnswerAct.STOP,
        AnswerAct.ESCALATE,
    ),
    RequestKind.IN_DOUBT: (
        AnswerAct.HAPPENED,
        AnswerAct.DID_NOT,
        AnswerAct.UNKNOWN,
        AnswerAct.STOP,
        AnswerAct.ESCALATE,
    ),
    RequestKind.BUDGET: (AnswerAct.APPROVE, AnswerAct.STOP, AnswerAct.ESCALATE),
    RequestKind.LOOP: (AnswerAct.APPROVE, AnswerAct.STOP, AnswerAct.ESCALATE),
    RequestKind.ACCEPTANCE: (
        AnswerAct.APPROVE,
        AnswerAct.DENY,
        AnswerAct.RESPOND,
        AnswerAct.ESCALATE,
    ),
    RequestKind.UNDO: (AnswerAct.APPROVE, AnswerAct.DENY, AnswerAct.ESCALATE),
}


class OnExpiry(StrEnum):
    """What a request does when its time is over."""

    DENY = "deny"
    STOP = "stop"
    ESCALATE = "escalate"
