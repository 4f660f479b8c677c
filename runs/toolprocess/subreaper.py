"""A process of ours does not outlive its parent, and its orphans come to it instead of to init
(Linux; elsewhere nothing is done).

Standard library only. The signal comes when the thread that started the process ends: start it from
a thread that stays.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def put_on(death: signal.Signals, parent: int) -> None:
    """This process gets `death` when `parent` is gone; at once when it is gone already."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), death)


def adopt_orphans() -> None:
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_group(leader: int) -> None:
    """The process and whatever it has started and not put into a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end(child: int) -> None:
    """The living child and its group; it may stand still and lead none yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(child, signal.SIGKILL)
    end_group(child)


def end_strangers(known: set[int]) -> None:
    """Orphans that have come to this process, and what comes of them as they end: all killed, none
    left behind.
    """
    for _ in range(100):
        strangers = _children() - known
        if not strangers:
            return
        for pid in strangers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    return (
        {int(pid) for pid in listing.read_text(encoding="utf-8").split()}
        if listing.exists()
        else set()
    )
