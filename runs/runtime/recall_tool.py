"""Recall as one of a run's tools: it reads the run's own journal, and is called, judged, timed and
recorded like any other.
"""

from collections.abc import Mapping
from dataclasses import replace

from console.journal import spill
from console.json_value import Json
from runs.engine import recall
from runs.engine.engine_errors import ToolError
from runs.engine.ports import (
    Happened,
    Lookup,
    Tool,
    Toolbox,
    ToolContext,
    ToolSpec,
    is_emptied,
    is_incomplete,
    is_withholding,
)
from runs.engine.recall import ERASED, RECALL, SPEC, Earlier
from runs.engine.vocabulary import Verdict
from runs.runtime.store_port import StorePort


class RecallTool:
    """Gives earlier results of the run whose journal `store` keeps."""

    spec = SPEC

    def __init__(self, store: StorePort) -> None:
        self.store = store

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        found = recall.chosen(args, recall.earlier(await self.store.read(0)))
        return recall.told(args, [await self.whole(each) for each in found])

    async def whole(self, each: Earlier) -> Earlier:
        """The result with its value fetched, when that was too large for its row."""
        mark = spill.marker(each.result)
        if mark is None:
            return each
        try:
            return replace(each, result=await self.store.spilled(mark))
        except LookupError:
            return replace(each, result=ERASED)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        """Success whatever was found: the result was judged when it first came back."""
        return Verdict.SUCCEEDED

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        return Lookup(Happened.UNKNOWN)

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        raise ToolError("There is nothing to undo.")

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return Lookup(Happened.UNKNOWN)


class WithRecall:
    """A run's toolbox, and recall."""

    def __init__(self, toolbox: Toolbox, store: StorePort) -> None:
        self.toolbox, self.recall = toolbox, RecallTool(store)
        self.missing = toolbox.missing if is_incomplete(toolbox) else ()
        self.withheld = toolbox.withheld if is_withholding(toolbox) else {}

    def specs(self) -> tuple[ToolSpec, ...]:
        return (*self.toolbox.specs(), self.recall.spec)

    def find(self, name: str) -> Tool | None:
        return self.recall if name == RECALL else self.toolbox.find(name)

    async def run_ended(self, run: str) -> None:
        if is_emptied(self.toolbox):
            await self.toolbox.run_ended(run)
