"""The runs that this process holds, each with a handle by which a pause or a kill reaches it at
once, whatever it is doing.

A handle's run lives on the process's loop; `notify` and `halt` may be called from any thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from runs import fence
from runs.runtime import lease, loop

T = TypeVar("T")


class Killed(Exception):
    """The work in progress was cancelled: a person killed the run, its lease was lost, or the
    process ends.
    """


class NotBegun(Killed):
    """The work was cancelled before any of it was done."""


class Fragility(NamedTuple):
    """What may break a piece of work off. `harmless`: the end of the process may, since that does
    no harm. `cleaning`: a kill may not, since the work cleans up after one.
    """

    harmless: bool
    cleaning: bool


@dataclass
class Handle:
    """One held run.

    `news`: the journal has something new for it. `halted`: its calls must be cancelled. `lost`: the
    lease is another worker's, so its undos are cancelled as well. `drained`: the process ends, so
    work that can be broken off without harm is. `leaving`: the lease is being given back with the
    last event, so its end is not reported. `good_until`, on `clock`: when the lease may end;
    nothing outside is begun after it.
    """

    run: UUID
    epoch: int
    news: bool = False
    halted: bool = False
    lost: bool = False
    drained: bool = False
    leaving: bool = False
    good_until: float = 0.0
    clock: Callable[[], float] = fence.boottime
    soon: Callable[[Callable[[], None]], object] = lambda what: loop.loop().call_soon_threadsafe(
        what
    )
    _performing: "dict[asyncio.Task[Any], Fragility]" = field(default_factory=dict)
    _sleep: asyncio.Event = field(default_factory=asyncio.Event)

    def notify(self) -> None:
        """Make the run look at the journal before its next action."""
        self.news = True
        self.soon(self._sleep.set)

    def halt(self) -> None:
        """Cancel the call in progress and any that is begun later, except work that cleans up after
        a kill.
        """
        self.news = self.halted = True
        self.soon(self._cancel)

    def lose(self) -> None:
        """Cancel whatever is in progress and begin nothing more: the lease is another worker's."""
        self.lost = True
        self.halt()

    def renewed(self, sent: float) -> None:
        """Extend the lease, which a statement sent at `sent` (by `clock`) acquired or renewed. An
        answer that comes late never shortens it.
        """
        self.good_until = max(self.good_until, sent + lease.TTL - lease.MARGIN)

    def good(self) -> bool:
        """Whether the lease can be relied on now."""
        return not self.lost and self.clock() < self.good_until

    def drain(self) -> None:
        """Break off a back-off or a question to the planner. A tool's call goes on, since it may be
        changing something.
        """
        self.drained = True
        self.soon(self._cancel)

    def _cancel(self) -> None:
        self._sleep.set()
        for task, sort in self._performing.items():
            if self._broken_off(sort):
                task.cancel()

    def _broken_off(self, sort: Fragility) -> bool:
        return self.lost or (self.halted and not sort.cleaning) or (self.drained and sort.harmless)

    def unhindered(self) -> bool:
        """Whether a call may begin at once: nobody wants anything of the run, and its lease is
        good.
        """
        return self.good() and not (self.news or self.halted or self.drained or self.leaving)

    async def perform(
        self,
        work: Awaitable[T],
        *,
        harmless: bool = False,
        cleaning: bool = False,
        going: bool = False,
    ) -> T:
        """Await `work` in the caller's task; several tasks may do so at the same time.

        What is `going` already, outside, is awaited in any case, and cancelled if it has to be.

        Raises Killed when the run is halted before or meanwhile, unless the work is `cleaning` up
        after a kill, or when the process drains and the work is `harmless`. Raises NotMade when the
        work, or what it was about to begin, was not begun because the lease may be over.
        """
        task, sort = asyncio.current_task(), Fragility(harmless, cleaning)
        assert task is not None
        self._performing[task] = sort
        try:
            if going:
                if self._broken_off(sort):
                    self.soon(self._cancel)
            elif not self.good() or self._broken_off(sort):
                asyncio.ensure_future(work).cancel()
                raise fence.NotMade if not self.good() else NotBegun
            with fence.standing(self.good, lambda: self.good_until):
                return await work
        except asyncio.CancelledError:
            if self._broken_off(sort):
                task.uncancel()
                raise Killed from None
            raise
        finally:
            del self._performing[task]

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds, or until there is news."""
        self._sleep.clear()
        if self.news or seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._sleep.wait(), seconds)
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


def alone() -> bool:
    """Whether this process holds no more than one run, which then need not share the loop."""
    return len(_handles) <= 1


def find(run: UUID) -> Handle | None:
    return _handles.get(run)
