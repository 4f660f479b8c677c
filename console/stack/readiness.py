"""Lets a process load its code before the tables are ready, and go on once they are.

The gate is a pipe that nothing is ever written into: it opens, for all and for good, when the
launcher closes its end.
"""

import dataclasses
import os
import time

from console.stack.service import StackService

PASSAGE = "SIGNALBOX_GATE"
_passed = time.monotonic()


class Readiness:
    """The launcher's side. `passage` is the end that children wait at."""

    def __init__(self) -> None:
        self.passage, self._bar = os.pipe()

    def before(self, service: StackService) -> StackService:
        """The service with this gate before it: its process waits there before it goes on."""
        environment = {**(service.environment or os.environ), PASSAGE: str(self.passage)}
        return dataclasses.replace(
            service, environment=environment, keep_open=(*service.keep_open, self.passage)
        )

    def open(self) -> None:
        os.close(self._bar)


def closed() -> bool:
    """Whether this process was started to wait at a gate."""
    return PASSAGE in os.environ


def wait() -> None:
    """Wait at the gate, in a child. Returns at once when there is no gate, or when it is open
    already.
    """
    global _passed
    if passage := os.environ.get(PASSAGE):
        os.read(int(passage), 1)
    _passed = time.monotonic()


def passed() -> float:
    """Seconds that this process has been at work:
    since it passed the gate, or since it was loaded."""
    return time.monotonic() - _passed
