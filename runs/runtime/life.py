"""The life of one worker process: the name that its leases bear, and the pulse of the loop that
drives its runs.

Standard library only: the guardian, who must know the name of the process it started, is small and
loads nothing else.
"""

import os
import socket

VARIABLE = "SIGNALBOX_LIFE"
"""Names one life of a worker, so that a process which gets the same id later is told apart from it.
"""
PULSE = "SIGNALBOX_PULSE"
"""The descriptor of the pipe to whoever watches over this process."""
BETWEEN = 0.5
"""Seconds between two beats of the pulse."""


def owner(pid: int = 0) -> str:
    """The process as leases name it: host, process id, and which life it is when somebody gave it a
    token.
    """
    token = os.environ.get(VARIABLE, "")
    return f"{socket.gethostname()}:{pid or os.getpid()}" + (f"/{token}" if token else "")


def watcher() -> int | None:
    """The pipe to write the pulse to, told once: what this process starts is not to write there."""
    descriptor = os.environ.pop(PULSE, "")
    return int(descriptor) if descriptor else None
