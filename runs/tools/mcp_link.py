"""One live connection to an MCP server: its process or its HTTP client, its last words, and the
moment it is lost.

Imports the MCP SDK; import this module only when a server is used.
"""

import asyncio
import os
import shlex
import shutil
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any

import httpx2
from django.conf import settings
from mcp.client import Client
from mcp.client._transport import TransportStreams
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared._stream_protocols import ReadStream
from mcp.types import CallToolResult, Implementation

from console.outside import addresses, connecting
from runs.tools import mcp_server, server_processes
from runs.tools.mcp_server import DeclaredServer, ServerUnavailable
from runs.tools.mcp_sieve import Incoming, LeftOut

LAST_LINES = 5
REFUSED = 400
LARGEST_EVENT = 64 * 1024 * 1024
QUIET_SECONDS = 3600.0


class LastWords:
    """The last lines of a server's stderr: told when it dies, never logged whole, read without
    blocking so that the server cannot stall on it.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
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
        self._lines.extend(
            line.strip()[:300]
            for line in chunk.decode(errors="replace").splitlines()
            if line.strip()
        )
        if not chunk:
            self._loop.remove_reader(self._reading)
        return bool(chunk)

    def __str__(self) -> str:
        while not self._closed and self._read():
            continue
        return self._lines[-1] if self._lines else ""

    def close(self) -> None:
        self._loop.remove_reader(self._reading)
        os.close(self._reading)
        self.writing.close()
        self._closed = True


class WatchedStream:
    """A read stream that says when it has ended: the only sign of a stdio server's death between
    two calls.
    """

    def __init__(
        self, stream: ReadStream[Incoming], lost: asyncio.Event, left_out: LeftOut
    ) -> None:
        self._stream, self._lost, self._left_out = stream, lost, left_out

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
            return self._left_out.sieved(await self._stream.__anext__())
        except StopAsyncIteration:
            self._lost.set()
            raise

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


class Answers:
    """The status of the last answer over HTTP that was a refusal; 0 when none was."""

    def __init__(self) -> None:
        self.refused = 0

    async def note(self, answer: httpx2.Response) -> None:
        if answer.request.method == "POST":
            await self.note_any(answer)

    async def note_any(self, answer: httpx2.Response) -> None:
        """Where the first question, too, is one that may be refused."""
        if answer.status_code >= REFUSED:
            self.refused = answer.status_code


class Link:
    """A connected client. `lost` is set when the server has gone; `words` is what it said last."""

    def __init__(
        self,
        client: Client,
        lost: asyncio.Event,
        words: LastWords,
        left_out: LeftOut,
        answers: Answers,
    ) -> None:
        self.client, self.lost, self._words, self.left_out = client, lost, words, left_out
        self._answers = answers

    @property
    def status(self) -> int:
        """The status of the server's last refusal over HTTP."""
        return self._answers.refused

    @property
    def words(self) -> str:
        return str(self._words)

    def relisted(self) -> bool:
        """Whether the server has said, since this was last asked, that its tools have changed."""
        changed, self.left_out.changed = self.left_out.changed, False
        return changed


@asynccontextmanager
async def connected(server: DeclaredServer) -> AsyncIterator[Link]:
    """Start or reach the server and initialise the session. Raises ServerUnavailable. Must be left
    by the task that entered it.
    """
    if sentence := mcp_server.problem(server):
        raise ServerUnavailable(sentence)
    if server.transport in mcp_server.BY_ADDRESS and (
        wrong := await asyncio.to_thread(addresses.reached_problem, server.url)
    ):
        raise ServerUnavailable(f"MCP server {server.name} {wrong}.")
    async with AsyncExitStack() as stack:
        lost, words, left_out, answers = asyncio.Event(), LastWords(), LeftOut(), Answers()
        stack.callback(words.close)
        streams = _streams(server, lost, words, left_out, answers)
        client = Client(
            streams, client_info=Implementation(name="signalbox", version="1"), cache=None
        )
        try:
            await stack.enter_async_context(client)
        # the SDK lets its transports' errors through as they are, alone or in groups
        except Exception as error:
            raise _unavailable(server, error, str(words), answers.refused) from error
        # the SDK has no option for it
        session: Any = client.session
        session.validate_tool_result = _left_to_the_rules
        yield Link(client, lost, words, left_out, answers)


def _streams(
    server: DeclaredServer,
    lost: asyncio.Event,
    words: LastWords,
    left_out: LeftOut,
    answers: Answers,
) -> AbstractAsyncContextManager[TransportStreams]:
    match server.transport:
        case mcp_server.HTTP:
            return _over_http(server, lost, left_out, answers)
        case mcp_server.SSE:
            return _over_sse(server, lost, left_out, answers)
        case _:
            return _over_stdio(server, lost, words, left_out)


async def _left_to_the_rules(_name: str, _result: CallToolResult) -> None:
    """The SDK's own look at results runs the server's patterns without bounds, on the loop of all
    runs; ours is bounded and comes later.
    """


def _unavailable(
    server: DeclaredServer, error: BaseException, words: str, status: int
) -> ServerUnavailable:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ServerUnavailable):
        return error
    if status:
        return ServerUnavailable(f"MCP server {server.name} {mcp_server.refusal(status)}")
    said = f" Its last words: {words}" if words else ""
    return ServerUnavailable(
        f"MCP server {server.name} cannot be reached: {addresses.said(error)}.{said}"
    )


@asynccontextmanager
async def _over_stdio(
    server: DeclaredServer, lost: asyncio.Event, words: LastWords, left_out: LeftOut
) -> AsyncGenerator[TransportStreams, None]:
    mark = server_processes.mark()
    try:
        async with stdio_client(_tied_to_parent(server, mark), errlog=words.writing) as (
            reading,
            writing,
        ):
            words.writing.close()  # the child holds it now; ours would hide its end
            yield WatchedStream(reading, lost, left_out), writing
    finally:
        server_processes.end(mark)


def _tied_to_parent(server: DeclaredServer, mark: str) -> StdioServerParameters:
    path = mcp_server.search_path(sys.executable)
    command = shlex.split(server.command)
    found = shutil.which(command[0], path=path)
    if found is None:
        raise ServerUnavailable(
            f"MCP server {server.name} cannot start: there is no command {command[0]} here."
        )
    tied: list[str] = settings.TIED
    environment = {"PATH": path, server_processes.MARK: mark} | mcp_server.handed_on(server)
    return StdioServerParameters(
        command=tied[0], args=[*tied[1:], found, *command[1:]], env=environment
    )


@asynccontextmanager
async def _over_http(
    server: DeclaredServer, lost: asyncio.Event, left_out: LeftOut, answers: Answers
) -> AsyncGenerator[TransportStreams, None]:
    """A link over HTTP; the server's named variables travel as headers."""
    client = create_mcp_http_client(headers=mcp_server.handed_on(server))
    client.event_hooks = {"request": [], "response": [answers.note]}
    async with (
        connecting.guarded(client) as http,
        streamable_http_client(server.url, http_client=http, max_sse_event_size=LARGEST_EVENT) as (
            reading,
            writing,
        ),
    ):
        yield WatchedStream(reading, lost, left_out), writing


@asynccontextmanager
async def _over_sse(
    server: DeclaredServer, lost: asyncio.Event, left_out: LeftOut, answers: Answers
) -> AsyncGenerator[TransportStreams, None]:
    """The transport from before streamable HTTP: its named variables are headers as well, and its
    clients are guarded.
    """

    def guarded(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        client = create_mcp_http_client(headers, timeout, auth)
        client.event_hooks = {"request": [], "response": [answers.note_any]}
        return connecting.guarded(client)

    async with sse_client(
        server.url,
        headers=mcp_server.handed_on(server),
        sse_read_timeout=QUIET_SECONDS,
        httpx_client_factory=guarded,
    ) as (reading, writing):
        yield WatchedStream(reading, lost, left_out), writing
