"""Tools in processes of their own: what they do there costs their call and at most its neighbours,
never the worker.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.json_value import Json
from runs import fence
from runs.engine import call_progress
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened
from runs.engine.vocabulary import Effect, LossBlame, Verdict
from runs.runtime import perform
from runs.toolprocess import placing
from runs.toolprocess.endings import ProcessEnding
from runs.toolprocess.placing import Placing, ProcessBounds
from runs.toolprocess.time_limit import TimeLimit
from runs.tools.local import LocalTool
from runs.tools.placed import PlacedTool
from runs.tools.registry import Declared, tool
from tests.patience import PATIENCE, eventually
from tests.tools import rough_tools as rough
from tests.tools.calling import context

MEMORY_MB = 400


@asynccontextmanager
async def opened(
    ledger: Path, processes: int, alone: Callable[[], bool] = placing.never
) -> AsyncIterator[Placing]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(rough.LEDGER, str(ledger))
        placing.allow(ProcessBounds(processes=processes, memory_mb=MEMORY_MB), alone=alone)
        await placing.prepare()
        found = placing.here()
        assert found is not None
        yield found
        await placing.close()
        placing.allow(None)


@pytest.fixture
async def placed(tmp_path: Path) -> AsyncIterator[Placing]:
    async with opened(tmp_path / "ledger", 3) as found:
        yield found


@pytest.fixture
async def single(tmp_path: Path) -> AsyncIterator[Placing]:
    """But one process, so that all tools are beside each other; whoever calls one stands for its
    answer.
    """
    async with opened(tmp_path / "ledger", 1, lambda: True) as found:
        yield found


async def call(declared: Declared[..., Any], timeout: float = PATIENCE, **args: Json) -> Json:
    with TimeLimit(timeout):
        return await PlacedTool(declared).call(args, context())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_tool_runs_in_a_process_that_is_not_the_workers_and_calls_share_it(
    placed: Placing,
) -> None:
    first, second = (
        await call(rough.rough_echo, text="a\ud800 ä"),
        await call(rough.rough_echo, text="b"),
    )
    assert first["pid"] == second["pid"] != os.getpid()
    assert first["text"] == "a\ud800 ä"
    assert await call(rough.rough_async, seconds=0) == first["pid"]


async def test_every_verb_runs_there(placed: Placing) -> None:
    effect, asked = PlacedTool(rough.rough_effect), context("run:7")
    done = await effect.call({}, asked)
    assert done["done"] != os.getpid()
    assert await effect.check({}, done, asked) is Verdict.SUCCEEDED
    found = await effect.lookup({}, asked)
    assert (found.happened, found.result) == (Happened.YES, {"found": done["done"], "key": "run:7"})
    assert await effect.undo({}, done, asked) == {"undone": done["done"], "by": done["done"]}
    assert (await effect.undo_lookup({}, done, asked)).result == {"found": done["done"]}


@pytest.mark.parametrize("here", [False, True])
async def test_a_tool_tells_its_caller_how_far_it_is_a_few_times_however_often_it_says_so(
    placed: Placing, here: bool
) -> None:
    heard: list[str] = []
    before = call_progress.listener.set(heard.append)
    try:
        if here:
            await LocalTool(rough.rough_counting).call({"until": 50}, context())
        else:
            await call(rough.rough_counting, until=5_000)
    finally:
        call_progress.listener.reset(before)
    assert heard[-1] == ("50 of 50 [31m" if here else "5000 of 5000 [31m")
    assert here or len(heard) <= 3


async def test_what_a_tool_raises_comes_back_in_its_words_and_bad_arguments_name_their_field(
    placed: Placing,
) -> None:
    with pytest.raises(ToolError, match="OSError: no"):
        await call(rough.rough_effect, fail="no")
    with pytest.raises(ToolError, match="seconds"):
        await call(rough.rough_async, seconds="long")
    with pytest.raises(ToolError, match="it tried to end the process: SystemExit"):
        await call(rough.rough_leave)


async def test_a_quick_tool_and_one_that_no_other_process_could_find_run_in_the_worker(
    placed: Placing,
) -> None:
    @tool(effect=Effect.READ, name="hidden")
    def hidden() -> int:
        """Say where it ran."""
        return os.getpid()

    assert await call(rough.rough_inline) == await call(hidden) == os.getpid()


async def test_a_tool_that_ends_its_process_costs_its_call_and_says_how(single: Placing) -> None:
    waiting = asyncio.ensure_future(call(rough.rough_sleep, seconds=60))
    await eventually(rough.noted)
    with pytest.raises(ToolError) as ended:
        await call(rough.rough_exit, code=3)
    assert str(ended.value) == "Its tool process ended: exit code 3. Last words: about to leave"
    assert not ended.value.answered
    assert ended.value.blame is LossBlame.OWN
    with pytest.raises(ToolError, match="exit code 3, in a call of rough_exit") as beside:
        await waiting
    assert not beside.value.answered
    assert beside.value.blame is LossBlame.OTHERS
    assert single.crashed == {"rough_exit": 1}


async def test_after_that_it_has_a_process_of_its_own(placed: Placing) -> None:
    with pytest.raises(ToolError):
        await call(rough.rough_exit, code=1)
    other = await call(rough.rough_echo, text="")
    sleeping = asyncio.ensure_future(call(rough.rough_sleep, seconds=0.5))
    await eventually(rough.noted)
    with pytest.raises(ToolError, match="exit code 1"):
        await call(rough.rough_exit, code=1)
    assert await sleeping == other["pid"], "the neighbour noticed nothing"


class Known:
    """What other workers have seen."""

    async def note(self, ending: ProcessEnding) -> None:
        return

    async def lately(self) -> frozenset[str]:
        return frozenset({"rough_echo"})


async def test_a_tool_that_crashed_in_another_worker_is_kept_apart_in_this_one_as_well() -> None:
    placing.allow(ProcessBounds(), Known())
    try:
        await placing.prepare()
        other = await call(rough.rough_async, seconds=0)
        assert (await call(rough.rough_echo, text=""))["pid"] != other
    finally:
        await placing.close()
        placing.allow(None)


async def test_a_tool_that_ends_its_process_costs_no_call_of_another_tool_with_a_process_of_its_own(
    placed: Placing,
) -> None:
    sleeping = asyncio.ensure_future(call(rough.rough_sleep, seconds=1))
    await eventually(rough.noted)
    with pytest.raises(ToolError, match="exit code 1"):
        await call(rough.rough_exit, code=1)
    assert await sleeping


async def test_a_fault_in_c_is_named_with_its_signal_and_its_stack(single: Placing) -> None:
    waiting = asyncio.ensure_future(call(rough.rough_sleep, seconds=60))
    await eventually(rough.noted)
    with pytest.raises(
        ToolError, match=r"(?s)Its tool process ended: SIGSEGV\. Last words: .*rough_fault"
    ):
        await call(rough.rough_fault)
    with pytest.raises(ToolError, match="in a call of rough_fault") as beside:
        await waiting
    assert beside.value.blame is LossBlame.OTHERS


async def test_a_child_that_a_tool_forked_and_that_ended_is_not_taken_for_the_end_of_the_process(
    single: Placing,
) -> None:
    forking = asyncio.ensure_future(call(rough.rough_fork, seconds=60))
    await eventually(rough.noted)
    with pytest.raises(ToolError, match="SIGSEGV"):
        await call(rough.rough_fault)
    with pytest.raises(ToolError, match="in a call of rough_fault"):
        await forking


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


async def test_a_call_whose_lease_may_be_over_is_begun_neither_here_nor_there(
    placed: Placing,
) -> None:
    with fence.standing(lambda: False), pytest.raises(fence.NotMade):
        await call(rough.rough_sleep, seconds=0)
    with fence.standing(lambda: True, lambda: fence.boottime() - 1), pytest.raises(fence.NotMade):
        await call(rough.rough_sleep, seconds=0)
    assert rough.noted() == []
    with fence.standing(lambda: True, lambda: fence.boottime() + PATIENCE):
        assert await call(rough.rough_sleep, seconds=0)


async def test_forty_megabytes_go_both_ways(placed: Placing) -> None:
    text = "é" * 20_000_000
    assert (await call(rough.rough_echo, text=text))["text"] == text


async def test_when_the_server_of_the_processes_is_killed_calls_are_told_and_the_next_one_starts(
    placed: Placing,
) -> None:
    calling = asyncio.ensure_future(call(rough.rough_sleep, seconds=60))
    await eventually(rough.noted)
    pid = next(iter(placed.processes.values())).pid
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    with pytest.raises(ToolError, match="Its tool process ended"):
        await calling
    await eventually(lambda: not alive(pid))
    assert (await call(rough.rough_echo, text=""))["pid"] not in (pid, os.getpid())


async def test_there_are_never_more_processes_than_allowed(placed: Placing) -> None:
    calls = [asyncio.ensure_future(call(rough.rough_sleep, seconds=0.5)) for _ in range(60)]
    pids = set(await asyncio.gather(*calls))
    assert len(pids) <= 3
    assert len(placed.processes) <= 3
