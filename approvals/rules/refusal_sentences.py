"""Why a decision is refused: one sentence for each case, with its facts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """The word for a refusal, as the journal keeps it."""

    NOT_AN_APPROVER = "not_an_approver"
    OTHER_GROUP = "other_group"
    OWN_RUN = "own_run"
    ORPHANED = "orphaned"
    KILLED = "killed"
    REPLAYED = "replayed"
    DECIDED = "decided"
    HELD = "held"
    EXPIRED = "expired"
    CLOSED = "closed"
    STALE = "stale"
    VOTED = "voted"
    UNFIT = "unfit"
    WORDLESS = "wordless"
    ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`fields`: what is wrong with which argument, shown beside it."""

    reason: Reason
    sentence: str
    fields: Mapping[str, str] = field(default_factory=dict)
