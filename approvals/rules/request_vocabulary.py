"""The closed vocabularies of a request: what it asks for, where it stands, what can be answered.

Pure data, no behaviour.
"""

from enum import StrEnum

from runs.engine.vocabulary import Act

UNDO = "undo "
"""How the name of a request about an undo begins; the call's own follows."""


class Kind(StrEnum):
    """What a person is asked."""

    CALL = "call"
    IN_DOUBT = "in_doubt"
    BUDGET = "budget"
    LOOP = "loop"
    ACCEPTANCE = "acceptance"


class Status(StrEnum):
    """Where a request stands. All but OPEN are final, and a request ends in exactly one of them."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"
    CLOSED = "closed"


YES = frozenset({Act.APPROVE, Act.EDIT})
"""Acts that let something be done: they need the whole quorum, any other needs one person."""
CLOCK = frozenset({Act.EXPIRE, Act.EXPIRE_AND_STOP})
SETTLING = frozenset({Act.HAPPENED, Act.DID_NOT, Act.UNKNOWN})

FITTING: dict[Kind, tuple[Act, ...]] = {
    Kind.CALL: (Act.APPROVE, Act.EDIT, Act.DENY, Act.RESPOND, Act.STOP, Act.ESCALATE),
    Kind.IN_DOUBT: (Act.HAPPENED, Act.DID_NOT, Act.UNKNOWN, Act.STOP, Act.ESCALATE),
    Kind.BUDGET: (Act.APPROVE, Act.STOP, Act.ESCALATE),
    Kind.LOOP: (Act.APPROVE, Act.STOP, Act.ESCALATE),
    Kind.ACCEPTANCE: (Act.APPROVE, Act.DENY, Act.RESPOND, Act.ESCALATE),
}


class OnExpiry(StrEnum):
    """What a request does when its time is over."""

    DENY = "deny"
    STOP = "stop"
    ESCALATE = "escalate"
