"""A limit ends what takes too long as asyncio's own does, and gives more time where it is asked
to; on a clock that passes at once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runs.simulation.virtual import VirtualLoop
from runs.toolprocess import time_limit
from runs.toolprocess.time_limit import TimeLimit, limited
from tests.patience import passes

SECONDS = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])


def played(work: Coroutine[Any, Any, Any]) -> tuple[Any, float]:
    """What it gives, or what it raises, and when."""
    loop = VirtualLoop()
    try:
        try:
            found = loop.run_until_complete(work)
        except (TimeoutError, asyncio.CancelledError) as error:
            found = type(error)
        return found, loop.time()
    finally:
        loop.close()


async def ours(limit: float, takes: float) -> str:
    with TimeLimit(limit):
        await passes(takes)
    return "done"


async def theirs(limit: float, takes: float) -> str:
    async with asyncio.timeout(limit):
        await passes(takes)
    return "done"


async def begun(limit: float, takes: float) -> str:
    async def work() -> str:
        await passes(takes)
        return "done"

    return await limited(work, limit)


async def cut_off(work: Coroutine[Any, Any, Any], at: float) -> Any:
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().call_later(at, task.cancel)
    return await task


@given(limit=SECONDS.filter(bool), takes=SECONDS, at=SECONDS)
def test_it_ends_and_is_cancelled_as_the_standard_one_is(
    limit: float, takes: float, at: float
) -> None:
    assert played(ours(limit, takes)) == played(theirs(limit, takes))
    cut = played(cut_off(ours(limit, takes), at)), played(cut_off(theirs(limit, takes), at))
    assert cut[0] == cut[1]


@given(limit=SECONDS.filter(bool), takes=SECONDS, at=SECONDS)
def test_work_that_has_its_limit_from_its_first_wait_on_ends_at_the_same_time(
    limit: float, takes: float, at: float
) -> None:
    assume(len({limit, takes, at}) == 3)  # what happens at one moment happens in any order
    assert played(begun(limit, takes)) == played(theirs(limit, takes))
    assert played(cut_off(begun(limit, takes), at)) == played(cut_off(theirs(limit, takes), at))


@given(outer=SECONDS.filter(bool), inner=SECONDS.filter(bool), takes=SECONDS)
def test_of_two_the_sooner_one_ends_the_work_and_each_speaks_for_itself(
    outer: float, inner: float, takes: float
) -> None:
    async def nested() -> list[str]:
        said = []
        try:
            with TimeLimit(outer):
                try:
                    with TimeLimit(inner):
                        await passes(takes)
                except TimeoutError:
                    said.append("inner")
        except TimeoutError:
            said.append("outer")
        return said

    said, at = played(nested())
    assert at == min(outer, inner, takes)
    if takes < min(outer, inner):
        assert said == []
    elif inner != outer and min(outer, inner) < takes:
        assert said == (["inner"] if inner < outer else ["outer"])


def test_a_task_that_was_ended_by_its_limit_goes_on_afterwards() -> None:
    async def going_on() -> int:
        with pytest.raises(TimeoutError):
            await ours(1, 5)
        await passes(1)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert played(going_on()) == (0, 2)


def test_how_the_work_was_ended_is_the_cause_of_the_timeout() -> None:
    async def ended() -> Any:
        with TimeLimit(1):
            try:
                await passes(5)
            except asyncio.CancelledError:
                raise asyncio.CancelledError("its process was killed") from None

    async def told() -> Any:
        with pytest.raises(TimeoutError) as late:
            await ended()
        cause = late.value.__cause__
        assert isinstance(cause, asyncio.CancelledError)
        return cause.args

    assert played(told()) == (("its process was killed",), 1)


def test_what_has_to_wait_before_it_can_begin_has_its_whole_time() -> None:
    async def late() -> None:
        await passes(0.5)
        await time_limit.uncounted(partial(passes, 20))
        await passes(0.25)

    async def too_late() -> None:
        await late()
        await passes(0.5)

    assert played(limited(late, 1)) == (None, 20.75)
    assert played(limited(too_late, 1)) == (TimeoutError, 21)


def test_the_wait_may_be_the_first_thing_in_a_limit() -> None:
    async def at_first() -> None:
        await time_limit.uncounted(partial(passes, 20))

    assert played(limited(at_first, 1)) == (None, 20)


def test_the_innermost_limit_is_the_one_that_stands_still() -> None:
    async def nested() -> None:
        with TimeLimit(3), TimeLimit(1):
            await time_limit.uncounted(partial(passes, 9))

    assert played(nested()) == (TimeoutError, 3)


def test_a_wait_after_the_end_changes_nothing() -> None:
    async def over() -> None:
        with TimeLimit(1):
            try:
                await passes(5)
            except asyncio.CancelledError:
                await time_limit.uncounted(partial(passes, 10))
                raise

    assert played(over()) == (TimeoutError, 11)


def test_nothing_stands_still_outside_of_a_limit() -> None:
    async def outside() -> str:
        with TimeLimit(1):
            pass
        await time_limit.uncounted(partial(passes, 5))
        return "nothing"

    assert played(outside()) == ("nothing", 5)


def test_a_wait_that_is_cancelled_or_fails_lets_the_limit_go_on() -> None:
    async def failing() -> None:
        raise ValueError("it cannot begin")

    async def after() -> None:
        with TimeLimit(1):
            with pytest.raises(ValueError, match="cannot begin"):
                await time_limit.uncounted(failing)
            await passes(5)

    assert played(after()) == (TimeoutError, 1)
    assert played(cut_off(time_limit.uncounted(partial(passes, 9)), 2)) == (
        asyncio.CancelledError,
        2,
    )


def test_an_error_of_the_work_is_its_own() -> None:
    async def failing() -> str:
        with pytest.raises(ValueError, match="its own"), TimeLimit(1):
            raise ValueError("its own")
        await passes(5)
        return "went on"

    assert played(failing()) == ("went on", 5)


def test_work_that_waits_for_nothing_takes_no_timer() -> None:
    async def counted() -> list[int]:
        loop = asyncio.get_running_loop()
        timers: list[int] = []
        late = loop.call_later

        def noted(delay: float, *what: Any, **how: Any) -> asyncio.TimerHandle:
            timers.append(int(delay))
            return late(delay, *what, **how)

        loop.call_later = noted  # type: ignore[method-assign, assignment]
        assert await limited(at_once, 600) == "done"
        assert timers == []
        assert await begun(700, 1) == "done"
        return sorted(timers)

    async def at_once() -> str:
        return "done"

    assert played(counted()) == ([1, 700], 1)


def test_what_the_work_raises_and_does_with_its_end_is_its_own() -> None:
    async def stubborn(said: list[str]) -> str:
        for _ in range(2):
            try:
                await passes(5)
            except asyncio.CancelledError as end:
                said.append(str(end))
        return "ended by itself"

    async def twice() -> tuple[Any, list[str]]:
        said: list[str] = []
        task = asyncio.ensure_future(_awaited(partial(stubborn, said)))
        loop = asyncio.get_running_loop()
        loop.call_later(1, task.cancel, "first")
        loop.call_later(2, task.cancel, "second")
        return await task, said

    assert played(twice()) == (("ended by itself", ["first", "second"]), 2)


@pytest.mark.parametrize("waits", [0.0, 1.0])
def test_an_error_of_the_work_passes_through_its_limit(waits: float) -> None:
    async def failing() -> None:
        if waits:
            await passes(waits)
        raise ValueError("its own")

    async def told() -> str:
        with pytest.raises(ValueError, match="its own"):
            await limited(failing, 9)
        return "told"

    assert played(told()) == ("told", waits)


def test_work_that_is_dropped_while_it_waits_is_closed() -> None:
    closed: list[bool] = []

    async def waiting() -> None:
        try:
            await passes(5)
        finally:
            closed.append(True)

    async def dropped() -> None:
        work = _awaited(waiting)
        work.send(None)
        work.close()

    assert played(dropped()) == (None, 0)
    assert closed == [True]


async def _awaited(begin: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return await limited(begin, 600)
