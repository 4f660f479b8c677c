"""What the engine asks of whoever plans a run: the next turn, a summary, a judgement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeGuard

from console.json_value import Json
from runs.engine.pictures import Picture
from runs.engine.ports.tool_ports import ToolSpec


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call as a planner wants it.

    `args` is the raw text when the planner's arguments were not a JSON object.
    """

    id: str
    tool: str
    args: Mapping[str, Json] | str


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


class PricedByTier(Protocol):
    """A planner whose tokens cost more in a longer context."""

    @property
    def price_tiers(self) -> tuple[PriceTier, ...]: ...


def is_priced_by_tier(planner: "Planner") -> TypeGuard[PricedByTier]:
    return hasattr(planner, "price_tiers")


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


class Seeing(Protocol):
    """A planner that knows whether its model takes pictures."""

    @property
    def sees(self) -> bool: ...


def may_see(planner: Planner) -> TypeGuard[Seeing]:
    return hasattr(planner, "sees")
