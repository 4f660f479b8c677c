"""The closed vocabularies of a request: what it asks for, where it stands, what can be answered.

Pure data, no behaviour.
"""

from enum import StrEnum

from runs.engine.vocabulary import Word

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


class Act(StrEnum):
    """What may be answered to a request.

    RESUME is said on the run's own page; the last two are the clock's own.
    """

    APPROVE = "approve"
    EDIT = "edit"
    DENY = "deny"
    RESPOND = "respond"
    STOP = "stop"
    ESCALATE = "escalate"
    HAPPENED = "happened"
    DID_NOT = "did_not"
    UNKNOWN = "unknown"
    RESUME = "resume"
    EXPIRE = "expire"
    EXPIRE_AND_STOP = "expire_and_stop"


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

WORDS: dict[Act, Word] = {
    Act.APPROVE: Word.APPROVE,
    Act.EDIT: Word.EDIT,
    Act.DENY: Word.DENY,
    Act.RESPOND: Word.RESPOND,
    Act.STOP: Word.STOP,
    Act.EXPIRE: Word.EXPIRE,
    Act.EXPIRE_AND_STOP: Word.EXPIRE_AND_STOP,
}
"""The engine's word for an act on a call. Escalating is none: it decides nothing."""


class OnExpiry(StrEnum):
    """What a request does when its time is over."""

    DENY = "deny"
    STOP = "stop"
    ESCALATE = "escalate"
