"""What is heard of an MCP server beside its answers: that it has gone, its last words, how it
refused, and whatever is no message.
"""

import asyncio
import json
import logging
import os
from collections import deque
from types import TracebackType
from typing import Any

from mcp.shared._stream_protocols import ReadStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError

from console.outside import confidential, outgoing
from runs.tools import mcp_sieve
from runs.tools.mcp_sieve import Incoming, LeftOut

LAST_LINES, LONGEST_LINE, MOST_BYTES = 5, 300, 65_536
REFUSED = 400
logger = logging.getLogger(__name__)


class LastWords:
    """The last lines of a server's stderr: told when it dies, never logged whole, read without
    blocking so that the server cannot stall on it.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._rest = b""
        self._closed = False
        self._reading, writing = os.pipe()
        self.writing = os.fdopen(writing, "w")
        os.set_blocking(self._reading, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reading, self._read)

    def _read(self) -> bool:
        """Whether there was anything to read."""
        try:
            chunk = os.read(self._reading, 65_536)
        except BlockingIOError:
            return False
        *whole, self._rest = (self._rest + chunk)[-MOST_BYTES:].split(b"\n")
        self._lines.extend(filter(None, map(one_of_them, whole)))
        if not chunk:
            self._loop.remove_reader(self._reading)
        return bool(chunk)

    def __str__(self) -> str:
        while not self._closed and self._read():
            continue
        return one_of_them(self._rest) or (self._lines[-1] if self._lines else "")

    def close(self) -> None:
        self._loop.remove_reader(self._reading)
        os.close(self._reading)
        self.writing.close()
        self._closed = True


def one_of_them(line: bytes) -> str:
    """A line as people read it. A secret in it is known only while the line is whole."""
    return confidential.shortened(line.decode(errors="replace").strip(), LONGEST_LINE)


class Strays:
    """What a server says that is no message of the protocol, such as a greeting on its standard
    output: nobody waits for it. One line of the log names the server, and another each time that
    it is ten times as much; none repeats its words.
    """

    def __init__(self, server: str) -> None:
        self._server, self._count, self._told_at = server, 0, 1

    def note(self) -> None:
        self._count += 1
        if self._count == self._told_at:
            self._told_at *= 10
            logger.warning(
                "MCP server %s said what is no message of the protocol, and that was left out (%d"
                " so far). Over stdio, words for people belong on standard error",
                self._server,
                self._count,
            )


class Answers:
    """How the server, or whoever stands before it, refused over HTTP: the status of the last such
    answer, 0 when there was none, and those of questions of which nobody has heard yet.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._by_question: dict[Any, tuple[int, str]] = {}

    async def note(self, answer: outgoing.Response) -> None:
        if answer.request.method == "POST":
            await self.note_any(answer)

    async def note_any(self, answer: outgoing.Response) -> None:
        """Where the first question, too, is one that may be refused."""
        if answer.status_code >= REFUSED:
            self.refused = answer.status_code
            told = answer.status_code, answer.headers.get("retry-after", "")
            self._by_question[question(answer.request.content)] = told

    def stated(self, message: Incoming) -> None:
        """Has an error say with which status it came, and when to come back."""
        answer = message.message if isinstance(message, SessionMessage) else None
        if isinstance(answer, JSONRPCError) and (told := self._by_question.pop(answer.id, None)):
            mcp_sieve.state(answer, *told)


def question(content: bytes) -> Any:
    """The number of what was asked; None where it has none."""
    try:
        asked = json.loads(content)
    except ValueError:
        return None
    return asked.get("id") if isinstance(asked, dict) else None


class WatchedStream:
    """A read stream that says when it has ended: the only sign of a stdio server's death between
    two calls.
    """

    def __init__(
        self,
        stream: ReadStream[Incoming],
        lost: asyncio.Event,
        left_out: LeftOut,
        strays: Strays,
        answers: Answers,
    ) -> None:
        self._stream, self._lost, self._left_out = stream, lost, left_out
        self._strays, self._answers = strays, answers

    @property
    def last_context(self) -> object:
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> Incoming:
        return await self._stream.receive()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> "WatchedStream":
        return self

    async def __anext__(self) -> Incoming:
        try:
            message = self._left_out.sieved(await self._stream.__anext__())
        except StopAsyncIteration:
            self._lost.set()
            raise
        if isinstance(message, mcp_sieve.LineWithoutEnd):
            self._lost.set()
            raise StopAsyncIteration
        self._answers.stated(message)
        if isinstance(message, Exception):
            self._strays.note()
        return message

    async def __aenter__(self) -> "WatchedStream":
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stream.__aexit__(kind, value, trace)
