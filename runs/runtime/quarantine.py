"""A run that may have ended its workers is driven alone, in a process of its own, so that the next
loss shows whether it was that run.

The worker that is asked to take it starts the process and waits for it, so that a suspect takes up
a slot like any run. Where no such process can be started, a worker that holds nothing else takes
the suspect.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from runs.runtime import handles

MOST = 4
"""How many suspects one worker has driven at once, each in its own process; further ones wait for
the watchdog's next round.
"""
_lock = threading.Lock()
_command: tuple[str, ...] = ()
_driven: dict[UUID, "subprocess.Popen[bytes] | None"] = {}


def apart(command: Sequence[str]) -> None:
    """From now on have suspects driven by `command` with the run's id appended; by this process
    itself when it is empty.
    """
    global _command
    _command = tuple(command)


def here() -> bool:
    """Whether this process may take a suspect itself."""
    return not _command and not handles.held()


def elsewhere() -> bool:
    """Whether a suspect is driven by a process of its own."""
    return bool(_command)


def drive(run: UUID) -> bool:
    """Have the run driven and wait until that process has ended; False when there is no room for
    it, or when it is driven already.
    """
    with _lock:
        if run in _driven or len(_driven) >= MOST:
            return False
        _driven[run] = None
    try:
        process = subprocess.Popen(
            [*_command, str(run), str(os.getpid())], stdin=subprocess.DEVNULL
        )
        with _lock:
            _driven[run] = process
        return process.wait() == 0
    finally:
        with _lock:
            del _driven[run]


def drain() -> None:
    """Ask those processes to end, as this process was asked."""
    with _lock:
        asked = [process for process in _driven.values() if process is not None]
    for process in asked:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
