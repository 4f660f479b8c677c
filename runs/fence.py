"""The local fence: may this process still act for the run in hand?

Asked at the last line of ours before anything foreign is begun.

What was true when the intent was written may not be true when the call is made: a machine can stand
still for any length of time between two instructions. A refusal is certain knowledge: what was
about to begin has not begun.

The database's fence, the epoch in every append, keeps a worker that lost its run from writing. It
cannot keep it from acting: between the commit of an intent and the call nothing of the database is
asked. So this one is asked there, of the machine's own clock, which goes on while the machine
sleeps. Asked earlier, the freeze could come after it; asked of the database, the answer could
be as old as the freeze. It is good until a margin before the lease's end, so that what is begun
at the last moment has begun while nobody else could have the run.

What was under way already when the machine stood still cannot be fenced here. The guardian ends the
worker before another has the run, where the guardian still runs; what comes back all the same is
written down as late, and the epoch handed to tools lets the far side refuse it.
"""

import math
from collections.abc import Callable
from contextvars import ContextVar

from console.journal.monotonic_clock import boottime as boottime

Good = Callable[[], bool]
Until = Callable[[], float]
_good: ContextVar[Good | None] = ContextVar("fence", default=None)
_until: ContextVar[Until | None] = ContextVar("until", default=None)


class NotMade(Exception):
    """The lease may be over, so what was about to begin was not begun. It tells nothing about the
    tool, and no result is made of it.
    """


class WhileStanding:
    """A context manager for `standing`, written as a class since a generator would cost each call
    four times as much.
    """

    __slots__ = ("_good", "_tokens", "_until")

    def __init__(self, good: Good, until: Until | None) -> None:
        self._good, self._until = good, until

    def __enter__(self) -> None:
        self._tokens = _good.set(self._good), _until.set(self._until)

    def __exit__(self, *_raised: object) -> None:
        good, until = self._tokens
        _good.reset(good)
        _until.reset(until)


def standing(good: Good, until: Until | None = None) -> WhileStanding:
    """Whatever is begun in this block, here, in a task or on a thread that takes the context along,
    is begun only while `good()`.

    `until` is the moment of `boottime` up to which that can be relied on, as far as is known when
    it is asked.
    """
    return WhileStanding(good, until)


def stamp() -> float:
    """The moment of `boottime` after which nothing may be begun, for another process of this
    machine, which has the same clock.
    """
    until = _until.get()
    return until() if until is not None else math.inf


def ask() -> None:
    """Raises NotMade unless the lease is good. Outside of any run, as on a page that tries a tool,
    nothing is checked.
    """
    good = _good.get()
    if good is not None and not good():
        raise NotMade
