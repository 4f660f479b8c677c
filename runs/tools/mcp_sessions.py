"""Long-lived sessions with MCP servers, one a server and event loop: listed once, restarted when
lost, closed when idle.

A server that cannot be reached is left alone for a growing while; a call in flight when it dies
becomes a tool's failure.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from mcp.shared.dispatcher import ProgressFnT
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
    CallToolResult,
    Tool,
)
from pydantic import ValidationError

from console.journal import database_clock
from console.json_value import Json
from console.outside import addresses, confidential
from policies.retries import hints
from runs import fence
from runs.engine import call_progress
from runs.engine.engine_errors import ToolError
from runs.toolprocess import time_limit
from runs.tools import mcp_link, mcp_server, mcp_sieve
from runs.tools.mcp_link import Link
from runs.tools.mcp_server import DeclaredServer, ServerUnavailable

CONNECT_SECONDS = 20.0
IDLE_SECONDS = 900.0
BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
MOST_PAGES = 50
GRACE_SECONDS = 1.0
LONGEST_WORDS = 500
OF_SESSIONS = (400, 404)
NO_WORDS = "Server returned an error response"
"""What the SDK says of a status that came without an error of the protocol."""

ServerAnswer = TypeVar("ServerAnswer")
logger = logging.getLogger(__name__)


class SessionForgotten(ToolError):
    """The server was restarted and refused the request unread: the same call may go out once more
    in a new session.
    """


class McpSession:
    """One server, reached when it is needed. All methods belong to the loop it was made on."""

    def __init__(self, server: DeclaredServer) -> None:
        self.server = server
        self._loop = asyncio.get_running_loop()
        self._connecting = asyncio.Lock()
        self._link: Link | None = None
        self._policy_guard: asyncio.Task[None] | None = None
        self._leave = asyncio.Event()
        self._tools: tuple[Tool, ...] | None = None
        self._failures = 0
        self._not_before = self._used_at = self._loop.time()
        self._why = ""

    async def tools(self) -> tuple[Tool, ...]:
        """What the server offers, asked once a session and again when it says that its list has
        changed.
        """
        if self._link is not None and self._link.relisted():
            self._tools = None
        if self._tools is None:
            self._tools = await once_more(self._listed)
        return self._tools

    async def _listed(self) -> tuple[Tool, ...]:
        link = await self._linked()
        return await self._answer(link, _list(link), "while it was listing its tools")

    async def tool(self, name: str) -> Tool | None:
        """One tool as the server defines it now, also when it was restarted meanwhile."""
        await self._linked()
        return next((each for each in await self.tools() if each.name == name), None)

    def ask_anew(self) -> None:
        """The next listing is asked for: a server need not say that it has changed a tool."""
        self._tools = None

    @property
    def left_out(self) -> list[str]:
        """What the server offered that is no tool, each with why."""
        return [] if self._link is None else list(self._link.left_out.sentences.values())

    async def call(self, tool: str, args: dict[str, Json], patience: float) -> CallToolResult:
        """The server's answer; raises ServerUnavailable when it is lost, ToolError for its refusal,
        TimeoutError past `patience` s.
        """
        return await once_more(lambda: self._call(tool, args, patience))

    async def _call(self, tool: str, args: dict[str, Json], patience: float) -> CallToolResult:
        link = await self._linked()
        fence.ask()
        calling = link.client.call_tool(
            tool, args, read_timeout_seconds=patience + GRACE_SECONDS, progress_callback=passed_on()
        )
        return await self._answer(link, calling, f"during {tool}")

    async def close(self) -> None:
        """Let the server go and wait until it has gone."""
        self._leave.set()
        if self._policy_guard is not None:
            await asyncio.wait({self._policy_guard})

    async def _answer(self, link: Link, asking: Awaitable[ServerAnswer], when: str) -> ServerAnswer:
        """The answer, or the sentence that fits its absence.

        The server's death is noticed even where the SDK keeps waiting.
        """
        self._used_at = self._loop.time()
        answering, dying = asyncio.ensure_future(asking), asyncio.ensure_future(link.lost.wait())
        try:
            await asyncio.wait({answering, dying}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                # its last answer may still be on the way
                await asyncio.wait({answering}, timeout=GRACE_SECONDS)
            if not answering.done():
                raise self._lost(link, when)
            return answering.result()
        except MCPError as error:
            raise self._explained(link, error, when) from error
        except ValidationError as error:
            raise ToolError(
                f"MCP server {self.server.name} {when}: {addresses.said(error)}", answered=False
            ) from error
        finally:
            answering.cancel()
            dying.cancel()

    def _explained(self, link: Link, error: MCPError, when: str) -> Exception:
        if error.code == CONNECTION_CLOSED:
            return self._lost(link, when)
        status = mcp_sieve.stated(error.data)
        if forgets(error, status):
            self._forget(link)
            return SessionForgotten(f"MCP server {self.server.name}: {words_of(error)}")
        if error.code == REQUEST_TIMEOUT:
            return TimeoutError(
                f"MCP server {self.server.name} gave no answer {when}: {error.message}"
            )
        said = f"MCP server {self.server.name}: {words_of(error)}"
        if error.message == NO_WORDS and status:
            said = f"MCP server {self.server.name} {mcp_server.refusal(status)}"
        if (seconds := hints.retry_after(error.data, "", database_clock.now())) is not None:
            said = f"{said.rstrip('.')} (retry after {seconds:g} s)"
        # no answer of the server's own came, or none that can be read: what was asked may well have
        # happened
        return ToolError(said, answered=not unread(error) and status not in mcp_server.UNSURE)

    def _lost(self, link: Link, when: str) -> ServerUnavailable:
        self._forget(link)
        said = f" Its last words: {link.words}" if link.words else ""
        return ServerUnavailable(
            f"MCP server {self.server.name} was lost {when}.{said}", answered=False
        )

    def _forget(self, link: Link) -> None:
        """Let the policy guard tidy up; whoever comes next connects anew."""
        if self._link is link:
            self._link = None
        link.lost.set()

    async def _linked(self) -> Link:
        """The connection, made anew when there is none; one caller connects, the others wait for
        it. That wait takes nothing of a call's own time.
        """
        link = self._link
        if link is not None and not link.lost.is_set():
            return link
        return await time_limit.uncounted(self._linked_anew)

    async def _linked_anew(self) -> Link:
        async with self._connecting:
            if self._link is not None and not self._link.lost.is_set():
                return self._link
            wait = self._not_before - self._loop.time()
            if wait > 0:
                raise ServerUnavailable(f"{self._why} It is tried again in {wait:.1f} s.")
            self._link = await self._connect()
            return self._link

    async def _connect(self) -> Link:
        ready: asyncio.Future[Link] = self._loop.create_future()
        self._leave = asyncio.Event()
        self._policy_guard = policy_guard = self._loop.create_task(
            self._keep(ready, self._leave), name=f"mcp {self.server.name}"
        )
        policy_guard.add_done_callback(_ended)
        either: set[asyncio.Future[Any]] = {ready, policy_guard}
        await asyncio.wait(either, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            self._failures, self._tools = 0, None
            return ready.result()
        policy_guard.cancel()
        self._why = _reason(policy_guard, self.server.name)
        self._failures += 1
        self._not_before = self._loop.time() + min(
            LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2 ** (self._failures - 1)
        )
        raise ServerUnavailable(self._why)

    async def _keep(self, ready: asyncio.Future[Link], leave: asyncio.Event) -> None:
        """Owns the connection from its first to its last moment: the SDK's task groups must be left
        by the task that entered them.
        """
        async with mcp_link.connected(self.server) as link:
            self._used_at = self._loop.time()
            ready.set_result(link)
            ending: set[asyncio.Future[Any]] = {
                asyncio.ensure_future(leave.wait()),
                asyncio.ensure_future(link.lost.wait()),
            }
            try:
                await self._until_idle(ending)
            finally:
                self._forget(link)
                for each in ending:
                    each.cancel()

    async def _until_idle(self, ending: set[asyncio.Future[Any]]) -> None:
        while (left := self._used_at + IDLE_SECONDS - self._loop.time()) > 0:
            done, _ = await asyncio.wait(ending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return


async def once_more(asking: Callable[[], Awaitable[ServerAnswer]]) -> ServerAnswer:
    """The answer, also where the first question met a server that had forgotten its session."""
    try:
        return await asking()
    except SessionForgotten:
        return await asking()


def passed_on() -> ProgressFnT | None:
    """Takes what the server says of a call's progress to whoever listens to that call: it comes by
    another task, which listens to nobody. None when nobody does, and the server is not asked to.
    """
    if (hear := call_progress.listener.get()) is None:
        return None

    async def told(progress: float, total: float | None, message: str | None) -> None:
        hear(call_progress.one_line(call_progress.counted(progress, total, message)))

    return told


UNREAD: Mapping[int, tuple[str, ...]] = {
    PARSE_ERROR: ("Failed to parse",),
    INVALID_REQUEST: ("Unexpected content type", "server answered a request with 202"),
}
"""How the SDK begins what it says of an answer that is none."""


def unread(error: MCPError) -> bool:
    return error.message.startswith(UNREAD.get(error.code, ()))


def words_of(error: MCPError) -> str:
    """The server's words, with the ones that it put beside them."""
    if unread(error):
        return "it answered with something that is not the protocol"
    more = error.data
    if isinstance(more, dict):
        more = more.get("message") or more.get("detail")
    if not isinstance(more, str) or more in error.message:
        return error.message
    return f"{error.message}: {confidential.shortened(more, LONGEST_WORDS)}"


def forgets(error: MCPError, status: int) -> bool:
    """Whether the server knows nothing of our session any more, by the status with which it says
    so. What it says under any other is its own: the call was made, and is not made again.
    """
    return status in OF_SESSIONS and "session" in error.message.lower()


async def _list(link: Link) -> tuple[Tool, ...]:
    """All pages. A page that cannot be had takes none of the others away, and what was offered
    already is not offered again.
    """
    found: dict[str, Tool] = {}
    asked: set[str | None] = set()
    cursor: str | None = None
    while cursor not in asked and len(asked) < MOST_PAGES:
        asked.add(cursor)
        try:
            page = await link.client.list_tools(cursor=cursor)
        except MCPError as error:
            if not found or error.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT):
                raise
            link.left_out.name(f"Page {len(asked)} of its tools", error.message)
            break
        if len(asked) > 1 and all(tool.name in found for tool in page.tools):
            link.left_out.name(f"Page {len(asked)} of its tools", "the list repeats itself")
            break
        for tool in page.tools:
            if tool.name in found:
                link.left_out.name(f"A second {tool.name}", "there is one of that name already")
            found.setdefault(tool.name, tool)
        if (cursor := page.next_cursor) is None:
            break
    return tuple(found.values())


def _reason(policy_guard: asyncio.Task[None], name: str) -> str:
    """Why no connection came about, as a sentence."""
    if not policy_guard.done():
        return (
            f"MCP server {name} cannot be reached: no answer in {CONNECT_SECONDS:.0f} s. One that"
            " downloads itself at its first start is better installed beforehand."
        )
    error = None if policy_guard.cancelled() else policy_guard.exception()
    return (
        str(error)
        if isinstance(error, ServerUnavailable)
        else f"MCP server {name} closed the connection ({error!r})."
    )


def _ended(policy_guard: asyncio.Task[None]) -> None:
    """A connection that broke has told its callers already; the log gets one line, not a traceback
    at exit.
    """
    if not policy_guard.cancelled() and (error := policy_guard.exception()) is not None:
        logger.info("%s ended: %r", policy_guard.get_name(), error)


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, McpSession]] = WeakKeyDictionary()


def session_with(server: DeclaredServer, run: str = "") -> McpSession:
    """The running loop's session with this server, made when there is none; a run's own where the
    server has one for each and the run is named.
    """
    mine = _sessions.setdefault(asyncio.get_running_loop(), {})
    key = f"{run if server.per_run else ''}{server.key}"
    if key not in mine:
        mine[key] = McpSession(server)
    return mine[key]


async def close_of(run: str) -> None:
    """The run has ended: let the servers go that worked for it alone."""
    mine = _sessions.get(asyncio.get_running_loop(), {})
    own = [key for key in mine if key.startswith(run)]
    await asyncio.gather(*(mine.pop(key).close() for key in own))


async def close_all() -> None:
    """Let every server of the running loop go."""
    mine = _sessions.pop(asyncio.get_running_loop(), {})
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*(session.close() for session in mine.values()))
