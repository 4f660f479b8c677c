"""What a worker and a tool process say to each other: frames of plain data, each with its length
before it.

Pickled, since that is quick and keeps what JSON does not (lone surrogates, large integers); but
only plain data is ever read back, so no process can make another one run anything.
"""

import io
import pickle
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from console.json_value import Json
from runs.engine.ports import ListedEffect, ToolContext

LENGTH = struct.Struct("!Q")
ROOM = 64 * 1024
"""Bytes that a message may have before memory is made for it."""


class CallRequest(NamedTuple):
    """One verb of one tool.

    `number` is the call's within its process; `module` is where the tool is declared.

    It is begun only before `until`, a moment of the clock that all processes of a machine share;
    None: it waits for its `Begin`, and nothing of it runs before. `context` is empty for a function
    that does not ask for it.
    """

    number: int
    tool: str
    module: str
    verb: str
    args: Mapping[str, Json]
    result: Json
    context: tuple[Any, ...]
    until: float | None


class Begin(NamedTuple):
    """The call that waits shall be begun, before `until`."""

    number: int
    until: float


class Forget(NamedTuple):
    """The call that waits is not made after all. Not answered."""

    number: int


class Cancel(NamedTuple):
    """The call shall end.

    Answered with `StillAttending` at once, and with `Cancelled` when it has ended.
    """

    number: int


class Ping(NamedTuple):
    """Are you there? Answered with a `StillAttending` of this number."""

    number: int


class StillAttending(NamedTuple):
    """The process attends to its messages."""

    number: int


class CallDone(NamedTuple):
    """What the verb gave, as JSON."""

    number: int
    value: Json


class CallRaised(NamedTuple):
    """What the verb raised: its words, its traceback for the log; not `answered`: nobody knows
    whether it happened.
    """

    number: int
    message: str
    answered: bool
    trace: str


class Cancelled(NamedTuple):
    """The cancelled call has ended."""

    number: int


class CallProgress(NamedTuple):
    """How far the call is, in its tool's words."""

    number: int
    words: str


class TooLate(NamedTuple):
    """It was too late to begin it: nothing was begun."""

    number: int


ProcessMessage = (
    CallRequest
    | Cancel
    | Ping
    | StillAttending
    | CallDone
    | CallRaised
    | Cancelled
    | TooLate
    | Begin
    | Forget
    | CallProgress
)
KINDS: tuple[type[Any], ...] = (
    CallRequest,
    Cancel,
    Ping,
    StillAttending,
    CallDone,
    CallRaised,
    Cancelled,
    TooLate,
    Begin,
    Forget,
    CallProgress,
)
PLACES = {kind: place for place, kind in enumerate(KINDS)}


def packed(message: ProcessMessage) -> bytes:
    """One frame. Raises what pickling raises when the message holds more than plain data."""
    body = pickle.dumps((PLACES[type(message)], *message), protocol=5)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> ProcessMessage:
    place, *fields = _Plain(io.BytesIO(body)).load()
    message: ProcessMessage = KINDS[place](*fields)
    return message


class _Plain(pickle.Unpickler):
    """Refuses everything that has a name: classes, functions."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


class FrameReader:
    """Cuts what arrives into frames.

    It is read into `room()`, memory that stays: fresh memory for each of many small messages takes
    longer than all that is done with them. A large frame gets memory as it arrives, however long it
    says that it is.
    """

    def __init__(self) -> None:
        self._view = memoryview(bytearray(ROOM))
        self._end = 0

    def room(self) -> memoryview:
        """Where the next piece goes; never empty."""
        return self._view[self._end :]

    def heard(self, count: int) -> list[bytes]:
        """The bodies that the `count` bytes just read into the room complete."""
        bodies, start, end = list[bytes](), 0, self._end + count
        while end - start >= LENGTH.size:
            body = start + LENGTH.size
            after = body + LENGTH.unpack_from(self._view, start)[0]
            if after > end:
                break
            bodies.append(bytes(self._view[body:after]))
            start = after
        self._keep(start, end)
        return bodies

    def _keep(self, start: int, end: int) -> None:
        """Keep, of what was read, only what belongs to a frame that is not whole yet. Memory grows
        once it is full, and shrinks once a large frame has been taken out of it.
        """
        self._end = end - start
        size = len(self._view)
        if self._end == size:
            size *= 2
        elif self._end <= ROOM // 2:
            size = ROOM
        if size != len(self._view):
            fresh = memoryview(bytearray(size))
            fresh[: self._end] = self._view[start:end]
            self._view = fresh
        elif start and self._end:
            self._view[: self._end] = self._view[start:end]


CONTEXT = tuple(ToolContext.__slots__)


def context_out(context: ToolContext) -> tuple[Any, ...]:
    """The context as plain data; its deadline as ISO 8601."""
    return tuple(
        value.isoformat() if isinstance(value := getattr(context, name), datetime) else value
        for name in CONTEXT
    )


def context_in(values: tuple[Any, ...]) -> ToolContext:
    given = dict(zip(CONTEXT, values, strict=True))
    return ToolContext(**{**given, "deadline": datetime.fromisoformat(given["deadline"])})


def effects_out(effects: Iterable[ListedEffect]) -> Json:
    """Listed effects as plain data; their times as ISO 8601."""
    return [[each.key, each.at.isoformat(), each.words, each.undone] for each in effects]


def effects_in(rows: Any) -> Sequence[ListedEffect]:
    return [
        ListedEffect(key, datetime.fromisoformat(at), words, undone)
        for key, at, words, undone in rows
    ]
