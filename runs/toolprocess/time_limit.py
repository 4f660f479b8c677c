"""The time that something foreign has, and more of it where it could not begin at once."""

import asyncio
from contextvars import ContextVar
from types import TracebackType


class TimeLimit:
    """Its block ends by TimeoutError once its seconds are over, as that of `asyncio.timeout` does;
    what is called in it can find it.

    Every call and every question to a planner has one, so it is entered without a coroutine.
    """

    __slots__ = ("_before", "_handle", "_over", "_seconds", "_task", "_token")

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

    def more(self, seconds: float) -> None:
        """The block ends so much later, unless its time is over."""
        if not self._over:
            self._handle.cancel()
            loop = asyncio.get_running_loop()
            self._handle = loop.call_at(self._handle.when() + seconds, self._end)


_current: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


def more(seconds: float) -> None:
    """The innermost limit around the caller gives it so much more; nothing where there is none."""
    if (limit := _current.get()) is not None:
        limit.more(seconds)
