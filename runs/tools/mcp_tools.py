"""An MCP server's tools as the engine's Tools.

What the server says of them is a proposal; without an admin's word each is irreversible.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mcp.types import Tool as Offered

from console.json_value import Json
from console.outside import confidential
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, Lookup, Tool, ToolContext, ToolSpec
from runs.engine.vocabulary import Effect, Verdict, Visibility
from runs.tools import arguments, mcp_results, mcp_sessions, pins
from runs.tools.mcp_server import DeclaredServer, ServerUnavailable
from runs.tools.mcp_sessions import McpSession

DEFAULT_TIMEOUT = 30.0
LONGEST_DESCRIPTION = 4_000
LONGEST_ERROR = 2_000
NOTHING_MORE = "the server said it is an error, and nothing more"
LIST_SECONDS = 10.0
GONE = "MCP server {server} has no tool {tool}"
logger = logging.getLogger(__name__)


class McpTool:
    """One tool of one server."""

    def __init__(self, server: DeclaredServer, offered: Offered) -> None:
        self._server, self._tool, self._offered = server, offered.name, offered
        self._spec = spec_of(server, offered)

    @property
    def spec(self) -> ToolSpec:
        return self._spec

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        """All that the server gave; raises ToolError in its words when it says it is an error, and
        when the tool is held.
        """
        session = mcp_sessions.session_with(self._server, context.run)
        if (
            self._server.recorded and not self._spec.reads
        ):  # a server need not tell that it has changed one
            session.ask_anew()
        await still_accepted(session, self._offered)
        answer = await session.call(self._tool, dict(args), self._spec.timeout)
        if answer.is_error:
            said = confidential.shortened(mcp_results.error_of(answer), LONGEST_ERROR)
            raise ToolError(said or NOTHING_MORE)
        return mcp_results.result_of(answer)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.UNKNOWN

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        return Lookup(Happened.UNKNOWN)

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        raise ToolError(f"{self._spec.name} cannot be undone")

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return Lookup(Happened.UNKNOWN)


class LostTool:
    """A tool of a server that could not be reached when the toolbox was built: asks again at each
    call; irreversible unless overridden.
    """

    def __init__(self, server: DeclaredServer, name: str) -> None:
        self._server, self._name = server, name
        self._spec = spec_of(
            server,
            Offered(
                name=name,
                description="(its server could not be reached)",
                input_schema={"type": "object"},
            ),
        )

    @property
    def spec(self) -> ToolSpec:
        return self._spec

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        """Call the real tool. Raises ServerUnavailable while there is none. Its arguments are
        checked here, since they could not be before.
        """
        session = mcp_sessions.session_with(self._server)
        if (offered := await session.tool(self._name)) is None:
            raise ToolError(GONE.format(server=self._server.name, tool=self._name))
        held = await held_of(self._server, await session.tools(), session.left_out)
        if why := held.get(self._name):
            raise ToolError(why)
        if wrong := arguments.problems(offered.input_schema, args):
            raise ToolError("; ".join(wrong))
        return await McpTool(self._server, offered).call(args, context)

    check, lookup, undo, undo_lookup = (
        McpTool.check,
        McpTool.lookup,
        McpTool.undo,
        McpTool.undo_lookup,
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """The result of asking a server for its tools: those it has, sentences about what is missing,
    and by their whole names why some are held.
    """

    tools: list[Tool]
    missing: tuple[str, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)


async def offer_of(server: DeclaredServer, expected: Iterable[str] = ()) -> Offer:
    """Every tool the server offers, listed once a session.

    When it cannot be reached: the expected ones, those an admin spoke of, and those that it had
    when the console last looked.
    """
    session = mcp_sessions.session_with(server)
    try:
        offered = await session.tools()
    except (ToolError, TimeoutError) as error:
        sentence = confidential.current().text(
            str(error) or f"MCP server {server.name} gave no answer."
        )
        logger.warning("%s", sentence)
        await unreached(server, sentence)
        names = dict.fromkeys(
            [
                *(name for name in expected if not set(name) & set("*?[")),
                *server.overrides,
                *server.hints,
            ]
        )
        return Offer([LostTool(server, name) for name in names], (sentence,))
    held, mask = await held_of(server, offered, session.left_out), confidential.current()
    missing = (
        *(mask.text(f"MCP server {server.name}: {sentence}") for sentence in session.left_out),
        *held.values(),
    )
    for sentence in missing:
        logger.warning("%s", sentence)
    fit = [McpTool(server, each) for each in offered if each.name not in held]
    return Offer(list(fit), missing, {f"{server.name}.{name}": why for name, why in held.items()})


async def held_of(
    server: DeclaredServer, offered: Iterable[Offered], left_out: Sequence[str]
) -> Mapping[str, str]:
    """Why some of its tools may not be called, by name; of a server that is no row, nothing is on
    record.
    """
    return await pins.held(server.name, offered, left_out) if server.recorded else {}


async def unreached(server: DeclaredServer, why: str) -> None:
    """Keep for people why it gave no list; a run goes on also where that cannot be kept."""
    try:
        if server.recorded:
            await pins.unreached(server.name, why)
    except ToolError as error:
        logger.warning("%s", error)


async def still_accepted(session: McpSession, known: Offered) -> None:
    """Raises ToolError when the server defines the tool in another way now, and nobody has accepted
    that, or has it no more.
    """
    try:
        async with asyncio.timeout(LIST_SECONDS):
            now = await session.tool(known.name)
    except (ToolError, TimeoutError) as error:  # whatever it was, the call was not made
        raise ServerUnavailable(
            str(error) or f"MCP server {session.server.name} did not list its tools"
        ) from error
    if now == known:
        return
    if now is None:
        raise ToolError(GONE.format(server=session.server.name, tool=known.name))
    held = await held_of(session.server, await session.tools(), session.left_out)
    if why := held.get(known.name):
        raise ToolError(why)


def spec_of(server: DeclaredServer, offered: Offered) -> ToolSpec:
    """The tool as the console sees it, named `server.tool`: by an admin's word, else by hints an
    admin trusts, else irreversible.
    """
    said = server.overrides.get(offered.name) or {}
    proposed = believed(server, offered)
    effect = Effect(said["effect"]) if "effect" in said else proposed.effect
    mask = confidential.current()
    return ToolSpec(
        name=f"{server.name}.{offered.name}",
        description=mask.text(offered.description or offered.title or "")[:LONGEST_DESCRIPTION],
        schema=mask.json(offered.input_schema),
        effect=effect,
        idempotent=bool(said["idempotent"])
        if "idempotent" in said
        else effect is Effect.READ or proposed.idempotent,
        timeout=float(said.get("timeout", DEFAULT_TIMEOUT)),
        scope=str(said.get("scope", "")),
        visibility=Visibility(said.get("visibility", Visibility.USER_HIDDEN)),
        output_schema=offered.output_schema,
        effect_key=tuple(map(str, said.get("effect_key") or ())),
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a server says that its tool does. It counts only where an admin says so: whoever wrote
    the server wrote this too.
    """

    effect: Effect = Effect.IRREVERSIBLE
    idempotent: bool = False


def proposal(offered: Offered) -> Proposal:
    """`destructive: false` only promises that it adds; nothing promises that it can be taken back,
    so that is irreversible as well.
    """
    hints = offered.annotations
    if hints is None:
        return Proposal()
    effect = Effect.READ if hints.read_only_hint is True else Effect.IRREVERSIBLE
    return Proposal(effect, effect is Effect.READ or hints.idempotent_hint is True)


def believed(server: DeclaredServer, offered: Offered) -> Proposal:
    """What holds of a tool by its hints: those the admin trusted, as they were seen then, and no
    more than the server says today.
    """
    seen, now = server.hints.get(offered.name) or {}, proposal(offered)
    if not server.trust_hints:
        return Proposal()
    read = seen.get("effect") == Effect.READ and now.effect is Effect.READ
    return Proposal(
        Effect.READ if read else Effect.IRREVERSIBLE,
        bool(seen.get("idempotent")) and now.idempotent,
    )
