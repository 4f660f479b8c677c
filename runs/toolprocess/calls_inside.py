"""The calls that are in a tool process, and which of them a call that has to be ended there waits
for.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from console.json_value import Json
from runs.engine.call_progress import ProgressListener

Word = TypeVar("Word")


@dataclass(eq=False, slots=True)
class InFlight:
    """A call in the process. `repeatable`: no harm is done when it is broken off and made again.
    `progress` is told how far it is. `heard`: the process attended to the message that it shall
    end.

    `over` once it has ended; `ended` is there while somebody waits for that.
    """

    number: int
    tool: str
    answer: "asyncio.Future[Json]"
    since: float
    repeatable: bool = False
    progress: ProgressListener | None = None
    heard: bool = False
    over: bool = False
    ended: asyncio.Event | None = None

    def end(self) -> None:
        self.over = True
        if self.ended is not None:
            self.ended.set()


def harmed(call: InFlight, beside: Iterable[InFlight]) -> bool:
    """Whether ending the process for this call, now, leaves another in doubt: one that cannot
    simply be made again and is not to end as well.
    """
    if call.over or not call.heard:
        return False
    return any(not each.repeatable and each.ended is None for each in beside if each is not call)


async def surely(work: Coroutine[Any, Any, Word]) -> Word:
    """The work's result, however often its waiting is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()


async def within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, at most so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def settle(answer: "asyncio.Future[Json]", value: Json) -> None:
    if not answer.done():
        answer.set_result(value)


def fail(answer: "asyncio.Future[Json]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
