"""What is decided in a step, and what the supervisor says into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from console.json_value import Json
from runs.engine.engine_errors import BadEvent, PlannerFault
from runs.engine.events.envelope import RunEvent
from runs.engine.ports import ToolCall
from runs.engine.vocabulary import Closer


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlanned(RunEvent):
    """The planner's turn, kept so that it is never asked twice.

    `context` is the estimate of what it was sent, in tokens. `estimated`: its usage is as well, or
    its price. `cached` tokens were read from the provider's cache, which `saved` so many USD.
    """

    kind: ClassVar[str] = "step.planned"
    step: int
    thought: str = ""
    calls: tuple[ToolCall, ...] = ()
    final: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None
    context: int = 0
    estimated: bool = False
    cached: int = 0
    saved: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.step < 1 or self.tokens_in < 0 or self.tokens_out < 0:
            raise BadEvent(f"{self.kind}: impossible step or tokens")
        if not self.calls and self.final is None:
            raise BadEvent(f"{self.kind}: neither calls nor a final answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReasoned(RunEvent):
    """What the model thought and did not say with its next turn, and what came with it that only
    its maker understands.

    `parts` are as the provider sent them: they go back to `maker` with that turn, and to nobody
    else. An event of its own, since operators may read it and whoever reads answers may not.
    """

    kind: ClassVar[str] = "step.reasoned"
    actor: str = "planner"
    step: int
    thinking: str = ""
    maker: str = ""
    parts: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFailed(RunEvent):
    """The planner gave nothing usable, perhaps at a cost.

    `retry_at` is when it may be asked again, None when it will not be. `window` is what its refusal
    taught: tokens that the model takes, question and answer together. `provider` is whom it was
    asked of and `trouble` what the matter was there: `529`. `answer_limit`: tokens that one answer
    may have from now on.
    """

    kind: ClassVar[str] = "step.plan_failed"
    step: int
    fault: PlannerFault
    message: str
    retry_at: datetime | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None
    window: int | None = None
    provider: str = ""
    trouble: str = ""
    answer_limit: int | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HintGiven(RunEvent):
    """A word of the supervisor into the planner's context."""

    kind: ClassVar[str] = "hint.given"
    step: int
    text: str
    rule: str = ""
    version: int = 0
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAnswered(RunEvent):
    """A second model's word on whether the last `steps` steps brought the run closer, kept so that
    it is never asked twice about them.

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
    usd: Decimal | None = None
    duration: float | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextCompacted(RunEvent):
    """From now on the planner is sent `summary` in place of the first `messages` entries of the
    history; `steps` of the run are told by it.

    `by` is what wrote it: a `model`, or `digest` for the one that is made without any. `why` says
    what was wrong with a model's that is not used; it was paid for all the same.
    """

    kind: ClassVar[str] = "context.compacted"
    step: int
    messages: int
    steps: int
    summary: str
    by: str = "digest"
    why: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None
    estimated: bool = False

    @property
    def asked(self) -> bool:
        """Whether a model was asked, so that there is something to pay for."""
        return self.by == "model" or bool(self.why)

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.messages < 1 or self.steps < 1:
            raise BadEvent(f"{self.kind}: nothing is folded")
