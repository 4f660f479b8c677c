"""The life of one worker process: the name that its leases bear, and the pulse of the loop that
drives its runs.

Standard library only: the guardian, who has to know the name of the process it started, is small
and loads nothing else.
"""

import os
import socket

VARIABLE = "SIGNALBOX_LIFE"
"""Environment variable that names one life of a worker, so that a later process with the same id is
told apart.
"""
PULSE = "SIGNALBOX_PULSE"
"""Environment variable with the descriptor of the pipe to whoever watches over this process."""
BETWEEN = 0.5
"""Seconds between two beats of the pulse."""
SILENCE = 5.0
"""Seconds without a pulse after which the worker is ended: a lease less a heartbeat and a margin,
so that it still holds all its leases.
"""
TICK = 0.25
"""Seconds between two looks of whoever watches."""


def owner(pid: int = 0) -> str:
    """The process as leases name it: host, process id and, when it was given one, the token of its
    life.
    """
    token = os.environ.get(VARIABLE, "")
    return f"{socket.gethostname()}:{pid or os.getpid()}" + (f"/{token}" if token else "")


def watcher() -> int | None:
    """The pipe to write the pulse to; None when nobody watches. Told only once, since processes
    that this one starts must not write to it.
    """
    descriptor = os.environ.pop(PULSE, "")
    return int(descriptor) if descriptor else None


class Silence:
    """How long the pulse has been away, counted only while the guardian itself was there to hear
    it. Begins with the first beat.
    """

    def __init__(self, now: float) -> None:
        self.begun, self.seconds, self._seen = False, 0.0, now

    def beat(self) -> None:
        self.begun, self.seconds = True, 0.0

    def passed(self, now: float) -> None:
        self.seconds += min(now - self._seen, 2 * TICK)
        self._seen = now

    @property
    def too_long(self) -> bool:
        return self.begun and self.seconds >= SILENCE
