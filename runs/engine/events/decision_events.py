"""What is asked of people, and what they said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from console.json_value import Json
from runs.engine.engine_errors import BadEvent
from runs.engine.events.envelope import RunEvent
from runs.engine.ports import Happened
from runs.engine.vocabulary import CALL_ACTS, AnswerAct, CallAct, Effect, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAsked(RunEvent):
    """A call that needs a person before it may be made: proposed arguments, the rule that fired,
    its sentence.
    """

    kind: ClassVar[str] = "call.asked"
    step: int
    tool: str
    call: str
    ref: str
    args: Mapping[str, Json]
    effect: Effect
    undo: bool = False
    rule: str = ""
    sentence: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDecided(RunEvent):
    """A person's (or the clock's) word on a call that was asked for.

    `args` are the decided ones when it may be made.

    `grant` names the session approval that gave it, when one did.
    """

    kind: ClassVar[str] = "call.decided"
    step: int
    tool: str
    call: str
    word: CallAct
    args: Mapping[str, Json] | None = None
    note: str = ""
    request: str = ""
    grant: str = ""

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.word not in CALL_ACTS:
            raise BadEvent(f"{self.kind}: “{self.word}” decides on no call")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettled(RunEvent):
    """A person's word on a call in doubt, or on its undo: it did happen, it did not, or nobody can
    tell.
    """

    kind: ClassVar[str] = "call.settled"
    visibility: Visibility = Visibility.VISIBLE
    step: int
    tool: str
    call: str
    happened: Happened
    note: str = ""
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAcknowledged(RunEvent):
    """A person has looked into what came back late, and into what could not be undone."""

    kind: ClassVar[str] = "late.acknowledged"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(RunEvent):
    """A person's session approval for the rest of the run: to `limit` calls of `tool` with these
    `args`, those in `free` whatever they are.
    """

    kind: ClassVar[str] = "grant.given"
    grant: str
    step: int
    tool: str
    args: Mapping[str, Json]
    free: tuple[str, ...] = ()
    limit: int = 1
    request: str = ""

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.limit < 1:
            raise BadEvent(f"{self.kind}: a yes for no call at all")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(RunEvent):
    """A session approval was taken back; what was already let through stays so."""

    kind: ClassVar[str] = "grant.revoked"
    grant: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDecided(RunEvent):
    """A person's word on a final answer that did not meet the criteria: accepted as it is, not
    accepted, or sent back with `note`.

    `unmet` names the criteria it did not meet.
    """

    kind: ClassVar[str] = "answer.decided"
    visibility: Visibility = Visibility.VISIBLE
    step: int
    word: AnswerAct
    unmet: tuple[str, ...] = ()
    note: str = ""
    request: str = ""

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.word not in (AnswerAct.APPROVE, AnswerAct.DENY, AnswerAct.RESPOND):
            raise BadEvent(f"{self.kind}: “{self.word}” is no word on an answer")
