"""An event loop whose time passes at once: it sleeps by moving its own clock.

The same coroutines in the same order, each time.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

MOST_LOOKS = 20_000
"""How often a world looks at its clock without a moment passing, many times over: whoever looks
more often goes round in a circle.
"""


class Stalled(Exception):
    """Everything waits, and nothing will ever happen."""


class Spinning(BaseException):
    """Something goes round and round without a moment passing; nobody catches it."""


class Skipping(selectors.SelectSelector):
    """A selector that moves the loop's clock on to the next timer, where the real one would sleep
    until then.
    """

    owner: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.owner.looks > MOST_LOOKS:
            self.owner.looks = 0
            raise Spinning
        if timeout is None:
            raise Stalled
        if timeout > 0:
            self.owner.passed += timeout
            self.owner.looks = 0
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`passed` is seconds since its start, `looks` how often it was asked since they last moved.

    What is handed to a thread is done here and now, so that the order is always the same.
    """

    def __init__(self) -> None:
        self.passed, self.looks = 0.0, 0
        skipping = Skipping()
        skipping.owner = self
        super().__init__(skipping)

    def time(self) -> float:
        self.looks += 1
        if self.looks == MOST_LOOKS + 1:
            raise Spinning
        return self.passed

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  it is handed on
            done.set_exception(error)
        return done
