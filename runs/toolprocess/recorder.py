"""The flight recorder of a worker: which tools are at work in its own process, in memory that it
shares with its guardian.

Legible when the worker stands still and when it is gone, so that the loss is counted to the tool
that made it and not to its neighbours. Standard library only: the guardian, who reads it, is small.
Where nobody watches, nothing is recorded.
"""

import mmap
import os
import re
import struct
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import coroutine
from typing import Any

DESCRIPTOR = "SIGNALBOX_RECORDER"
"""Names the descriptor of the memory to the worker."""
NAMED = 200
SLOT = struct.Struct(f"BBHQQ{NAMED}s")
SLOTS = 256
HEADER = struct.Struct("Q")
SIZE = HEADER.size + SLOTS * SLOT.size
FREE, AT_WORK = 0, 1
DUMPED = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AtWork:
    """A tool on a thread, as Python names it in a dump and as the kernel does; `stepping` when its
    coroutine has the loop.
    """

    slot: int
    tool: str
    ident: int
    native: int
    stepping: bool


def memory() -> int:
    """A descriptor of fresh memory, to be handed to a worker."""
    descriptor = os.memfd_create("recorder") if hasattr(os, "memfd_create") else _file()
    os.ftruncate(descriptor, SIZE)
    return descriptor


def _file() -> int:
    """Where there is no memory without a name: a file that has lost its own."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class Recorder:
    """Plain stores on the way of a call: a slot belongs to one call, and is marked last when it
    begins and first when it ends.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)
        self._free = list(range(SLOTS))

    def begins(self, tool: str) -> int:
        """The call's slot; -1 when there is none left, and then nobody is told of it."""
        try:
            slot = self._free.pop()
        except IndexError:
            return -1
        name = tool.encode()[:NAMED]
        place = threading.get_ident(), threading.get_native_id()
        SLOT.pack_into(self._memory, _at(slot), FREE, 0, len(name), *place, name)
        self._memory[_at(slot)] = AT_WORK
        return slot

    def ends(self, slot: int) -> None:
        if slot >= 0:
            self._memory[_at(slot)] = FREE
            self._free.append(slot)

    def steps(self, slot: int, *, has_the_loop: bool) -> None:
        if slot >= 0:
            self._memory[_at(slot) + 1] = has_the_loop

    def exits(self, slot: int) -> None:
        """The call in it ends the process."""
        HEADER.pack_into(self._memory, 0, slot + 1)

    def exited(self) -> int:
        """The slot whose call ended the process; -1 for none."""
        return int(HEADER.unpack_from(self._memory)[0]) - 1

    def at_work(self) -> list[AtWork]:
        return [each for each in map(self._read, range(SLOTS)) if each is not None]

    def _read(self, slot: int) -> AtWork | None:
        mark, stepping, length, ident, native, name = SLOT.unpack_from(self._memory, _at(slot))
        if mark != AT_WORK:
            return None
        return AtWork(slot, name[:length].decode(errors="replace"), ident, native, bool(stepping))


def _at(slot: int) -> int:
    return HEADER.size + slot * SLOT.size


def of_end(recorder: Recorder, words: Sequence[str]) -> tuple[str, ...]:
    """Whose call ended the process: who said so; whose thread the dump of a crash names; else
    everybody who was at work.
    """
    at_work = recorder.at_work()
    exited = [each for each in at_work if each.slot == recorder.exited()]
    dumped = DUMPED.search("\n".join(words))
    there = [each for each in at_work if dumped and each.ident == int(dumped.group(1), 16)]
    return _tools(exited or [each for each in there if each.stepping] or there or at_work)


def of_silence(recorder: Recorder, pid: int) -> tuple[str, ...]:
    """Whose call holds the loop or the processor; everybody who was at work when nobody can tell.

    Asked while the process lives.
    """
    at_work = recorder.at_work()
    busy = [each for each in at_work if state(Path(f"/proc/{pid}/task/{each.native}/stat")) == "R"]
    return _tools([each for each in at_work if each.stepping] or busy or at_work)


def _tools(calls: Sequence[AtWork]) -> tuple[str, ...]:
    return tuple(sorted({each.tool for each in calls}))


def state(file: Path) -> str:
    """The letter by which the kernel says what a process or thread does; empty when there is none.
    It may call itself by any bytes.
    """
    try:
        return file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


_open: Recorder | None = None
_slot: ContextVar[int] = ContextVar("slot", default=-1)


def start() -> None:
    """From now on whoever watches over this process can read what is at work in it.

    Does nothing where nobody does.
    """
    global _open
    if descriptor := os.environ.pop(DESCRIPTOR, ""):
        _open = Recorder(int(descriptor))
        os._exit = _leaving_word(os._exit)


def _leaving_word(really: Callable[[int], Any]) -> Any:
    """`os._exit` that says whose call it was; a process that a tool has forked says nothing."""
    here = os.getpid()

    def leave(code: int) -> None:
        if _open is not None and os.getpid() == here and _slot.get() >= 0:
            _open.exits(_slot.get())
        really(code)

    return leave


@contextmanager
def _recorded(recorder: Recorder, tool: str) -> Iterator[int]:
    slot = recorder.begins(tool)
    token = _slot.set(slot)
    try:
        yield slot
    finally:
        _slot.reset(token)
        recorder.ends(slot)


def noted(tool: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function that is on record while a thread is at work in it; the very same one where
    nothing is recorded.
    """
    recorder = _open
    if recorder is None:
        return function

    @wraps(function)
    def on_record(*args: Any, **given: Any) -> Any:
        with _recorded(recorder, tool):
            return function(*args, **given)

    return on_record


async def awaited(tool: str, work: Coroutine[Any, Any, Any]) -> Any:
    """What the coroutine gives; on record until then, and whenever it has the loop."""
    recorder = _open
    if recorder is None:
        return await work
    with _recorded(recorder, tool) as slot:
        return await _stepped(recorder, slot, work)


@coroutine
def _stepped(recorder: Recorder, slot: int, work: Coroutine[Any, Any, Any]) -> Any:
    """Delegates as `await` does, and leaves word whenever `work` has the loop."""
    go_on: Callable[..., Any] = work.send
    given: Any = None
    while True:
        recorder.steps(slot, has_the_loop=True)
        try:
            waited = go_on(given)
        except StopIteration as done:
            return done.value
        finally:
            recorder.steps(slot, has_the_loop=False)
        try:
            go_on, given = work.send, (yield waited)
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:  # noqa: BLE001
            # it belongs to the coroutine, a cancellation too
            go_on, given = work.throw, error
