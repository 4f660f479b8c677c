"""The slots of one worker: what is kept free for whom, and who asks for the next run. Knows no
database.

Batch takes three quarters of a worker's slots at most and one principal seven eighths, so that
a person's run finds a free slot behind any number of others.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from runs.engine.vocabulary import Priority

Next = TypeVar("Next")
FEWEST = 4
"""A worker with fewer slots keeps none free."""
SHARE = 8


def kept_free(slots: int) -> int:
    """How many slots no principal takes alone; batch leaves free as many again."""
    return slots // SHARE or 1 if slots >= FEWEST else 0


def slots_for(runs: int) -> int:
    """How many slots a worker needs to have so many runs of one principal at work."""
    return runs + runs // (SHARE - 1) + 1


class SlotRoom:
    """What the runs in a worker's slots leave free. `slots` is None where nobody has said how many
    there are; then there is room for all. `taken`: how many runs have entered so far.
    """

    def __init__(self, slots: int | None = None) -> None:
        self.slots = slots
        self._lock = threading.Lock()
        self.taken = 0
        self._batch = 0
        self._principals: Counter[int] = Counter()

    def has(self, priority: Priority, principal: int) -> bool:
        if self.slots is None:
            return True
        free = kept_free(self.slots)
        with self._lock:
            if priority is Priority.BATCH and self._batch >= max(self.slots - 2 * free, 1):
                return False
            return self._principals[principal] < self.slots - free

    def enter(self, priority: Priority, principal: int) -> None:
        with self._lock:
            self.taken += 1
            self._batch += priority is Priority.BATCH
            self._principals[principal] += 1

    def leave(self, priority: Priority, principal: int) -> None:
        with self._lock:
            self._batch -= priority is Priority.BATCH
            self._principals[principal] -= 1
            if not self._principals[principal]:
                del self._principals[principal]


class TurnTaking:
    """Lets the threads of a process look for the next run one after the other.

    One that came before a look began which found nothing takes that for its answer: a hundred
    messages at once are not a hundred questions to the database.
    """

    def __init__(self) -> None:
        self._lock, self._tick = threading.Lock(), itertools.count()
        self._nothing = -1

    def ask(self, look: Callable[[], Next | None]) -> Next | None:
        came = next(self._tick)
        with self._lock:
            if self._nothing > came:
                return None
            began = next(self._tick)
            found = look()
            if found is None:
                self._nothing = began
            return found
