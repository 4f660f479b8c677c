"""The local fence: may this process still act for the run in hand?

Asked at the last line of ours before anything foreign is begun.

What was true when the intent was written may not be true when the call is made: a machine can stand
still for any length of time between two instructions. A refusal is certain knowledge: what was
about to begin has not begun.
"""

import math
from collections.abc import Callable
from contextvars import ContextVar

from console.journal.steady import boottime as boottime

Good = Callable[[], bool]
Until = Callable[[], float]
_good: ContextVar[Good | None] = ContextVar("fence", default=None)
_until: ContextVar[Until | None] = ContextVar("until", default=None)


class NotMade(Exception):
    """The lease may be over, so what was about to be begun was not begun.

    Never a fact about a tool: no result is made of it.
    """


class Standing:
    """What is begun in its block; a generator in its place would cost each call four times as much."""

    __slots__ = ("_good", "_tokens", "_until")

    def __init__(self, good: Good, until: Until | None) -> None:
        self._good, self._until = good, until

    def __enter__(self) -> None:
        self._tokens = _good.set(self._good), _until.set(self._until)

    def __exit__(self, *_raised: object) -> None:
        good, until = self._tokens
        _good.reset(good)
        _until.reset(until)


def standing(good: Good, until: Until | None = None) -> Standing:
    """Whatever is begun in this block, here, in a task or on a thread that takes the context along,
    is begun only while `good()`.

    `until` is the moment of `boottime` up to which that can be relied on, as far as is known when
    it is asked.
    """
    return Standing(good, until)


def stamp() -> float:
    """The moment of `boottime` after which nothing may be begun: for another process of this
    machine, which looks at the same clock.
    """
    until = _until.get()
    return until() if until is not None else math.inf


def ask() -> None:
    """Raises NotMade unless the lease is good.

    Outside of any run (a page that tries a tool out) nothing is asked.
    """
    good = _good.get()
    if good is not None and not good():
        raise NotMade
