"""Children that do not outlive their parent, also when the parent is killed with no chance to clean
up (Linux).

Run as a script it puts itself on the tie to its parent and becomes the given command:
`python parent_death.py -- command args`. Root can have it become another account first:
`python parent_death.py --as UID:GID -- command args`. Standard library only.
The signal comes when the *thread* that started the child ends:
start children from a thread that stays.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
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


def close_to_others() -> None:
    """Keep other processes of the same account out of this one: its environment, its memory, and
    tracing. What it starts is open again, unless it says the same.
    """
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def become(account: str) -> None:
    """Be another account from now on, and no member of any further group."""
    uid, gid = map(int, account.split(":"))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def main(words: list[str]) -> None:
    parent = os.getppid()
    if words[:1] == ["--as"]:
        become(words[1])
        words = words[2:]
    put_on_parent_death(signal.SIGKILL, parent)  # after that: who becomes another loses the tie
    command = words[1:] if words[:1] == ["--"] else words
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
