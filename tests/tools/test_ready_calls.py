"""Calls that are handed to their tool process before they may be made: nothing of them runs until
they are begun, and nothing if they never are.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from console.json_value import Json
from runs import fence
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ReadyCall
from runs.toolprocess import placing
from runs.toolprocess.placing import Placing
from runs.toolprocess.process import MOST_WAITING, ToolProcess
from runs.tools.placed import PlacedTool
from runs.tools.registry import Declared
from tests.patience import eventually, turn
from tests.tools import rough_tools as rough
from tests.tools.calling import context
from tests.tools.placed_calls import call, opened


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Placing]:
    """The tool processes of a worker that holds one run, each tool's begun already."""
    async with opened(tmp_path / "ledger", 2, lambda: True) as found:
        await call(rough.rough_sleep, seconds=0)
        Path(os.environ[rough.LEDGER]).unlink()
        yield found


def handed(declared: Declared[..., Any], **args: Json) -> ReadyCall:
    ready = PlacedTool(declared).make_ready(args, context())
    assert ready is not None
    return ready


def process(alone: Placing) -> ToolProcess:
    [only] = alone.processes.values()
    return only


def nothing() -> None:
    """Is to be done meanwhile."""


async def test_a_call_that_waits_is_made_once_it_is_begun_and_not_before(alone: Placing) -> None:
    ready = handed(rough.rough_sleep, seconds=0)
    other = await call(rough.rough_sleep, seconds=0)
    assert [line.split()[0] for line in rough.noted()] == ["begun", "acted"], "of the other one"
    done: list[str] = []
    assert await ready.begin(lambda: done.append("meanwhile")) == other == process(alone).pid
    assert len(rough.noted()) == 4
    assert done == ["meanwhile"]


async def test_a_call_that_is_dropped_is_never_made_and_makes_room_for_another(
    alone: Placing,
) -> None:
    for _ in range(3 * MOST_WAITING):
        handed(rough.rough_sleep, seconds=0).drop()
    assert await call(rough.rough_echo, text="a")
    assert rough.noted() == []


async def test_no_process_holds_more_calls_that_wait_than_it_may(alone: Placing) -> None:
    waiting = [handed(rough.rough_sleep, seconds=0) for _ in range(MOST_WAITING)]
    assert PlacedTool(rough.rough_sleep).make_ready({"seconds": 0}, context()) is None
    waiting[0].drop()
    assert PlacedTool(rough.rough_sleep).make_ready({"seconds": 0}, context()) is not None


async def test_it_is_told_what_any_call_is_told(alone: Placing) -> None:
    await call(rough.rough_echo, text="")
    asked = context("run:7")
    ready = PlacedTool(rough.rough_echo).make_ready({"text": "ä\ud800"}, asked)
    assert ready is not None
    answer = await ready.begin(nothing)
    assert (answer["text"], answer["key"]) == ("ä\ud800", "run:7")


async def test_bad_arguments_and_failures_are_said_as_of_any_call(alone: Placing) -> None:
    with pytest.raises(ToolError, match="seconds"):
        await handed(rough.rough_sleep, seconds="long").begin(nothing)
    await call(rough.rough_effect)
    with pytest.raises(ToolError, match="OSError: no"):
        await handed(rough.rough_effect, fail="no").begin(nothing)


async def test_one_whose_process_has_ended_is_made_in_another(alone: Placing) -> None:
    ready, first = handed(rough.rough_sleep, seconds=0), process(alone)
    os.kill(first.pid, 9)
    await eventually(lambda: not first.alive)
    assert await ready.begin(nothing) != first.pid
    assert len(rough.noted()) == 2


async def test_a_call_that_waits_is_nobodys_suspect(alone: Placing) -> None:
    ready, first = handed(rough.rough_sleep, seconds=0), process(alone)
    assert (dict(first.calls), dict(first.tools)) == ({}, {})
    os.kill(first.pid, 9)
    await eventually(lambda: not first.alive)
    assert not alone.apart("rough_sleep")
    ready.drop()


async def test_one_whose_lease_may_be_over_is_begun_neither_there_nor_later(
    alone: Placing,
) -> None:
    with fence.standing(lambda: False), pytest.raises(fence.NotMade):
        await handed(rough.rough_sleep, seconds=0).begin(nothing)
    past: Callable[[], float] = lambda: fence.boottime() - 1  # noqa: E731
    with fence.standing(lambda: True, past), pytest.raises(fence.NotMade):
        await handed(rough.rough_sleep, seconds=0).begin(nothing)
    assert await call(rough.rough_echo, text="a")
    assert rough.noted() == []


async def test_begun_a_second_time_it_is_made_as_any_other(alone: Placing) -> None:
    ready = handed(rough.rough_sleep, seconds=0)
    with fence.standing(lambda: False), pytest.raises(fence.NotMade):
        await ready.begin(nothing)
    assert await ready.begin(nothing) == process(alone).pid
    assert len(rough.noted()) == 2


async def test_a_call_with_the_word_to_go_is_made_before_anybody_waits_for_it(
    alone: Placing,
) -> None:
    ready = handed(rough.rough_sleep, seconds=0)
    assert [ready.going, ready.go(), ready.going] == [False, True, True]
    await eventually(lambda: len(rough.noted()) == 2)
    done: list[str] = []
    assert await ready.begin(lambda: done.append("meanwhile")) == process(alone).pid
    assert done == ["meanwhile"]
    assert (len(rough.noted()), ready.going) == (2, False)
    assert dict(process(alone).calls) == {}


async def test_a_call_with_the_word_to_go_is_in_flight_and_cannot_be_dropped(
    alone: Placing,
) -> None:
    ready, there = handed(rough.rough_sleep, seconds=30), process(alone)
    assert ready.go()
    ready.drop()
    assert ready.going
    assert [each.tool for each in there.calls.values()] == ["rough_sleep"]
    await eventually(rough.noted)
    waiting = asyncio.ensure_future(ready.begin(nothing))
    await turn()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert dict(there.calls) == {}


async def test_one_whose_process_ends_once_it_goes_is_made_in_no_other(alone: Placing) -> None:
    ready, first = handed(rough.rough_sleep, seconds=30), process(alone)
    assert ready.go()
    await eventually(rough.noted)
    os.kill(first.pid, 9)
    await eventually(lambda: not first.alive)
    with pytest.raises(ToolError) as failed:
        await ready.begin(nothing)
    assert not failed.value.answered, "nobody knows whether it happened"
    assert len(rough.noted()) == 1
    assert alone.apart("rough_sleep"), "it was in flight"


async def test_nothing_goes_whose_lease_may_be_over(alone: Placing) -> None:
    ready = handed(rough.rough_sleep, seconds=0)
    with fence.standing(lambda: False), pytest.raises(fence.NotMade):
        ready.go()
    assert not ready.going
    assert await ready.begin(nothing) == process(alone).pid
    assert len(rough.noted()) == 2


async def test_nothing_goes_to_a_process_that_has_ended(alone: Placing) -> None:
    ready, first = handed(rough.rough_sleep, seconds=0), process(alone)
    os.kill(first.pid, 9)
    await eventually(lambda: not first.alive)
    assert not ready.go()
    assert await ready.begin(nothing) != first.pid


async def test_nothing_is_made_ready_where_others_want_the_loop_or_no_process_is_there(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "ledger", 2, placing.never):
        await call(rough.rough_sleep, seconds=0)
        assert PlacedTool(rough.rough_sleep).make_ready({"seconds": 0}, context()) is None
    assert PlacedTool(rough.rough_sleep).make_ready({"seconds": 0}, context()) is None
