"""The runs this process holds, each with a handle by which a pause or a kill reaches it at once, whatever it is doing.

A handle's run lives on the process's loop; `notify` and `halt` may be called from any thread.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from runs.runtime import loop

T = TypeVar("T")


class Killed(Exception):
    """The call in progress was cancelled because a person killed the run, or its lease was lost."""


@dataclass
class Handle:
    """One held run. `news` means that the journal has something new for it; `halted` that its calls must be cancelled."""

    run: UUID
    epoch: int
    news: bool = False
    halted: bool = False
    _calling: "asyncio.Task[Any] | None" = None
    _nap: asyncio.Event = field(default_factory=asyncio.Event)

    def notify(self) -> None:
        """There is something new in the journal: look at it before the next effect."""
        self.news = True
        loop.loop().call_soon_threadsafe(self._nap.set)

    def halt(self) -> None:
        """Cancel the call in progress, and any that is begun afterwards."""
        self.news = self.halted = True
        loop.loop().call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        self._nap.set()
        if self._calling:
            self._calling.cancel()

    async def perform(self, work: Awaitable[T]) -> T:
        """Await `work`; raises Killed when halted before or meanwhile."""
        self._calling = asyncio.current_task()
        try:
            if self.halted:
                asyncio.ensure_future(work).cancel()
                raise Killed
            return await work
        except asyncio.CancelledError:
            if self.halted and self._calling:
                self._calling.uncancel()
                raise Killed from None
            raise
        finally:
            self._calling = None

    async def nap(self, seconds: float) -> None:
        """Sleep, at most until there is news."""
        self._nap.clear()
        if self.news or seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._nap.wait(), seconds)
        except TimeoutError:
            return


_handles: dict[UUID, Handle] = {}


def hold(handle: Handle) -> None:
    _handles[handle.run] = handle


def drop(handle: Handle) -> None:
    if _handles.get(handle.run) is handle:
        del _handles[handle.run]


def held() -> list[Handle]:
    return list(_handles.values())


def find(run: UUID) -> Handle | None:
    return _handles.get(run)
