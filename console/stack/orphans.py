"""Processes that came to us because their parent died.

Linux only: elsewhere they go to init, which is out of reach.
"""

import contextlib
import os
import signal
from pathlib import Path


def end_except(known: set[int]) -> int:
    """Kill and reap every child of this process but the `known`; returns how many there were."""
    strangers = _children() - known
    for pid in strangers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return len(strangers)


def _children() -> set[int]:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return (
        {int(pid) for pid in listing.read_text(encoding="utf-8").split()}
        if listing.exists()
        else set()
    )
