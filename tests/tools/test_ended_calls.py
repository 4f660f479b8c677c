"""Calls that have to be ended by force: in the interpreter, in C, over their memory, after a kill.
What is beside them has time to finish, and nobody else is blamed.
"""

import asyncio
import os
import signal
import time
from typing import Any

import pytest

from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import LossBlame
from runs.runtime import perform
from runs.toolprocess.placing import Placing
from runs.tools.registry import Declared
from tests.patience import eventually
from tests.tools import rough_tools as rough
from tests.tools.placed_calls import alive, call


async def test_a_call_that_holds_the_interpreter_is_ended_within_a_second_of_its_timeout(
    placed: Placing,
) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError) as late:
        await call(rough.rough_hold, timeout=1)
    assert time.monotonic() - started < 3
    cause = late.value.__cause__
    assert isinstance(cause, asyncio.CancelledError)
    assert "it held the interpreter" in str(cause)
    assert placed.crashed == {"rough_hold": 1}


async def test_meanwhile_other_calls_go_elsewhere(placed: Placing) -> None:
    holding = asyncio.ensure_future(call(rough.rough_hold, timeout=6))
    await eventually(rough.noted)
    home = next(iter(placed.processes.values()))
    await eventually(lambda: home.silent(time.monotonic()))
    answered = await call(rough.rough_echo, timeout=4, text="")
    assert answered["pid"] != home.pid
    with pytest.raises(TimeoutError):
        await holding


async def test_who_held_the_interpreter_is_told_although_another_calls_time_ran_out_first(
    single: Placing,
) -> None:
    sleeping = asyncio.ensure_future(call(rough.rough_sleep, timeout=2, seconds=60))
    await eventually(rough.noted)
    holding = asyncio.ensure_future(call(rough.rough_hold, timeout=60))
    with pytest.raises(TimeoutError) as late:
        await sleeping
    assert perform.how_it_ended(late.value)[1] is LossBlame.SHARED, "not for certain its own fault"
    with pytest.raises(ToolError, match="it held the interpreter") as held:
        await holding
    assert held.value.blame is LossBlame.OWN
    assert single.crashed == {"rough_hold": 1}


async def test_a_coroutine_that_blocks_the_loop_is_ended_and_named(placed: Placing) -> None:
    with pytest.raises(TimeoutError):
        await call(rough.rough_block, timeout=1, seconds=60)
    assert placed.crashed == {"rough_block": 1}


async def test_a_coroutine_ends_when_it_is_told_and_nothing_is_killed(placed: Placing) -> None:
    pid = await call(rough.rough_async, seconds=0)
    with pytest.raises(TimeoutError):
        await call(rough.rough_async, timeout=0.5, seconds=60)
    assert rough.noted() == [f"cancelled {pid}"]
    assert await call(rough.rough_async, seconds=0) == pid


async def test_a_kill_ends_a_blocking_call_for_good(placed: Placing) -> None:
    calling = asyncio.ensure_future(call(rough.rough_sleep, seconds=1.5))
    await eventually(rough.noted)
    pid = int(rough.noted()[0].split()[1])
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await eventually(lambda: not alive(pid), "the end of its process")
    assert [line.split()[0] for line in rough.noted()] == ["begun"], (
        "nothing happened after the kill"
    )


async def deaf_beside(neighbour: Declared[..., Any], **args: Json) -> tuple[float, Json]:
    """How long a blocking call took to end that was told to beside this one, and what became of the
    latter.
    """
    beside = asyncio.ensure_future(call(neighbour, **args))
    await eventually(rough.noted)
    deaf = asyncio.ensure_future(call(rough.rough_sleep, seconds=60))
    await eventually(lambda: len(rough.noted()) == 2)
    deaf.cancel()
    told = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await deaf
    took = time.monotonic() - told
    return took, (await asyncio.gather(beside, return_exceptions=True))[0]


async def test_a_call_that_has_to_be_ended_leaves_an_effect_beside_it_the_time_to_finish(
    single: Placing,
) -> None:
    pid = next(iter(single.processes.values())).pid
    took, beside = await deaf_beside(rough.rough_act, seconds=2)
    assert beside == pid
    assert [line.split()[0] for line in rough.noted()] == ["begun", "begun", "acted"]
    assert took < 30, "and is ended as soon as it has"
    assert not alive(pid)


async def test_but_no_more_than_a_few_seconds_and_then_it_is_not_to_blame(single: Placing) -> None:
    took, beside = await deaf_beside(rough.rough_act, seconds=60)
    assert 3 < took < 30
    assert isinstance(beside, ToolError)
    assert (beside.blame, beside.answered) == (LossBlame.OTHERS, False)


async def test_nobody_waits_for_what_can_simply_be_made_again(single: Placing) -> None:
    took, beside = await deaf_beside(rough.rough_sleep, seconds=60)
    assert took < 30
    assert isinstance(beside, ToolError)
    assert beside.blame is LossBlame.OTHERS


async def test_a_process_that_is_to_be_ended_takes_no_more_calls(single: Placing) -> None:
    home = next(iter(single.processes.values()))
    ending = asyncio.ensure_future(deaf_beside(rough.rough_act, seconds=1.5))
    await eventually(lambda: len(rough.noted()) == 2)
    await eventually(lambda: not home.usable(time.monotonic()))
    assert (await call(rough.rough_echo, text=""))["pid"] != home.pid
    await ending


async def test_a_call_that_eats_more_memory_than_it_may_is_ended(placed: Placing) -> None:
    with pytest.raises(ToolError, match=r"was killed: over 400 MB"):
        await call(rough.rough_eat, mb=900)
    assert placed.crashed == {"rough_eat": 1}


async def test_one_allocation_beyond_all_bounds_fails_in_the_tool_itself(placed: Placing) -> None:
    with pytest.raises(ToolError, match="MemoryError: over 400 MB"):
        await call(rough.rough_eat, mb=4096, step=4096)


async def test_a_process_that_was_stopped_is_ended_at_the_calls_timeout(placed: Placing) -> None:
    calling = asyncio.ensure_future(call(rough.rough_sleep, timeout=2, seconds=60))
    await eventually(rough.noted)
    os.kill(next(iter(placed.processes.values())).pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError) as late:
        await calling
    assert "stood still, stopped" in str(late.value.__cause__)


async def test_what_a_tool_started_ends_with_its_process(placed: Placing) -> None:
    calling = asyncio.ensure_future(call(rough.rough_breed, timeout=2, seconds=60))
    await eventually(lambda: len(rough.noted()) == 2)
    children = [int(line.split()[1]) for line in rough.noted()]
    assert all(map(alive, children))
    with pytest.raises(TimeoutError):
        await calling
    await eventually(lambda: not any(map(alive, children)))
