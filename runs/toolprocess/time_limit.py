"""The time that something foreign has, without that in which it could not begin yet."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextvars import ContextVar
from functools import partial
from types import TracebackType, coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class TimeLimit:
    """A block that ends by TimeoutError once its seconds are over, as that of `asyncio.timeout`
    does; what is called in it can find it. Every call and every question to a planner has one, so
    it is entered without a coroutine.
    """

    __slots__ = ("_before", "_handle", "_left", "_over", "_seconds", "_task", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds, self._over = seconds, False

    def __enter__(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None, "only what runs in a task can be ended"
        self._task, self._before = task, task.cancelling()
        self._handle = loop.call_later(self._seconds, self._end)
        self._token = _current.set(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _current.reset(self._token)
        self._handle.cancel()
        if self._over and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _end(self) -> None:
        self._over = True
        self._task.cancel()

    def stop(self) -> None:
        """The seconds stand still until `go_on`."""
        self._left = self._handle.when() - asyncio.get_running_loop().time()
        self._handle.cancel()

    def go_on(self) -> None:
        if not self._over:
            self._handle = asyncio.get_running_loop().call_later(self._left, self._end)


_current: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


async def uncounted(begin: Callable[[], Awaitable[T]]) -> T:
    """What is begun; meanwhile the innermost limit around the caller stands still. For what a call
    has to wait for before it can be made, however long that takes.
    """
    await asyncio.sleep(0)  # a limit may begin with the first wait in it
    if (limit := _current.get()) is None:
        return await begin()
    limit.stop()
    try:
        return await begin()
    finally:
        limit.go_on()


@coroutine
def limited(begin: Callable[[], Awaitable[T]], seconds: float) -> Generator[Any, Any, T]:
    """What is begun, ended by TimeoutError after so many seconds.

    The limit begins once the work waits for the loop, and nothing but the loop could end it before.
    Most calls are over by then, and a timer would cost them as much as all else that is done here.
    """
    work = begin().__await__()
    try:
        waited = next(work)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # an iterator's value has no type here
    with TimeLimit(seconds):
        return (yield from _resumed(work, waited))


def _resumed(work: Generator[Any, Any, T], waited: Any) -> Generator[Any, Any, T]:
    """Delegates as `yield from` does, to what waits for something already."""
    while True:
        try:
            given = yield waited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:  # noqa: BLE001
            # it belongs to the work, a cancellation too
            go_on: Callable[[], Any] = partial(work.throw, error)
        else:
            go_on = partial(work.send, given)
        try:
            waited = go_on()
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
