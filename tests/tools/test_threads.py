"""The pool for plain functions: bounded, and never held up by a call that was given up."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from runs.engine.engine_errors import ToolError
from runs.tools.threads import ThreadPool
from tests.patience import PATIENCE, turn


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def until(condition: threading.Event) -> None:
    assert await asyncio.to_thread(condition.wait, PATIENCE)


async def test_a_function_gives_its_result_and_its_exception() -> None:
    pool = ThreadPool()

    def fails() -> None:
        raise KeyError("x")

    assert await pool.run(lambda number: number * 2, 4) == 8
    with pytest.raises(KeyError):
        await pool.run(fails)


async def test_a_function_that_raises_stop_iteration_is_an_error_too() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await ThreadPool().run(next, iter([]))


async def test_no_more_run_at_once_than_allowed_and_none_is_forgotten() -> None:
    pool, lock, now, most = ThreadPool(limit=3), threading.Lock(), 0, 0
    together = threading.Barrier(3)

    def work(number: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait(PATIENCE)
        with lock:
            now -= 1
        return number

    assert await asyncio.gather(*(pool.run(work, number) for number in range(60))) == list(
        range(60)
    )
    assert most == 3


async def test_a_blocked_function_does_not_block_the_loop(gate: threading.Event) -> None:
    waiting = asyncio.ensure_future(ThreadPool(limit=1).run(gate.wait, PATIENCE))
    started = time.monotonic()
    await turn()
    assert time.monotonic() - started < PATIENCE / 2
    gate.set()
    assert await waiting


async def test_a_call_that_is_given_up_frees_its_place_at_once(gate: threading.Event) -> None:
    pool, begun = ThreadPool(limit=1), threading.Event()

    def stuck() -> None:
        begun.set()
        gate.wait(PATIENCE)

    hanging = asyncio.ensure_future(pool.run(stuck))
    await until(begun)
    queued = asyncio.ensure_future(pool.run(lambda: "free"))
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert await asyncio.wait_for(queued, PATIENCE) == "free"


async def test_a_call_given_up_before_it_began_never_begins(gate: threading.Event) -> None:
    pool, begun = ThreadPool(limit=1), threading.Event()
    ran: list[int] = []

    def stuck() -> None:
        begun.set()
        gate.wait(PATIENCE)

    hanging = asyncio.ensure_future(pool.run(stuck))
    await until(begun)
    second = asyncio.ensure_future(pool.run(ran.append, 1))
    await turn()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    await hanging
    assert await pool.run(lambda: "next") == "next"
    assert not ran


async def test_when_too_many_calls_hang_the_next_is_refused_and_they_are_counted_down_when_they_end(
    gate: threading.Event,
) -> None:
    pool = ThreadPool(limit=2, lost=2)
    ended = threading.Semaphore(0)

    def stuck(begun: threading.Event) -> None:
        begun.set()
        gate.wait(PATIENCE)
        ended.release()

    for _ in range(2):
        begun = threading.Event()
        hanging = asyncio.ensure_future(pool.run(stuck, begun))
        await until(begun)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
    with pytest.raises(ToolError, match="2 cut-off tool calls"):
        await pool.run(lambda: None)
    gate.set()
    for _ in range(2):
        assert await asyncio.to_thread(ended.acquire, True, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                assert await pool.run(lambda: "back") == "back"
                break
            except ToolError:
                await turn()
