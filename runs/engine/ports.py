"""What the engine asks of the world: planners, tools, rules.

Facts are frozen; every port is a Protocol. What is awaited (`Planner`, `Tool`) may wait, query and
fail, and is called by the driver alone, between two commits. What is not awaited (`Toolbox`,
`PlannerContext`, the engine's `RunRules`) is called in the middle of a decision, so it neither
queries nor waits: what it has to know was gathered before and is handed over by name, as
`PreparedCalls`. If it asked the world itself, a repeated commit could decide otherwise than the one
it repeats, and a replay otherwise than the run.

Implemented in `runs.planners`, `runs.tools`, `policies` and `approvals`; joined in
`console.wiring`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeGuard, runtime_checkable

from console.json_value import Json
from policies.decision import LETTING, Decision, DecisionKind
from policies.gate.effect_keys import ProposedEffect
from runs.engine import call_progress
from runs.engine.pictures import Picture
from runs.engine.vocabulary import Effect, LossBlame, Outcome, Verdict, Visibility


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and USD of one or more planner calls. `usd` is None when a price is unknown, which is
    not zero.

    `estimated`: the provider reported no believable count of tokens, or nobody knows the price.
    `cached`: how many of the tokens sent were read from the provider's cache; `saved`: the USD that
    this spared.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = Decimal(0)
    estimated: bool = False
    cached: int = 0
    saved: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call as a planner wants it.

    `args` is the raw text when the planner's arguments were not a JSON object.
    """

    id: str
    tool: str
    args: Mapping[str, Json] | str


@dataclass(frozen=True, slots=True)
class Opaque:
    """Parts of a turn that only the provider understands: reasoning, signatures, unknown blocks.

    They go back to `maker` unchanged and to nobody else, and are never shown as the model's words.
    """

    maker: str
    parts: Json


@dataclass(frozen=True, slots=True)
class PlannerTurn:
    """What a planner answered: tool calls to make, or, without calls, a final answer.

    `thought` is text that it said beside its calls, `thinking` its reasoning.
    """

    thought: str = ""
    calls: tuple[ToolCall, ...] = ()
    final: str | None = None
    usage: Usage = Usage()
    model: str = ""
    thinking: str = ""
    opaque: Opaque | None = None


class Speaker(StrEnum):
    """Who speaks in the planner's context."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """One entry of the planner's context.

    ASSISTANT may carry `calls`, and `opaque` what goes back to its maker with them; TOOL answers
    the call `call_id` of `tool`, perhaps with `pictures`.
    """

    role: Speaker
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    tool: str = ""
    opaque: Opaque | None = None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as planner, rules and console see it.

    `timeout` is in seconds; `schema` is JSON Schema of the arguments. `effect_key` names those that
    tell one effect from another, however the rest is worded.
    """

    name: str
    description: str
    schema: Mapping[str, Json]
    effect: Effect = Effect.IRREVERSIBLE
    idempotent: bool = False
    timeout: float = 30.0
    scope: str = ""
    has_check: bool = False
    has_lookup: bool = False
    has_undo: bool = False
    undo_idempotent: bool = False
    has_undo_lookup: bool = False
    has_list_effects: bool = False
    visibility: Visibility = Visibility.USER_HIDDEN
    output_schema: Mapping[str, Json] | None = None
    effect_key: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether a call only reads and may be repeated, so that other reads may be in flight
        beside it.
        """
        return self.idempotent and self.effect is Effect.READ


class Tier(StrEnum):
    """What a model is asked for: the next step, or a summary of earlier ones."""

    STEP = "step"
    SUMMARISE = "summarise"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """All that a planner may know.

    `context.messages()` builds the messages on demand, so a planner that needs none costs nothing.
    `attempt` counts the failures of this very step so far: 0 when it is asked for the first time.
    `picture` gives the bytes of a picture in the context as base64; it raises LookupError when they
    were erased.
    """

    run: str
    step: int
    goal: str
    seed: int
    correlation_id: str
    context: "PlannerContext"
    tools: tuple[ToolSpec, ...]
    max_tokens_out: int
    deadline: datetime | None
    attempt: int = 0
    tier: Tier = Tier.STEP
    picture: Callable[[Picture], Awaitable[str]] | None = None


class PlannerContext(Protocol):
    """The part of a run's history that a planner is sent, cut to fit its window."""

    def messages(self) -> Sequence[ContextMessage]: ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question to a judge about the last `steps` steps, which is the judge's whole context.

    `rule` and `version` name the policy that asks; `planner` is the snapshot of the model that is
    asked; `timeout` is in seconds.
    """

    rule: str
    version: int
    steps: int
    planner: Mapping[str, Json]
    task: str
    question: str
    max_tokens_out: int
    timeout: float

    def messages(self) -> Sequence[ContextMessage]:
        return ContextMessage(Speaker.SYSTEM, self.task), ContextMessage(
            Speaker.USER, self.question
        )


@dataclass(frozen=True, slots=True)
class PriceTier:
    """What a million tokens cost, in USD, when more than `above` tokens are sent at once."""

    above: int
    price_in: Decimal
    price_out: Decimal


@runtime_checkable
class PricedByTier(Protocol):
    """A planner whose tokens cost more in a longer context."""

    @property
    def price_tiers(self) -> tuple[PriceTier, ...]: ...


class Planner(Protocol):
    """Decides the next move. May be slow, wrong and expensive; knows nothing of supervision."""

    @property
    def model(self) -> str:
        """The name shown to people, such as `openai:gpt-5-mini`."""

    @property
    def window(self) -> int | None:
        """Context window in tokens, None when it has none or it is unknown."""

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """USD for so many tokens, None when the price is unknown."""

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        """The next turn; raises PlannerError. Cancelling it closes the connection."""


class Remote(Protocol):
    """A planner whose model is served by a provider, which may be away. `provider` is what people
    call it: `anthropic`, or a host.
    """

    @property
    def provider(self) -> str: ...


def is_remote(planner: Planner) -> TypeGuard[Remote]:
    """Asked several times in every step: `isinstance` of a protocol would take twenty times as
    long.
    """
    return hasattr(planner, "provider")


@runtime_checkable
class Seeing(Protocol):
    """A planner that knows whether its model takes pictures."""

    @property
    def sees(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool is told beside its arguments.

    `idempotency_key` is the same for every attempt of one call; an undo has its own, and `undoes`
    holds the key of the call it undoes.

    `epoch` is the fencing token: it grows with every worker that takes the run. A far side that
    keeps the largest epoch it has seen of a run can refuse a smaller one, which comes from a worker
    that was frozen while it sent the call and has woken again.
    """

    run: str
    step: int
    principal: str
    call: str
    idempotency_key: str
    correlation_id: str
    deadline: datetime
    agent: str = ""
    epoch: int = 0
    undoes: str = ""

    def progress(self, words: object) -> None:
        """Show people how far this call is, such as "40 of 65": one short line, live, until the
        call is over. The newest words win when they come often; the last are kept with its end.
        """
        call_progress.tell(words)


class Happened(StrEnum):
    """What a tool, or a person, says of a call that was cut off."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a tool found out about a call by its key;
    `result` is what the call would have returned."""

    happened: Happened
    result: Json = None


@dataclass(frozen=True, slots=True)
class ListedEffect:
    """One effect as its far side lists it.

    `key` is the idempotency key that it was made with or, where it was made with none, whatever the
    far side calls it. `words` is a short text for people. `undone`: it was taken back and stands no
    more.
    """

    key: str
    at: datetime
    words: str = ""
    undone: bool = False


class Tool(Protocol):
    """Something an agent may call.

    All five verbs are coroutines on the process's loop and may be cancelled.

    `call` raises ToolError for an expected failure; any other exception is a tool failure with its
    type named. `check` says whether a result means success; `lookup` whether a cut-off call
    happened; `undo` reverses a success; `undo_lookup` says whether a cut-off undo happened. `undo`
    and `undo_lookup` are told the undo's own key.
    """

    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json: ...

    async def check(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Verdict: ...

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup: ...

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json: ...

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup: ...


class ListsEffects(Protocol):
    """A tool whose far side can list what was done through it."""

    @property
    def spec(self) -> ToolSpec: ...

    async def list_effects(self, since: datetime) -> Sequence[ListedEffect]:
        """Every effect since then. Raises whatever the tool raises, and ToolError for a list that
        cannot be read.
        """


class ReadyCall(Protocol):
    """A call that is made ready where it is going to be made. Nothing of its tool has run for it,
    and nothing does unless it is begun.
    """

    @property
    def going(self) -> bool:
        """Whether it has the word to go, so that it may have happened."""

    def go(self) -> bool:
        """Give it the word at once, and say whether it has it; `begin` then waits for it. Raises
        what `begin` would raise before anything is begun.
        """

    async def begin(self, meanwhile: Callable[[], None]) -> Json:
        """Make it: whatever the tool's `call` gives or raises. `meanwhile` may be called while it
        is being made.
        """

    def drop(self) -> None:
        """It is not made after all. Of a call that was begun, this changes nothing."""


class MakesReady(Protocol):
    """A tool whose calls can be made ready before they may be made."""

    def make_ready(self, args: Mapping[str, Json], context: ToolContext) -> ReadyCall | None:
        """The call, made ready; None where nothing is gained by that."""


def can_make_ready(tool: Tool) -> TypeGuard[MakesReady]:
    """Asked in every step, as `is_remote` is."""
    return hasattr(tool, "make_ready")


class Toolbox(Protocol):
    """The tools one run may use."""

    def specs(self) -> tuple[ToolSpec, ...]: ...

    def find(self, name: str) -> Tool | None: ...


@runtime_checkable
class Incomplete(Protocol):
    """A toolbox that knows which tools it lacks, as when a server could not be reached."""

    missing: tuple[str, ...]


@runtime_checkable
class Withholding(Protocol):
    """A toolbox that knows, by name, why a tool is there and not to be called."""

    withheld: Mapping[str, str]


@runtime_checkable
class Emptied(Protocol):
    """A toolbox that holds something for one run alone, and is told when that has ended."""

    async def run_ended(self, run: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Restricted:
    """A tool's result together with the least right that people need to read it, where that is more
    than the tool's own.
    """

    result: Json
    visibility: Visibility | None


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back from a call: transport outcome, JSON result or error text, and seconds taken.

    Not `answered`: nobody knows whether the call happened. `visibility` is set where the result
    itself says who may read it; otherwise the tool's counts. `blame`: whose fault it is that no
    result came. `pictures` are those that have a mark in the result, in order. `progress` is how
    far the tool last said that it was.
    """

    outcome: Outcome
    result: Json = None
    error: str = ""
    duration: float = 0.0
    answered: bool = True
    visibility: Visibility | None = None
    blame: LossBlame = LossBlame.OWN
    pictures: tuple[Picture, ...] = ()
    progress: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The facts found out about one proposed call just before it is decided on.

    `call` is the call with the arguments that they were found out for; for other arguments they say
    nothing. `decision` is that of the run's own rules and all policies, `breaker` that of the
    tool's breaker. The breaker is only asked about a call that may be made; a call whose breaker
    was not asked is not made. `effect` is what the call is known by, where its tool or its policy
    names that.
    """

    call: ToolCall
    decision: Decision
    breaker: Decision | None = None
    effect: ProposedEffect | None = None

    @property
    def lets(self) -> bool:
        """Whether the call is made without asking a person."""
        return self.decision.allowed and self.breaker is not None and self.breaker.allowed

    @property
    def unasked(self) -> bool:
        """Whether the breaker has still to be asked before the call is made."""
        return self.breaker is None and self.decision.kind in MAY_BE_MADE


MAY_BE_MADE = frozenset({*LETTING, DecisionKind.ASK})
PreparedCalls = Mapping[str, Prepared]
"""Facts by the name of the call that they are about. A call without facts is not allowed."""
NOTHING_KNOWN: PreparedCalls = MappingProxyType({})
UNPREPARED = Decision(
    DecisionKind.DENY,
    rule="unprepared",
    sentence="What its rules need to know of it was not found out, so it is not made.",
)
