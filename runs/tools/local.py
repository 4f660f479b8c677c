"""A declared Python function as the engine's Tool: coerces arguments, runs it on the loop or a
thread, and writes its answer as JSON.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from console.json_value import Json
from policies.json_schema import words
from runs import fence
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, ListedEffect, Lookup, ToolContext, ToolSpec
from runs.engine.vocabulary import Verdict
from runs.toolprocess import call_marks, recorder
from runs.tools.registry import Declared
from runs.tools.results import jsonable
from runs.tools.threads import POOL

MOST_EFFECTS = 10_000


class LocalTool:
    """One tool of this process."""

    def __init__(self, declared: Declared[..., Any]) -> None:
        self._declared = declared

    @property
    def spec(self) -> ToolSpec:
        return self._declared.spec

    async def call(self, args: Mapping[str, Json], context: ToolContext | None) -> Json:
        """The function's result as JSON; raises ToolError when the arguments cannot be coerced, and
        whatever the function raises.
        """
        return await self.work(args, context)()

    def work(
        self, args: Mapping[str, Json], context: ToolContext | None
    ) -> Callable[[], Coroutine[Any, Any, Json]]:
        """What makes the call, its arguments read already.

        Raises ToolError when they cannot be coerced.
        """
        signature = self._declared.signature
        given = self._coerced(args)
        if signature.context is not None:
            given[signature.context] = context
        return partial(self._made, given)

    async def _made(self, given: Mapping[str, Any]) -> Json:
        return jsonable(await _run(self.spec.name, self._declared.function, given))

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        said = await self._hook("check", {"args": args, "result": result, "context": context})
        if isinstance(said, bool):
            return Verdict.SUCCEEDED if said else Verdict.FAILED
        return Verdict(str(said)) if said is not None else Verdict.UNKNOWN

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        if "lookup" not in self._declared.hooks:
            return Lookup(Happened.UNKNOWN)
        return _found(await self._hook("lookup", {"args": args, "context": context}))

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        if "undo" not in self._declared.hooks:
            raise ToolError(f"{self.spec.name} cannot be undone")
        return jsonable(
            await self._hook("undo", {"args": args, "result": result, "context": context})
        )

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        if "undo_lookup" not in self._declared.hooks:
            return Lookup(Happened.UNKNOWN)
        return _found(
            await self._hook("undo_lookup", {"args": args, "result": result, "context": context})
        )

    async def list_effects(self, since: datetime) -> Sequence[ListedEffect]:
        if "list_effects" not in self._declared.hooks:
            raise ToolError(f"{self.spec.name} cannot list its effects")
        return effects_of(await self._hook("list_effects", {"since": since}))

    async def _hook(self, verb: str, offered: Mapping[str, object]) -> object:
        hook = self._declared.hooks.get(verb)
        if hook is None:
            return None
        given = {name: offered[name] for name in inspect.signature(hook).parameters}
        return await _run(self.spec.name, hook, given)

    def _coerced(self, args: Mapping[str, Json]) -> dict[str, Any]:
        model = self._declared.signature.model
        try:
            filled = model.model_validate(args)
        except ValidationError as error:
            raise ToolError("; ".join(_sentence(each) for each in error.errors()[:5])) from error
        return {
            str(field.alias): getattr(filled, name) for name, field in model.model_fields.items()
        }


async def _run(tool: str, function: Callable[..., Any], given: Mapping[str, Any]) -> object:
    """Run the function: on the loop when it is a coroutine function, otherwise on a thread. The
    lease is checked last of all.
    """
    if inspect.iscoroutinefunction(function):
        fence.ask()
        call_marks.begun()
        return await recorder.awaited(tool, function(**given))
    return await POOL.run(recorder.noted(tool, function), **given)


def _found(said: object) -> Lookup:
    """The result of a look-up function as a Lookup: nothing, the call's result, or a Lookup of its
    own.
    """
    if isinstance(said, Lookup):
        return said
    return Lookup(Happened.NO) if said is None else Lookup(Happened.YES, jsonable(said))


def effects_of(said: object) -> Sequence[ListedEffect]:
    """What a function that lists effects gave. Raises ToolError for what is no list of them, or
    too long to be compared.
    """
    if not isinstance(said, Iterable) or isinstance(said, str | bytes | Mapping):
        raise ToolError(f"its list of effects is no list: {type(said).__name__}")
    found = list(islice(said, MOST_EFFECTS + 1))
    if len(found) > MOST_EFFECTS:
        raise ToolError(f"its list has more than {MOST_EFFECTS:,} effects")
    for each in found:
        if wrong := _unfit(each):
            raise ToolError(f"its list of effects cannot be read: {wrong}")
    return found


def _unfit(each: object) -> str:
    """Why this is no listed effect; empty when it is one."""
    if not isinstance(each, ListedEffect):
        return f"{type(each).__name__} instead of ListedEffect"
    given: tuple[object, object, object] = (each.key, each.words, each.at)
    key, words, at = given
    if not isinstance(key, str) or not key or not isinstance(words, str):
        return "key and words are text, and no key is empty"
    aware = isinstance(at, datetime) and at.tzinfo is not None
    return "" if aware else f"{key} has no time with a time zone"


def _sentence(error: ErrorDetails) -> str:
    return f"{words.field(error['loc'])}: {error['msg']}"
