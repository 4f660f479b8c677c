"""A declared function as the engine's Tool: run in a tool process where this process has some, else
here.

What could not be found again by its module's name (a function made by a function) runs here always;
what is declared `inline` does until it has ended or frozen a worker.
"""

import logging
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from console.json_value import Json
from console.outside import confidential
from runs import fence
from runs.engine.ports import Happened, ListedEffect, Lookup, ReadyCall, ToolContext, ToolSpec
from runs.engine.vocabulary import Effect, Verdict
from runs.toolprocess import placing, protocol
from runs.toolprocess.placing import Placing, WaitingCall
from runs.toolprocess.process import Raised
from runs.tools.local import LocalTool
from runs.tools.registry import Declared

log = logging.getLogger(__name__)


class PlacedTool:
    """One tool, wherever it is run."""

    def __init__(self, declared: Declared[..., Any]) -> None:
        self._declared = declared
        self._local = LocalTool(declared)
        self._movable = importable(declared)

    @property
    def spec(self) -> ToolSpec:
        return self._declared.spec

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        if (there := self._there) is None:
            return await self._local.call(args, context)
        return await self._have(there, "call", args, None, context)

    def make_ready(self, args: Mapping[str, Json], context: ToolContext) -> ReadyCall | None:
        """The call, in its tool process already and not to be made yet; None where it runs here."""
        if (there := self._there) is None:
            return None
        ask = self._request("call", args, None, context, waits=True)
        waiting = there.hand(self.spec.name, ask, repeatable=self._repeatable("call"))
        return None if waiting is None else PlacedCall(self, args, context, waiting)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        if (there := self._there) is None or "check" not in self._declared.hooks:
            return await self._local.check(args, result, context)
        return Verdict(await self._have(there, "check", args, result, context))

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        if (there := self._there) is None or "lookup" not in self._declared.hooks:
            return await self._local.lookup(args, context)
        return _found(await self._have(there, "lookup", args, None, context))

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        if (there := self._there) is None or "undo" not in self._declared.hooks:
            return await self._local.undo(args, result, context)
        return await self._have(there, "undo", args, result, context)

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        if (there := self._there) is None or "undo_lookup" not in self._declared.hooks:
            return await self._local.undo_lookup(args, result, context)
        return _found(await self._have(there, "undo_lookup", args, result, context))

    async def list_effects(self, since: datetime) -> Sequence[ListedEffect]:
        """What the far side lists, asked in a process apart from all calls, since a list may take
        long or hang.
        """
        there = placing.here() if self._movable else None
        if there is None or "list_effects" not in self._declared.hooks:
            return await self._local.list_effects(since)
        name, module = self.spec.name, self._declared.function.__module__
        asks: dict[str, Json] = {"since": since.isoformat()}
        there.keep_apart(listing := f"{name}.list_effects")

        def ask(number: int) -> protocol.CallRequest:
            return protocol.CallRequest(
                number, name, module, "list_effects", asks, None, (), math.inf
            )

        with logged("list_effects", name):
            return protocol.effects_in(await there.perform(listing, ask, repeatable=True))

    @property
    def _there(self) -> Placing | None:
        there = placing.here() if self._movable else None
        return (
            None
            if there is not None and self._declared.inline and not there.apart(self.spec.name)
            else there
        )

    async def _have(
        self,
        there: Placing,
        verb: str,
        args: Mapping[str, Json],
        result: Json,
        context: ToolContext,
    ) -> Json:
        ask = self._request(verb, args, result, context)
        with logged(verb, self.spec.name):
            return await there.perform(self.spec.name, ask, repeatable=self._repeatable(verb))

    def _repeatable(self, verb: str) -> bool:
        """Whether the verb may be broken off and done again: whatever only asks, and what its tool
        promises to do once however often it is told to.
        """
        match verb:
            case "call":
                return self.spec.idempotent or self.spec.effect is Effect.READ
            case "undo":
                return self.spec.undo_idempotent
        return True

    def _request(
        self,
        verb: str,
        args: Mapping[str, Json],
        result: Json,
        context: ToolContext,
        *,
        waits: bool = False,
    ) -> Callable[[int], protocol.CallRequest]:
        name, module = self.spec.name, self._declared.function.__module__
        told = verb != "call" or self._declared.signature.context is not None
        beside = protocol.context_out(context) if told else ()

        def ask(number: int) -> protocol.CallRequest:
            until = None if waits else fence.stamp()
            return protocol.CallRequest(
                number, name, module, verb, dict(args), result, beside, until
            )

        return ask


class PlacedCall:
    """A call that waits in its tool process. Where it cannot be begun there any more, it is made as
    one that was never made ready.
    """

    def __init__(
        self, tool: PlacedTool, args: Mapping[str, Json], context: ToolContext, call: WaitingCall
    ) -> None:
        self._tool, self._args, self._context = tool, args, context
        self._waiting: WaitingCall | None = call
        self.going = False

    def go(self) -> bool:
        if self._waiting is not None and self._waiting.good:
            self._waiting.go()
            self.going = True
        return self.going

    async def begin(self, meanwhile: Callable[[], None]) -> Json:
        waiting, self._waiting = self._waiting, None
        going, self.going = self.going, False
        if waiting is None or not (going or waiting.good):
            return await self._tool.call(self._args, self._context)
        try:
            with logged("call", self._tool.spec.name):
                return await waiting.begin(meanwhile)
        except fence.NotMade:
            waiting.drop()
            raise

    def drop(self) -> None:
        if self._waiting is not None and not self.going:
            self._waiting.drop()
            self._waiting = None


@contextmanager
def logged(verb: str, name: str) -> Iterator[None]:
    """Log the whole trace of what the verb raised in its process."""
    try:
        yield
    except Raised as raised:
        if raised.trace:
            log.warning(
                "%s of tool %s failed\n%s", verb, name, confidential.current().text(raised.trace)
            )
        raise


def _found(word: Json) -> Lookup:
    happened, result = word
    return Lookup(Happened(happened), result)


def importable(declared: Declared[..., Any]) -> bool:
    """Whether another process finds this very tool by its module and its name there."""
    found: object = sys.modules.get(declared.function.__module__)
    for part in declared.function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is declared and declared.function.__module__ != "__main__"
