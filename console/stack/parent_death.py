"""Children that do not outlive their parent, also when the parent is killed with no chance to clean
up (Linux).

Run as a script it puts itself on the tie to its parent and becomes the given command:
`python parent_death.py -- command args`. Standard library only.
The signal comes when the *thread* that started the child ends:
start children from a thread that stays.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# loaded here and not in the child: between fork and exec hardly anything is safe to do
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def tied_to_parent(death: signal.Signals, parent: int) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `death` when process `parent` is gone."""

    def put_on() -> None:
        put_on_parent_death(death, parent)

    return put_on


def put_on_parent_death(death: signal.Signals, parent: int) -> None:
    """Tie the calling process to its parent. A parent that died before this line is noticed by the
    changed parent id.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), death)


def adopt_orphans() -> None:
    """Make orphaned descendants children of this process from now on, instead of init's."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    put_on_parent_death(signal.SIGKILL, os.getppid())
    command = sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:]
    os.execvp(command[0], command)
