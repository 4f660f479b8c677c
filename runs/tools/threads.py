"""A bounded pool for tools that are plain functions: a slow one never blocks the loop, an abandoned
one never blocks the pool or the exit.

Threads are daemons. A call that is cancelled while it runs is abandoned: its thread is given up,
another takes its place, up to a bound.
"""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import connections

from runs import fence
from runs.engine.engine_errors import ToolError
from runs.toolprocess import call_marks

ThreadResult = TypeVar("ThreadResult")
IDLE_SECONDS = 30.0


class Job:
    """One call in the pool; its three flags change under the pool's lock only."""

    def __init__(self, work: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.context = contextvars.copy_context()
        self.started = self.finished = self.abandoned = False


class ThreadPool:
    """At most `limit` threads at work and `lost` abandoned ones beside them."""

    def __init__(self, limit: int = 32, lost: int = 128) -> None:
        self._limit, self._most_lost = limit, lost
        self._condition = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._busy = self._idle = self._lost = 0

    async def run(
        self, function: Callable[..., ThreadResult], *args: object, **kwargs: object
    ) -> ThreadResult:
        """The function's result, computed on a thread; cancelling gives the thread up."""
        job = Job(partial(function, *args, **kwargs), asyncio.get_running_loop())
        self._submit(job)
        try:
            result: ThreadResult = await job.future
        except asyncio.CancelledError:
            self._abandon(job)
            raise
        return result

    def _submit(self, job: Job) -> None:
        with self._condition:
            if self._lost >= self._most_lost:
                raise ToolError(
                    f"{self._lost} cut-off tool calls still hold their threads; this worker takes"
                    " no more"
                )
            self._waiting.append(job)
            # An idle thread that was notified stays counted until it wakes, so compare with what
            # waits, not with zero.
            if len(self._waiting) <= self._idle:
                self._condition.notify()
            elif self._busy + self._idle < self._limit:
                self._start()

    def _start(self) -> None:
        self._busy += 1
        threading.Thread(target=self._serve, name="tool", daemon=True).start()

    def _abandon(self, job: Job) -> None:
        with self._condition:
            if not job.started:
                self._waiting.remove(job)
            if not job.started or job.finished:
                return
            job.abandoned = True
            self._busy -= 1
            self._lost += 1
            if self._waiting:
                self._start()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            self._perform(job)
            if self._given_up(job):
                return

    def _next(self) -> Job | None:
        with self._condition:
            while not self._waiting:
                self._busy, self._idle = self._busy - 1, self._idle + 1
                woken = self._condition.wait(IDLE_SECONDS)
                self._idle -= 1
                if not woken and not self._waiting:
                    return None
                self._busy += 1
            job = self._waiting.popleft()
            job.started = True
            return job

    def _given_up(self, job: Job) -> bool:
        with self._condition:
            job.finished = True
            self._lost -= job.abandoned
            return job.abandoned

    def _perform(self, job: Job) -> None:
        try:
            outcome = partial(_settle, job.future, result=job.context.run(_begun, job.work))
        except BaseException as error:  # noqa: BLE001
            # whatever a tool raises belongs to its caller, not to this thread
            outcome = partial(_settle, job.future, error=error)
        finally:
            give_connections_back()
        try:
            job.loop.call_soon_threadsafe(outcome)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody is left to be told


def _begun(work: Callable[[], Any]) -> Any:
    """The job may have waited in the queue, or its thread for the processor: the lease is looked at
    last of all.
    """
    fence.ask()
    with call_marks.working():
        return work()


def _settle(
    future: asyncio.Future[Any], result: object = None, error: BaseException | None = None
) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:  # a future refuses StopIteration, which would end the generator that awaits it
        future.set_exception(
            RuntimeError("the tool raised StopIteration")
            if isinstance(error, StopIteration)
            else error
        )


def give_connections_back() -> None:
    """Give back the database connections of this thread: hundreds of runs share a few."""
    for connection in connections.all(initialized_only=True):
        connection.close()


POOL = ThreadPool()
