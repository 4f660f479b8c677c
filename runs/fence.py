"""The local fence: may this process still act for the run in hand?

Asked at the last line of ours before anything foreign is begun.

What was true when the intent was written may not be true when the call is made: a machine can stand
still for any length of time between two instructions. A refusal is certain knowledge: what was
about to begin has not begun.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from console.journal.steady import boottime as boottime

Good = Callable[[], bool]
_good: ContextVar[Good | None] = ContextVar("fence", default=None)
_until: ContextVar[Callable[[], float] | None] = ContextVar("until", default=None)


class NotMade(Exception):
    """The lease may be over, so what was about to be begun was not begun.

    Never a fact about a tool: no result is made of it.
    """


@contextmanager
def standing(good: Good, until: Callable[[], float] | None = None) -> Iterator[None]:
    """Whatever is begun in this block, here, in a task or on a thread that takes the context along,
    is begun only while `good()`.

    `until` is the moment of `boottime` up to which that can be relied on, as far as is known when
    it is asked.
    """
    tokens = _good.set(good), _until.set(until)
    try:
        yield
    finally:
        _good.reset(tokens[0])
        _until.reset(tokens[1])


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
