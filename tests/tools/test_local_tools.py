"""A Python function called the way the engine calls tools."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, Lookup, ToolContext
from runs.engine.vocabulary import Effect, Verdict
from runs.tools import registry
from runs.tools.local import LocalTool
from runs.tools.registry import Declared, tool
from tests.patience import PATIENCE
from tests.tools.calling import context

pytestmark = pytest.mark.usefixtures("no_tools")


@dataclass
class Line:
    sku: str
    price: Decimal


def reading(function: Callable[..., Any]) -> LocalTool:
    return LocalTool(tool(effect=Effect.READ, name="reading")(function))


async def test_arguments_arrive_as_their_types_and_the_context_as_itself() -> None:
    seen: list[Any] = []

    def look(
        lines: list[Line], when: datetime, context: ToolContext, note: str | None = None
    ) -> dict[str, Any]:
        """Look."""
        seen.extend([lines, when, note, context])
        return {"sum": sum(line.price for line in lines)}

    asked = context()
    args = {
        "lines": [{"sku": "a", "price": 1.1}, {"sku": "b", "price": 2.2}],
        "when": "2026-03-14T09:30:00Z",
    }
    assert await reading(look).call(args, asked) == {"sum": 3.3}
    lines, when, note, given = seen
    assert lines[1] == Line("b", Decimal("2.2"))
    assert (when.hour, note, given) == (9, None, asked)


async def test_a_plain_function_runs_beside_the_loop_and_a_coroutine_function_on_it() -> None:
    def beside() -> str:
        """Say where it runs."""
        return threading.current_thread().name

    async def within() -> str:
        """Say where it runs."""
        return threading.current_thread().name

    assert await reading(beside).call({}, context()) == "tool"
    registry.REGISTRY.clear()
    assert await reading(within).call({}, context()) == threading.current_thread().name


async def test_a_cancelled_call_is_over_at_once_although_its_function_is_not() -> None:
    begun, gate = threading.Event(), threading.Event()

    def stuck() -> None:
        """Hang."""
        begun.set()
        gate.wait(PATIENCE * 2)

    calling = asyncio.ensure_future(reading(stuck).call({}, context()))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(calling, PATIENCE)
    gate.set()


async def test_arguments_that_cannot_be_coerced_are_a_failure_that_names_the_field() -> None:
    def look(price: Decimal) -> None:
        """Look."""

    with pytest.raises(ToolError, match="price"):
        await reading(look).call({"price": "abc"}, context())


async def test_what_the_function_raises_comes_through() -> None:
    def look() -> None:
        """Look."""
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await reading(look).call({}, context())


@pytest.fixture
def paying() -> Declared[..., Any]:
    @tool(effect=Effect.IRREVERSIBLE)
    def pay(amount: int) -> dict[str, int]:
        """Pay."""
        return {"paid": amount}

    return pay


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (True, Verdict.SUCCEEDED),
        (False, Verdict.FAILED),
        (None, Verdict.UNKNOWN),
        (Verdict.UNKNOWN, Verdict.UNKNOWN),
    ],
)
async def test_a_check_says_what_a_result_means(
    paying: Declared[..., Any], said: bool | Verdict | None, verdict: Verdict
) -> None:
    paying.check(lambda result: said)
    assert await LocalTool(paying).check({"amount": 1}, {"paid": 1}, context()) is verdict


async def test_a_check_may_compare_result_and_arguments(paying: Declared[..., Any]) -> None:
    @paying.check
    async def compares(args: Json, result: Json, context: ToolContext) -> bool:
        return bool(args["amount"] == result["paid"] and context.principal == "olga")

    assert await LocalTool(paying).check({"amount": 1}, {"paid": 1}, context()) is Verdict.SUCCEEDED
    assert await LocalTool(paying).check({"amount": 1}, {"paid": 2}, context()) is Verdict.FAILED


async def test_a_tool_without_a_check_claims_nothing(paying: Declared[..., Any]) -> None:
    assert await LocalTool(paying).check({}, {}, context()) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (None, Lookup(Happened.NO)),
        ({"paid": Decimal("1.5")}, Lookup(Happened.YES, {"paid": 1.5})),
        (Lookup(Happened.UNKNOWN), Lookup(Happened.UNKNOWN)),
    ],
)
async def test_a_lookup_says_whether_it_happened(
    paying: Declared[..., Any], found: Any, answer: Lookup
) -> None:
    paying.lookup(lambda context: found)
    assert await LocalTool(paying).lookup({"amount": 1}, context()) == answer


async def test_a_tool_without_lookup_or_undo_says_so(paying: Declared[..., Any]) -> None:
    assert await LocalTool(paying).lookup({}, context()) == Lookup(Happened.UNKNOWN)
    with pytest.raises(ToolError, match="pay cannot be undone"):
        await LocalTool(paying).undo({}, {}, context())


async def test_an_undo_gets_what_was_done(paying: Declared[..., Any]) -> None:
    paying.undo(lambda args, result: {"returned": result["paid"], "of": args["amount"]})
    assert await LocalTool(paying).undo({"amount": 3}, {"paid": 2}, context()) == {
        "returned": 2,
        "of": 3,
    }
