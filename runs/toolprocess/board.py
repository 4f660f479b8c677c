"""What a tool process is doing, in memory that it shares with its worker: legible when it answers
nobody, and when it is gone.

A few plain stores on the way of a call; no lock, since each call has a slot of its own and a torn
word names no call.
"""

import mmap
import os
import struct
import tempfile
from dataclasses import dataclass

SLOTS = 4_096
HEADER = struct.Struct("QQ")
SLOT = struct.Struct("QQQ")
SIZE = HEADER.size + SLOTS * SLOT.size


@dataclass(frozen=True, slots=True)
class ThreadPlace:
    """Where a begun call is, or was: its thread as Python names it in a dump, and as the kernel
    does.
    """

    ident: int
    native: int


class Board:
    """`stepping` is the call whose coroutine has the event loop right now, `exited` the call that
    ended the process; 0 for none.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)

    @property
    def exited(self) -> int:
        return int(HEADER.unpack_from(self._memory)[0])

    @property
    def stepping(self) -> int:
        return int(HEADER.unpack_from(self._memory)[1])

    def exits(self, call: int) -> None:
        struct.pack_into("Q", self._memory, 0, call)

    def steps(self, call: int) -> None:
        struct.pack_into("Q", self._memory, 8, call)

    def begins(self, call: int, place: ThreadPlace) -> None:
        SLOT.pack_into(self._memory, _slot(call), call, place.ident, place.native)

    def place(self, call: int) -> ThreadPlace | None:
        """Where the call was begun; None when it was not."""
        found, ident, native = SLOT.unpack_from(self._memory, _slot(call))
        return ThreadPlace(ident, native) if found == call else None

    def close(self) -> None:
        self._memory.close()


def memory() -> int:
    """A descriptor of fresh memory for a board, to be handed to a process."""
    descriptor = os.memfd_create("board") if hasattr(os, "memfd_create") else _file()
    os.ftruncate(descriptor, SIZE)
    return descriptor


def _file() -> int:
    """Where there is no memory without a name: a file that has lost its own."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _slot(call: int) -> int:
    return HEADER.size + call % SLOTS * SLOT.size
