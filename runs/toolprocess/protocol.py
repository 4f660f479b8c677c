"""What a worker and a tool process say to each other: frames of plain data, each with its length
before it.

Pickled, since that is quick and keeps what JSON does not (lone surrogates, large integers); but
only plain data is ever read back, so no process can make another one run anything.
"""

import io
import pickle
import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from runs.engine.ports import Json, ToolContext

LENGTH = struct.Struct("!Q")
LARGE = 256 * 1024


class Ask(NamedTuple):
    """One verb of one tool.

    `number` is the call's within its process; `module` is where the tool is declared.

    It is begun only before `until`, a moment of the clock that all processes of a machine share.
    `context` is empty for a function that does not ask for it.
    """

    number: int
    tool: str
    module: str
    verb: str
    args: Mapping[str, Json]
    result: Json
    context: tuple[Any, ...]
    until: float


class Cancel(NamedTuple):
    """The call shall end. Answered with `Heard` at once, and with `Cancelled` when it has ended."""

    number: int


class Ping(NamedTuple):
    """Are you there? Answered with a `Heard` of this number."""

    number: int


class Heard(NamedTuple):
    """The process attends to its messages."""

    number: int


class Done(NamedTuple):
    """What the verb gave, as JSON."""

    number: int
    value: Json


class Failed(NamedTuple):
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


class Refused(NamedTuple):
    """It was too late to begin it: nothing was begun."""

    number: int


Message = Ask | Cancel | Ping | Heard | Done | Failed | Cancelled | Refused
KINDS: tuple[type[Any], ...] = (Ask, Cancel, Ping, Heard, Done, Failed, Cancelled, Refused)
PLACES = {kind: place for place, kind in enumerate(KINDS)}


def packed(message: Message) -> bytes:
    """One frame. Raises what pickling raises when the message holds more than plain data."""
    body = pickle.dumps((PLACES[type(message)], *message), protocol=5)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes | bytearray) -> Message:
    place, *fields = _Plain(io.BytesIO(body)).load()
    message: Message = KINDS[place](*fields)
    return message


class _Plain(pickle.Unpickler):
    """Refuses everything that has a name: classes, functions."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


class Reader:
    """Cuts what arrives into frames; a large one is gathered without being
    copied again and again."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted: int | None = None

    def feed(self, data: bytes) -> Iterator[bytes | bytearray]:
        """The bodies that `data` completes; nearly always it is one frame and nothing else."""
        at_a_frame = self._wanted is None and not self._buffer
        if at_a_frame and data[: LENGTH.size] == LENGTH.pack(max(0, len(data) - LENGTH.size)):
            yield data[LENGTH.size :]
            return
        self._buffer += data
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> bytearray | None:
        if self._wanted is None:
            if len(self._buffer) < LENGTH.size:
                return None
            self._wanted = LENGTH.unpack_from(self._buffer)[0]
            del self._buffer[: LENGTH.size]
        if len(self._buffer) < self._wanted:
            return None
        whole = len(self._buffer) == self._wanted
        body, self._buffer = (
            (self._buffer, bytearray())
            if whole
            else (self._buffer[: self._wanted], self._buffer[self._wanted :])
        )
        self._wanted = None
        return body


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
