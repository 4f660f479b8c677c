"""Which call this thread works for, and where it is at work: noted on the process's board.

Outside of a tool process nothing is.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from runs.toolprocess.board import Board, ThreadPlace

call: ContextVar[int] = ContextVar("call", default=0)
board: Board | None = None
_lock = threading.Lock()
_working: dict[int, int] = {}


def begun() -> None:
    """The foreign function of this context's call begins here and now."""
    if board is not None and (number := call.get()):
        board.begins(number, ThreadPlace(threading.get_ident(), threading.get_native_id()))


def has_begun(number: int) -> bool:
    return board is not None and board.place(number) is not None


@contextmanager
def working() -> Iterator[None]:
    """A thread is at work for this context's call as long as this lasts."""
    number = call.get()
    if board is None or not number:
        yield
        return
    begun()
    with _lock:
        _working[number] = _working.get(number, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _working[number] -= 1


def at_work(number: int) -> bool:
    return _working.get(number, 0) > 0


def forget(number: int) -> None:
    if number in _working:
        with _lock:
            _working.pop(number, None)
