"""The recorded planner: drives a run along a recorded trajectory, whose recorded results stand in
for tools. Spends nothing.

A recording is one trace: a `goal` and `steps`, each a message or a tool call with the result it
had. Turn n of the run is the n-th tool call of the trace, what was said before it the thought; what
was said after the last one is the final answer.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.ports import (
    Happened,
    Lookup,
    PlannerTurn,
    PlanRequest,
    ToolCall,
    ToolContext,
    ToolSpec,
    Usage,
)
from runs.engine.vocabulary import Effect, Verdict

SILENT: Final = "(The recording ends without a word.)"
WORDLESS: Final = "It failed without a word."
UNNAMED: Final = "unnamed"
CHARACTERS_PER_SECOND: Final = 400
LONGEST: Final = 6.0


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One recorded tool call, `place` being its index in the trace, with what was said before it
    and what it returned.
    """

    place: int
    thought: str
    tool: str
    args: Mapping[str, Json]
    result: str
    failed: bool
    tokens_in: int
    tokens_out: int

    @property
    def call(self) -> str:
        """The planner's id of the call."""
        return f"trace-{self.place}"

    @property
    def came_back(self) -> str:
        """The recorded result; a failure never comes back without a word."""
        return self.result or (WORDLESS if self.failed else "")


@dataclass(frozen=True, slots=True)
class Recording:
    """A trace as moves and a last word."""

    source: str
    moves: tuple[RecordedCall, ...]
    final: str
    usage: Usage


def read(trace: Mapping[str, Json]) -> Recording:
    """The recording a trace makes.

    Permissive: whatever calls itself a tool step is a call, whatever else is words.
    """
    moves: list[RecordedCall] = []
    said: list[Mapping[str, Json]] = []
    for place, step in enumerate(trace.get("steps") or []):
        said.append(step)
        if step.get("kind") == "tool":
            moves.append(move(place, said))
            said = []
    source = str(trace.get("model") or trace.get("source") or "recording")
    return Recording(source, tuple(moves), words(said) or SILENT, spent(said))


def move(place: int, steps: Sequence[Mapping[str, Json]]) -> RecordedCall:
    """The call at the end of `steps`, and the words before it."""
    step, usage = steps[-1], spent(steps)
    return RecordedCall(
        place=place,
        thought=words(steps[:-1]),
        tool=str(step.get("tool") or UNNAMED),
        args=arguments(step.get("args")),
        result=text(step.get("result")),
        failed=step.get("is_error") is True,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
    )


def arguments(recorded: Json) -> Mapping[str, Json]:
    """Arguments as an object: none are an empty one, anything else than an object becomes the
    `value` of one.
    """
    if recorded is None:
        return {}
    return recorded if isinstance(recorded, dict) else {"value": recorded}


def words(steps: Sequence[Mapping[str, Json]]) -> str:
    return "\n\n".join(said for step in steps if (said := text(step.get("result"))))


def text(recorded: Json) -> str:
    if recorded is None:
        return ""
    return recorded if isinstance(recorded, str) else json.dumps(recorded, ensure_ascii=False)


def spent(steps: Sequence[Mapping[str, Json]]) -> Usage:
    """Tokens as recorded; no money, since a replay spends none."""
    return Usage(counted(steps, "tokens_in"), counted(steps, "tokens_out"))


def counted(steps: Sequence[Mapping[str, Json]], key: str) -> int:
    return sum(count for step in steps if isinstance(count := step.get(key), int) and count > 0)


@dataclass(frozen=True, slots=True)
class RecordedPlanner:
    """Says what was said. `keep_pace`: as slowly as a model would, for people who watch."""

    recording: Recording
    keep_pace: bool = False

    @property
    def model(self) -> str:
        return f"recorded:{self.recording.source}"

    @property
    def window(self) -> int | None:
        return None

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return Decimal(0)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        turn = self.decided(request.step)
        if self.keep_pace:
            await asyncio.sleep(
                min(0.2 + len(turn.thought or turn.final or "") / CHARACTERS_PER_SECOND, LONGEST)
            )
        return turn

    def decided(self, step: int) -> PlannerTurn:
        """The turn of step `step`, counted from 1."""
        recording = self.recording
        if step > len(recording.moves):
            return PlannerTurn(final=recording.final, usage=recording.usage, model=self.model)
        made = recording.moves[step - 1]
        return PlannerTurn(
            made.thought,
            (ToolCall(made.call, made.tool, made.args),),
            None,
            Usage(made.tokens_in, made.tokens_out),
            self.model,
        )


@dataclass(frozen=True, slots=True)
class RecordedTool:
    """A tool of a recording: returns what was returned when the run was at that step."""

    name: str
    moves: tuple[RecordedCall, ...]

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(
            name=self.name,
            description="As recorded: returns what it returned then.",
            schema={"type": "object"},
            effect=Effect.READ,
            idempotent=True,
        )

    def made(self, context: ToolContext) -> RecordedCall:
        """The recorded call of a step: each step of a recorded run makes exactly one."""
        made = self.moves[context.step - 1] if 0 < context.step <= len(self.moves) else None
        if made is None or made.tool != self.name:
            raise ToolError(f"The recording has no call of {self.name} at step {context.step}.")
        return made

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        made = self.made(context)
        if made.failed:
            raise ToolError(made.came_back)
        return made.result

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.FAILED if self.made(context).failed else Verdict.SUCCEEDED

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        return Lookup(Happened.UNKNOWN)

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        raise ToolError("A recorded call cannot be undone.")

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return Lookup(Happened.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RecordedToolbox:
    """The tools of one recording, whatever they are called."""

    tools: Mapping[str, RecordedTool] = field(default_factory=dict)

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self.tools.values())

    def find(self, name: str) -> RecordedTool | None:
        return self.tools.get(name)


def toolbox(trace: Mapping[str, Json]) -> RecordedToolbox:
    """What stands in for tools when a run follows `trace` (a snapshot's "recording")."""
    moves = read(trace).moves
    return RecordedToolbox(
        {name: RecordedTool(name, moves) for name in dict.fromkeys(made.tool for made in moves)}
    )


def traces(lines: Iterator[str]) -> Iterator[dict[str, Json]]:
    """The traces of a JSON Lines file, blank lines aside."""
    return (json.loads(line) for line in lines if line.strip())
