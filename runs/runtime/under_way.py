"""The calls of one run that are being made at this moment, a task each, so that whichever is back
first is handled first.

It knows nothing of what is in flight by the journal, and ends with the worker.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from policies.verdicts import Meaning
from runs.engine.kept_calls import Flight
from runs.engine.ports import Returned


@dataclass(frozen=True, slots=True)
class Back:
    """A call that came back, and what its result means. Not `begun`: there was no such tool to
    call.

    `lost`: the lease ended before the tool could be asked what the result means.
    """

    flight: Flight
    returned: Returned
    meaning: Meaning
    begun: bool = True
    lost: Exception | None = None


@dataclass
class UnderWay:
    """The tasks of the calls by name; falsy when there is none."""

    tasks: dict[str, asyncio.Task[Back]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tasks)

    def __contains__(self, call: str) -> bool:
        return call in self.tasks

    def begin(self, call: str, making: Coroutine[Any, Any, Back]) -> None:
        self.tasks[call] = asyncio.create_task(making)

    async def first(self, seconds: float | None = None) -> list[Back]:
        """The calls that are back first, in the order in which they were begun; none when that
        takes longer than `seconds`.

        Raises what making one of them raised; what else is back is kept for later.
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
        """Cancel all calls; gives those that were back already, or that came back while they were
        cancelled.
        """
        tasks, self.tasks = list(self.tasks.values()), {}
        for task in tasks:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [each for each in found if isinstance(each, Back)]
