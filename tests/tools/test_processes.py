"""Tools in processes of their own: what they do there costs their call and at most its neighbours,
never the worker.
"""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from runs import fence
from runs.engine import call_progress
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened
from runs.engine.vocabulary import Effect, LossBlame, Verdict
from runs.toolprocess import forks, placing
from runs.toolprocess.endings import ProcessEnding
from runs.toolprocess.placing import Placing, ProcessBounds
from runs.toolprocess.process import ToolProcess
from runs.toolprocess.time_limit import limited
from runs.tools.local import LocalTool
from runs.tools.placed import PlacedTool
from runs.tools.registry import tool
from tests.patience import PATIENCE, eventually
from tests.tools import rough_tools as rough
from tests.tools.calling import context
from tests.tools.placed_calls import alive, call


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


async def test_the_start_of_the_tool_processes_takes_nothing_of_the_time_of_a_call() -> None:
    placing.allow(ProcessBounds())
    try:
        tool, asked = PlacedTool(rough.rough_async), context()
        calls = [limited(partial(tool.call, {"seconds": 0}, asked), 1.0) for _ in range(3)]
        assert len(set(await asyncio.gather(*calls))) == 1
    finally:
        await placing.close()
        placing.allow(None)


async def test_a_process_that_stands_still_as_it_begins_is_given_up_and_the_next_one_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[int] = []

    async def stands_still(process: ToolProcess) -> None:
        begun.append(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        await attends(process)

    placing.allow(ProcessBounds())
    try:
        tool, asked, attends = PlacedTool(rough.rough_async), context(), ToolProcess.ready
        with monkeypatch.context() as patch:
            patch.setattr(forks, "BEGINS", 0.5)
            patch.setattr(ToolProcess, "ready", stands_still)
            with pytest.raises(ToolError, match="no tool process could be begun in time") as gone:
                await limited(partial(tool.call, {"seconds": 0}, asked), 0.1)
        assert gone.value.answered
        assert await limited(partial(tool.call, {"seconds": 0}, asked), 5.0) not in begun
        await eventually(lambda: not alive(begun[0]))
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
