"""Waiting in tests: for a condition, never for a time; generously, for the machine may be busy; and
never for ever.
"""

import asyncio
import threading
from collections.abc import Callable
from inspect import isawaitable
from time import monotonic
from typing import TypeVar

from runs.simulation.virtual import VirtualLoop

Found = TypeVar("Found")
PATIENCE = 60.0
LOOK = 0.02
STOOD_STILL = 5.0
"""Seconds between two looks beyond which this very process, or the machine, stood still."""


class LastingPatience:
    """So many seconds of looking. Time in which nobody could look, since everything stood still,
    is not counted: what is waited for stood still as well.
    """

    def __init__(self, seconds: float) -> None:
        self._left, self._at = seconds, monotonic()

    def left(self) -> bool:
        now = monotonic()
        self._left, self._at = self._left - min(now - self._at, STOOD_STILL), now
        return self._left > 0


def until(met: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """What `met` gives once it gives something; fails saying `what` never came."""
    pause, patience = threading.Event(), LastingPatience(seconds)
    while not (found := met()):
        assert patience.left(), f"waited {seconds:g} s in vain: {what}"
        pause.wait(LOOK)
    return found


async def eventually(
    met: Callable[[], object], what: str = "", seconds: float = PATIENCE
) -> object:
    """`until` on an event loop, which goes on meanwhile; `met` may have to be awaited."""
    patience = LastingPatience(seconds)
    while not (found := await given if isawaitable(given := met()) else given):
        assert patience.left(), f"waited {seconds:g} s in vain: {what}"
        await asyncio.sleep(LOOK)
    return found


async def forever() -> None:
    """What a call does that never comes back by itself."""
    await asyncio.Event().wait()


async def turn() -> None:
    """The event loop goes round once: what was begun has begun."""
    await asyncio.sleep(0)


async def passes(seconds: float) -> None:
    """Virtual time goes by, at once: nothing is waited for on a loop with the machine's clock."""
    assert isinstance(asyncio.get_running_loop(), VirtualLoop), "wait for a condition instead"
    await asyncio.sleep(seconds)


def ended(*threads: threading.Thread, seconds: float = PATIENCE) -> None:
    """Returns when all threads have ended."""
    deadline = monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()))
        assert not thread.is_alive(), f"waited {seconds:g} s in vain for the end of {thread.name}"


class Deadline:
    """One patience for many steps: what is left of it, and a sentence when nothing is."""

    def __init__(self, what: str, seconds: float = PATIENCE) -> None:
        self._what = what
        self._seconds = seconds
        self._at = monotonic() + seconds

    def left(self) -> float:
        remaining = self._at - monotonic()
        assert remaining > 0, f"waited {self._seconds:g} s in vain: {self._what}"
        return remaining
