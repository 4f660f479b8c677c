"""The calls of one run that are being made this moment: a task each, so that whichever is back
first is heard first.

Knows nothing of what is in flight by the journal; what it holds ends with the worker.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from policies.verdicts import Meaning
from runs.engine.ports import Returned
from runs.engine.state import Flight


@dataclass(frozen=True, slots=True)
class Back:
    """A call that came back, and what that means. Not `begun`: there was no such tool to call.

    `lost` says that the lease ended before its tool could be asked what it means.
    """

    flight: Flight
    returned: Returned
    meaning: Meaning
    begun: bool = True
    lost: Exception | None = None


@dataclass
class UnderWay:
    """Falsy when nothing is. `making` begins a call and gives what came back."""

    tasks: dict[str, asyncio.Task[Back]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tasks)

    def __contains__(self, call: str) -> bool:
        return call in self.tasks

    def begin(self, call: str, making: Coroutine[Any, Any, Back]) -> None:
        self.tasks[call] = asyncio.create_task(making)

    async def first(self, seconds: float | None = None) -> list[Back]:
        """What is back first, in the order in which it was begun; nothing when that takes longer
        than so many seconds. Raises what making one of them raised; what else is back is kept then.
        """
        await asyncio.wait(
            self.tasks.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        done = {call: task for call, task in self.tasks.items() if task.done()}
        found = [task.result() for task in done.values()]
        for call in done:
            del self.tasks[call]
        return found

    async def broken_off(self) -> list[Back]:
        """Cancel all; those that were back already, or that came back in being cancelled."""
        tasks, self.tasks = list(self.tasks.values()), {}
        for task in tasks:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [each for each in found if isinstance(each, Back)]
