"""One live connection to an MCP server: its process or its HTTP client, its last words, and the
moment it is lost.

Imports the MCP SDK; import this module only when a server is used.
"""

import asyncio
import shlex
import shutil
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from anyio.streams.text import TextReceiveStream
from django.conf import settings
from mcp.client import Client, stdio, streamable_http
from mcp.client._transport import TransportStreams
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Implementation

from console.outside import addresses, outgoing
from runs.tools import mcp_server, server_account, server_processes
from runs.tools.mcp_server import DeclaredServer, ServerUnavailable
from runs.tools.mcp_sieve import ENDLESS, LeftOut, PatientReader
from runs.tools.mcp_streams import Answers, LastWords, Strays, WatchedStream
from runs.tools.server_account import ServerPlace

LARGEST_EVENT = 64 * 1024 * 1024
QUIET_SECONDS = 3600.0
PATIENCE = outgoing.Timeout(30.0, read=300.0)
"""As the SDK has it: a server may hold a stream open without a word."""


class Link:
    """A connected client. `lost` is set when the server has gone; `words` is what it said last."""

    def __init__(
        self,
        client: Client,
        lost: asyncio.Event,
        words: LastWords,
        left_out: LeftOut,
    ) -> None:
        self.client, self.lost, self._words, self.left_out = client, lost, words, left_out

    @property
    def words(self) -> str:
        return str(self._words)

    def relisted(self) -> bool:
        """Whether the server has said, since this was last asked, that its tools have changed."""
        changed, self.left_out.changed = self.left_out.changed, False
        return changed


class WholeLines(TextReceiveStream):
    """A server's standard output, handed on in whole lines; a line that does not end is said to.

    Put together piece by piece, as the SDK does, each piece of a long line would take as long as
    all that came before it, on the loop of all runs.
    """

    async def receive(self) -> str:
        held, size = [], 0
        while size <= LARGEST_EVENT:
            piece = await super().receive()
            held.append(piece)
            size += len(piece)
            if "\n" in piece:
                return "".join(held)
        return f"\n{ENDLESS}\n"


# the SDK has no options for it
setattr(stdio, "TextReceiveStream", WholeLines)  # noqa: B010
setattr(streamable_http, "jsonrpc_message_adapter", PatientReader())  # noqa: B010


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
        yield Link(client, lost, words, left_out)


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
    marks = server_processes.marks()
    path = mcp_server.search_path(sys.executable)
    command = [_found(server, path), *shlex.split(server.command)[1:]]
    try:
        with server_account.place_for(server.name, command, path) as place:
            environment = {"PATH": path, **place.variables, **marks}
            environment |= mcp_server.handed_on(server)
            started = _tied_to_parent(command, place, environment)
            async with stdio_client(started, errlog=words.writing) as (reading, writing):
                words.writing.close()  # the child holds it now; ours would hide its end
                yield (
                    WatchedStream(reading, lost, left_out, Strays(server.name), Answers()),
                    writing,
                )
    finally:
        server_processes.end(marks[server_processes.MARK])


def _found(server: DeclaredServer, path: str) -> str:
    """The whole path of the command. Raises ServerUnavailable."""
    command = shlex.split(server.command)
    found = shutil.which(command[0], path=path)
    if found is None:
        raise ServerUnavailable(
            f"MCP server {server.name} cannot start: there is no command {command[0]} here."
            " Install it where the workers run, or give its whole path."
        )
    return str(Path(found).absolute())


def _tied_to_parent(
    command: Sequence[str], place: ServerPlace, environment: Mapping[str, str]
) -> StdioServerParameters:
    tied: list[str] = settings.TIED
    return StdioServerParameters(
        command=tied[0],
        args=[*tied[1:], *place.words, "--", *command],
        env=dict(environment),
        cwd=place.folder,
        encoding_error_handler="replace",
    )


@asynccontextmanager
async def _over_http(
    server: DeclaredServer, lost: asyncio.Event, left_out: LeftOut, answers: Answers
) -> AsyncGenerator[TransportStreams, None]:
    """A link over HTTP; the server's named variables travel as headers."""
    client = outgoing.async_client(
        PATIENCE, headers=mcp_server.handed_on(server), streams=True, answered=answers.note
    )
    async with (
        client as http,
        streamable_http_client(server.url, http_client=http, max_sse_event_size=LARGEST_EVENT) as (
            reading,
            writing,
        ),
    ):
        yield WatchedStream(reading, lost, left_out, Strays(server.name), answers), writing


@asynccontextmanager
async def _over_sse(
    server: DeclaredServer, lost: asyncio.Event, left_out: LeftOut, answers: Answers
) -> AsyncGenerator[TransportStreams, None]:
    """The transport from before streamable HTTP: its named variables are headers as well, and its
    clients are guarded.
    """

    def guarded(
        headers: dict[str, str] | None = None,
        timeout: outgoing.Timeout | None = None,
        auth: outgoing.Auth | None = None,
    ) -> outgoing.AsyncClient:
        return outgoing.async_client(
            timeout or PATIENCE,
            headers=headers,
            auth=auth,
            streams=True,
            answered=answers.note_any,
        )

    async with sse_client(
        server.url,
        headers=mcp_server.handed_on(server),
        sse_read_timeout=QUIET_SECONDS,
        httpx_client_factory=guarded,
    ) as (reading, writing):
        yield WatchedStream(reading, lost, left_out, Strays(server.name), answers), writing
