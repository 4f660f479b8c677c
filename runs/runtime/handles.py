"""The runs this process holds, each with a handle by which a pause or a kill reaches it at once, whatever it is doing."""

import concurrent.futures
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from runs.runtime import loop

T = TypeVar("T")


class Killed(Exception):
    """The call in progress was cancelled because a person killed the run, or the lease was lost."""


@dataclass
class Handle:
    """One held run. `attention` is set when the journal has news for it; `halted` when its calls must be cancelled."""

    run: UUID
    epoch: int
    attention: threading.Event = field(default_factory=threading.Event)
    halted: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _future: concurrent.futures.Future[Any] | None = None

    def notify(self) -> None:
        """There is something new in the journal: look at it before the next effect."""
        self.attention.set()

    def halt(self) -> None:
        """Cancel the call in progress, and any that is begun afterwards."""
        with self._lock:
            self.halted = True
            future = self._future
        self.attention.set()
        if future:
            future.cancel()

    def perform(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` on the loop; raises Killed when halted before or meanwhile."""
        with self._lock:
            if self.halted:
                work.close()
                raise Killed
            self._future = future = loop.submit(work)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise Killed from None
        finally:
            with self._lock:
                self._future = None


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
