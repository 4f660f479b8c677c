"""Trying an MCP server from a web process: start or reach it, ask what it offers, keep that for
people. Bounded, and never an exception.
"""

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from typing import Any

from console.outside import confidential
from runs import snapshots
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import Effect
from runs.models import McpServer
from runs.tools import mcp_server, pins, sightings
from runs.tools.definitions import Definition

SECONDS = 8.0
STARTING_SECONDS = 2.0
MOST_TOOLS = 500
LONGEST = 1_000
log = logging.getLogger(__name__)


@dataclass
class ServerTrial:
    """The result of a trial: the tools as facts, what was left out, or why there are none."""

    offered: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    trouble: str = ""
    definitions: list[Definition] = field(default_factory=list)


def tried(server: McpServer) -> ServerTrial:
    """Try the server, in a thread of its own with a loop of its own; its slow closing is not waited
    for.
    """
    confidential.learn(confidential.in_address(server.url, f"the address of {server.name}"))
    confidential.mask()
    told: Queue[ServerTrial] = Queue()
    declared = mcp_server.declared(snapshots.server(server))
    threading.Thread(
        target=lambda: asyncio.run(_look(declared, told)),
        name=f"trial of {server.name}",
        daemon=True,
    ).start()
    try:
        return told.get(timeout=SECONDS + STARTING_SECONDS)
    except Empty:
        return silent(server.name)


def silent(name: str) -> ServerTrial:
    return ServerTrial(
        trouble=(
            f"MCP server {name} gave no answer in {SECONDS:.0f} s. If it had to download itself,"
            " save it once more."
        )
    )


async def _look(server: mcp_server.DeclaredServer, told: "Queue[ServerTrial]") -> None:
    """Say what came of it, then close: a process that does not want to end is ended by the SDK,
    which takes its time.
    """
    # the MCP SDK takes half a second to import: not every web process has to
    from runs.tools import mcp_sessions  # noqa: PLC0415

    try:
        told.put(await _asked(server))
    except TimeoutError:
        told.put(silent(server.name))
    except ToolError as error:
        told.put(ServerTrial(trouble=confidential.current().text(str(error))))
    except Exception as error:
        log.exception("MCP server %s could not be tried", server.name)
        told.put(
            ServerTrial(
                trouble=f"MCP server {server.name} could not be tried: {type(error).__name__}."
            )
        )
    finally:
        await mcp_sessions.close_all()


async def _asked(server: mcp_server.DeclaredServer) -> ServerTrial:
    from runs.tools import mcp_sessions  # noqa: PLC0415

    session = mcp_sessions.session_with(server)
    async with asyncio.timeout(SECONDS):
        tools = await session.tools()
    left_out = [confidential.current().text(sentence) for sentence in session.left_out]
    return ServerTrial(
        offered=[facts(each) for each in tools[:MOST_TOOLS]],
        left_out=left_out,
        definitions=[pins.definition(each) for each in tools],
    )


def facts(offered: Any) -> dict[str, Any]:
    """A tool as it is kept: its name and description, the digest of its schema, and what its server
    claims that it does.
    """
    from runs.tools import arguments, mcp_tools  # noqa: PLC0415

    mask, claimed = confidential.current(), mcp_tools.proposal(offered)
    schema = json.dumps(offered.input_schema, sort_keys=True)
    return {
        "name": offered.name,
        "description": mask.text(offered.description or offered.title or "")[:LONGEST],
        "digest": hashlib.sha256(schema.encode()).hexdigest(),
        "effect": claimed.effect.value,
        "idempotent": claimed.idempotent,
        "notes": mask.text(
            "; ".join(
                f"{what} is not checked here" for what in arguments.unchecked(offered.input_schema)
            )
        ),
    }


def kept(server: McpServer, trial: ServerTrial, *, at: datetime) -> None:
    """Store the result on the row, and its tools on record as if a worker had seen them; what was
    offered before stays while the server cannot be reached.
    """
    server.trouble, server.tried_at, server.left_out = trial.trouble, at, trial.left_out
    if not trial.trouble:
        server.offered = trial.offered
    McpServer.objects.filter(pk=server.pk).update(
        trouble=server.trouble, tried_at=at, left_out=server.left_out, offered=server.offered
    )
    if not trial.trouble:
        sightings.seen(server.name, trial.definitions, trial.left_out)


def state(server: McpServer) -> str:
    """The server's state in words: never tried, why it cannot be reached, or how many tools it
    offers.
    """
    if server.tried_at is None:
        return "not tried yet"
    when = f"{server.tried_at:%Y-%m-%d %H:%M} UTC"
    if server.trouble:
        return f"{server.trouble} ({when})"
    left_out = f", {len(server.left_out)} left out" if server.left_out else ""
    return f"{len(server.offered)} tools{left_out} ({when})"


def counts(server: McpServer, tool: Mapping[str, Any]) -> str:
    """The effect that the tool counts as having: by the admin's declaration, else by a trusted
    hint, else irreversible.
    """
    said = server.overrides.get(tool["name"]) or {}
    hinted = tool if server.trust_hints else {}
    effect = said.get("effect") or hinted.get("effect") or Effect.IRREVERSIBLE.value
    idempotent = said.get("idempotent", hinted.get("idempotent", False) or effect == Effect.READ)
    return f"{effect}{', idempotent' if idempotent else ''}"
