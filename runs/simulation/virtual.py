"""An event loop whose time passes at once: it sleeps by moving its own clock.

The same coroutines in the same order, each time.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class Stalled(Exception):
    """Everything waits, and nothing will ever happen."""


class Skipping(selectors.SelectSelector):
    """A selector that moves the loop's clock on to the next timer, where the real one would sleep
    until then.
    """

    owner: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stalled
        self.owner.passed += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`passed` is seconds since its start.

    What is handed to a thread is done here and now, so that the order is always the same.
    """

    def __init__(self) -> None:
        self.passed = 0.0
        skipping = Skipping()
        skipping.owner = self
        super().__init__(skipping)

    def time(self) -> float:
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
