"""What the engine asks of tools: what they are, a call, what became of one, an undo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeGuard

from console.json_value import Json
from runs.engine import call_progress
from runs.engine.pictures import Picture
from runs.engine.vocabulary import Effect, LossBlame, Outcome, Verdict, Visibility


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
    """Asked in every step: `isinstance` of a protocol would take twenty times as long."""
    return hasattr(tool, "make_ready")


class Toolbox(Protocol):
    """The tools one run may use."""

    def specs(self) -> tuple[ToolSpec, ...]: ...

    def find(self, name: str) -> Tool | None: ...


class Incomplete(Protocol):
    """A toolbox that knows which tools it lacks, as when a server could not be reached."""

    missing: tuple[str, ...]


def is_incomplete(toolbox: Toolbox) -> TypeGuard[Incomplete]:
    return hasattr(toolbox, "missing")


class Withholding(Protocol):
    """A toolbox that knows, by name, why a tool is there and not to be called."""

    withheld: Mapping[str, str]


def is_withholding(toolbox: Toolbox) -> TypeGuard[Withholding]:
    return hasattr(toolbox, "withheld")


class Emptied(Protocol):
    """A toolbox that holds something for one run alone, and is told when that has ended."""

    async def run_ended(self, run: str) -> None: ...


def is_emptied(toolbox: Toolbox) -> TypeGuard[Emptied]:
    return hasattr(toolbox, "run_ended")


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
