"""What happens to a run, as frozen facts validated at construction. Kinds are a public contract: never renamed.

Fields named like a journal column (`step`, `tool`, `outcome`, …) are stored there, all others in the event's data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from runs.engine.errors import BadEvent, Fault
from runs.engine.ports import Call, Happened, Json
from runs.engine.vocabulary import Closer, Effect, Outcome, StopReason, Verdict, Visibility, Waiting, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The envelope: when (UTC, the writer's clock), who, and who may read it."""

    kind: ClassVar[str] = ""
    at: datetime
    actor: str = "supervisor"
    visibility: Visibility = Visibility.USER_HIDDEN

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadEvent(f"{self.kind}: a time without a zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated(Event):
    """A person or a program asked for a run. `limits`: steps, tokens, usd, seconds; `seed` feeds every die of the run."""

    kind: ClassVar[str] = "run.created"
    visibility: Visibility = Visibility.VISIBLE
    goal: str
    agent: str
    planner: str
    principal: str
    limits: Mapping[str, Json]
    agent_name: str = ""
    max_tokens_out: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBriefed(Event):
    """The system prompt the planner will be given."""

    kind: ClassVar[str] = "run.briefed"
    visibility: Visibility = Visibility.ALWAYS_HIDDEN
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLeased(Event):
    """A worker took the run in hand. Prices are USD per million tokens, None when unknown; `window` is in tokens,
    and so is `overhead`: prompt and tool descriptions, sent with each call."""

    kind: ClassVar[str] = "run.leased"
    owner: str
    epoch: int
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    window: int | None = None
    overhead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested(Event):
    kind: ClassVar[str] = "run.pause_requested"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(Event):
    kind: ClassVar[str] = "run.paused"
    visibility: Visibility = Visibility.VISIBLE
    reason: StopReason = StopReason.USER_PAUSED
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed(Event):
    kind: ClassVar[str] = "run.resumed"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequeued(Event):
    """A person gave a dead-lettered run another chance."""

    kind: ClassVar[str] = "run.requeued"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillRequested(Event):
    kind: ClassVar[str] = "run.kill_requested"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillAcknowledged(Event):
    """The worker has stopped all work on the run and begins to undo."""

    kind: ClassVar[str] = "run.kill_acknowledged"
    visibility: Visibility = Visibility.VISIBLE
    to_undo: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting(Event):
    """The run gives its slot back until `until` (backoff) or until somebody acts."""

    kind: ClassVar[str] = "run.waiting"
    visibility: Visibility = Visibility.VISIBLE
    waiting_for: Waiting
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopped(Event):
    kind: ClassVar[str] = "run.stopped"
    visibility: Visibility = Visibility.VISIBLE
    reason: StopReason
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        if self.reason in (StopReason.COMPLETED, StopReason.USER_PAUSED):
            raise BadEvent(f"a run is not stopped as {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted(Event):
    kind: ClassVar[str] = "run.completed"
    visibility: Visibility = Visibility.VISIBLE
    final: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDowngraded(Event):
    """A budget lets the run go on with a cheaper planner only. Prices as in RunLeased."""

    kind: ClassVar[str] = "run.downgraded"
    visibility: Visibility = Visibility.VISIBLE
    planner: str
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlanned(Event):
    """The planner's decision, kept so that it is never asked twice. `context` is the estimate of what it was sent, in tokens."""

    kind: ClassVar[str] = "step.planned"
    step: int
    thought: str = ""
    calls: tuple[Call, ...] = ()
    final: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None
    context: int = 0

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        if self.step < 1 or self.tokens_in < 0 or self.tokens_out < 0:
            raise BadEvent(f"{self.kind}: impossible step or tokens")
        if not self.calls and self.final is None:
            raise BadEvent(f"{self.kind}: neither calls nor a final answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFailed(Event):
    """The planner gave no decision, perhaps at a cost. `retry_at` is when it may be asked again, None when it will not be."""

    kind: ClassVar[str] = "step.plan_failed"
    step: int
    fault: Fault
    message: str
    retry_at: datetime | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIntended(Event):
    """The intent of a call, durable before the call is made. `call` is step.index; `ref` is the planner's own id of it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused(Event):
    """A call that was not let through; `sentence` goes to the planner as the call's result, or a person's own `answer` instead.

    `version` is the rule's, 0 where rules have none.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAsked(Event):
    """A call that needs a person before it may be made: proposed arguments, the rule that fired, its sentence."""

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
class CallDecided(Event):
    """A person's (or the clock's) word on a call that was asked for. `args` are the decided ones when it may be made.

    `grant` names the standing yes that gave it, when one did.
    """

    kind: ClassVar[str] = "call.decided"
    step: int
    tool: str
    call: str
    word: Word
    args: Mapping[str, Json] | None = None
    note: str = ""
    request: str = ""
    grant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(Event):
    """A person's standing yes for the rest of the run: to `limit` calls of `tool` with these `args`, those in `free` whatever they are."""

    kind: ClassVar[str] = "grant.given"
    grant: str
    step: int
    tool: str
    args: Mapping[str, Json]
    free: tuple[str, ...] = ()
    limit: int = 1
    request: str = ""

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        if self.limit < 1:
            raise BadEvent(f"{self.kind}: a yes for no call at all")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(Event):
    """A standing yes was taken back; what was already let through stays so."""

    kind: ClassVar[str] = "grant.revoked"
    grant: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRetried(Event):
    """The intent of another attempt of a call that failed, under the same key."""

    kind: ClassVar[str] = "call.retried"
    step: int
    tool: str
    call: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReturned(Event):
    """What came back: `outcome` is transport, `verdict` is meaning. `runway` tells the planner what it has left.

    With `retry_at` the call is not over: it will be tried again then, and the planner hears nothing of this attempt.
    `retry` is what the retry policy said of it, `retry_rule` which one that was.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLookedUp(Event):
    """After a take-over: what the tool itself says of a call whose worker was lost."""

    kind: ClassVar[str] = "call.looked_up"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    happened: Happened
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettled(Event):
    """A person's word on a call in doubt: it did happen, or it did not."""

    kind: ClassVar[str] = "call.settled"
    visibility: Visibility = Visibility.VISIBLE
    step: int
    tool: str
    call: str
    happened: Happened
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDecided(Event):
    """A person's word on a final answer that did not meet the criteria: accepted as it is, not accepted, or sent back with `note`.

    `unmet` names the criteria it did not meet.
    """

    kind: ClassVar[str] = "answer.decided"
    visibility: Visibility = Visibility.VISIBLE
    step: int
    word: Word
    unmet: tuple[str, ...] = ()
    note: str = ""
    request: str = ""

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        if self.word not in (Word.APPROVE, Word.DENY, Word.RESPOND):
            raise BadEvent(f"{self.kind}: “{self.word}” is no word on an answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class HintGiven(Event):
    """A word of the supervisor into the planner's context."""

    kind: ClassVar[str] = "hint.given"
    step: int
    text: str
    rule: str = ""
    version: int = 0
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAnswered(Event):
    """A second model's word on whether the last `steps` steps brought the run closer, kept so that it is never asked twice about them.

    Of a judge that gave no answer, `sentence` says why.
    """

    kind: ClassVar[str] = "judge.answered"
    actor: str = "judge"
    step: int
    closer: Closer
    rule: str
    version: int = 0
    steps: int = 0
    sentence: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = Decimal(0)
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextShortened(Event):
    """The oldest tool results were shortened to fit the model's window: how many of them are, from now on."""

    kind: ClassVar[str] = "context.shortened"
    step: int
    results: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoIntended(Event):
    kind: ClassVar[str] = "undo.intended"
    step: int
    tool: str
    call: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReturned(Event):
    kind: ClassVar[str] = "undo.returned"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    outcome: Outcome
    verdict: Verdict
    attempt: int = 1
    result: Json = None
    error: str = ""
    duration: float | None = None


KINDS: dict[str, type[Event]] = {kind.kind: kind for kind in Event.__subclasses__()}
