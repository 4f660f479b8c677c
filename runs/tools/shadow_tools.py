"""Shadow tools: tools of a fire drill, with the names and schemas of an agent's own, and nothing
behind them.

A shadow tool is made of JSON that a drill's run has pinned, and of nothing else: this module knows
neither the registry nor any server, so the real tool cannot be reached from here. What it answers
stands in that JSON. It opens no connection, reads no secret and changes nothing.
"""

import asyncio
import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from console.json_value import Json
from runs import alone, fence
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, Lookup, Tool, ToolContext, ToolSpec
from runs.engine.vocabulary import Effect, Verdict, Visibility

ANSWER, HANG, DIE = "answer", "hang", "die"
"""What a shadow tool may do: answer at once, never answer, or end its process before it answers."""
NOT_ALONE = "The drill did not end its worker: the worker held more than this run."
SPEC = tuple(each.name for each in fields(ToolSpec))


def pinned(spec: ToolSpec, does: str, answer: Json) -> dict[str, Json]:
    """A shadow tool as JSON: what is seen of the real one, and what the shadow does."""
    said: dict[str, Any] = {name: getattr(spec, name) for name in SPEC}
    said |= {
        "schema": dict(spec.schema),
        "effect": spec.effect.value,
        "visibility": spec.visibility.value,
        "output_schema": None,
        "effect_key": list(spec.effect_key),
        "has_check": False,
    }
    return {"spec": said, "does": does, "answer": answer}


def spec_of(said: Mapping[str, Json]) -> ToolSpec:
    known = {name: said[name] for name in SPEC if name in said}
    return ToolSpec(
        **known
        | {
            "effect": Effect(said["effect"]),
            "visibility": Visibility(said["visibility"]),
            "effect_key": tuple(said["effect_key"]),
        }
    )


@dataclass(frozen=True, slots=True)
class DrillTool:
    """One tool of a drill. `answer` is JSON."""

    spec: ToolSpec
    does: str
    answer: Json

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        fence.ask()
        match self.does:
            case "hang":
                await asyncio.Event().wait()
            case "die":
                die_once(UUID(context.run))
        return self.answer

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.UNKNOWN

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        """Say that a call which was cut off has happened: that is the case in which a second one
        would do harm.
        """
        return Lookup(Happened.YES, self.answer)

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return {"undone": True}

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return Lookup(Happened.YES, {"undone": True})


def die_once(run: UUID) -> None:
    """End this process without a word, if nothing but this run is in it and none was lost with the
    run before. Raises ToolError where other runs would be harmed.
    """
    only = alone.only_run()
    if only is None or only.run != run:
        raise ToolError(NOT_ALONE)
    if not only.lost:
        os.kill(os.getpid(), signal.SIGKILL)


class ShadowBox:
    """The toolbox of a drill's run: shadow tools by name."""

    def __init__(self, tools: Iterable[DrillTool]) -> None:
        self._tools: dict[str, Tool] = {each.spec.name: each for each in tools}

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(each.spec for each in self._tools.values())

    def find(self, name: str) -> Tool | None:
        return self._tools.get(name)


def toolbox(drill: Mapping[str, Json]) -> ShadowBox:
    """The toolbox that a drill's run has pinned."""
    return ShadowBox(
        DrillTool(spec_of(each["spec"]), str(each["does"]), each["answer"])
        for each in drill["tools"]
    )
