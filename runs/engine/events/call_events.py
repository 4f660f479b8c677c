"""What becomes of a call, from its intent to its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from console.json_value import Json
from runs.engine.events.envelope import RunEvent
from runs.engine.pictures import Picture
from runs.engine.ports import Happened
from runs.engine.vocabulary import Effect, LossBlame, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIntended(RunEvent):
    """The intent of a call, durable before the call is made.

    `call` is step.index; `ref` is the planner's own id of it. `repeats` names the earlier call with
    the same effect that a person was told of who let this one through.
    """

    kind: ClassVar[str] = "call.intended"
    actor: str = "planner"
    step: int
    tool: str
    call: str
    ref: str
    args: Mapping[str, Json]
    key: str
    effect: Effect
    idempotent: bool = False
    lookup: bool = False
    undo: bool = False
    rule: str = ""
    version: int = 0
    timeout: float = 30.0
    undo_idempotent: bool = False
    undo_lookup: bool = False
    effect_key: str = ""
    effect_until: datetime | None = None
    repeats: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused(RunEvent):
    """A call that was not let through; `sentence` goes to the planner as the call's result, or a
    person's own `answer` instead.

    `version` is the rule's, 0 where rules have none. `repeats` names the earlier call of the run
    that had this effect already: the planner is given its result once more.
    """

    kind: ClassVar[str] = "call.refused"
    step: int
    tool: str
    call: str
    ref: str
    args: Json
    rule: str
    sentence: str
    answer: str = ""
    version: int = 0
    repeats: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRetried(RunEvent):
    """The intent of another attempt of a call that failed, under the same key."""

    kind: ClassVar[str] = "call.retried"
    step: int
    tool: str
    call: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReturned(RunEvent):
    """What came back: `outcome` is transport, `verdict` is meaning.

    `runway` tells the planner what it has left.

    With `retry_at` the call is not over: it will be tried again then, and the planner hears nothing
    of this attempt. `retry` is what the retry policy said of it, `retry_rule` which one that was.
    `silent`: no answer came to this attempt or to one before it, so that it may have happened
    although it has failed.
    """

    kind: ClassVar[str] = "call.returned"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    outcome: Outcome
    verdict: Verdict
    rule: str = ""
    version: int = 0
    result: Json = None
    error: str = ""
    sentence: str = ""
    runway: str = ""
    attempt: int = 1
    retry_at: datetime | None = None
    retry: str = ""
    retry_rule: str = ""
    duration: float | None = None
    silent: bool = False
    pictures: tuple[Picture, ...] = ()
    progress: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLookedUp(RunEvent):
    """What the tool itself says of a call of which nobody knows whether it happened; of its undo
    when `undo`.
    """

    kind: ClassVar[str] = "call.looked_up"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    happened: Happened
    error: str = ""
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLost(RunEvent):
    """No answer came to a call and none will: its process ended, its connection was cut, its time
    is over.

    Nobody knows whether it happened, and it makes a difference: the call stays in flight, in doubt,
    until the tool or a person says so. Where the call is not to `blame` it stays in flight whatever
    it does, and is simply made again when it was never `begun` or only reads.
    """

    kind: ClassVar[str] = "call.lost"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    outcome: Outcome
    error: str = ""
    blame: LossBlame = LossBlame.OWN
    begun: bool = True
    duration: float | None = None
    progress: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLate(RunEvent):
    """A call, or its undo, that came back to a worker whose lease had ended meanwhile: it may have
    been done a second time.

    Written beside the run's own course by a worker of an earlier `epoch`, also when the run has
    ended. `harmless`: once or twice makes no difference.
    """

    kind: ClassVar[str] = "call.late"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    epoch: int
    outcome: Outcome
    verdict: Verdict
    undo: bool = False
    harmless: bool = False
    result: Json = None
    error: str = ""
    duration: float | None = None
