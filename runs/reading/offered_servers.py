"""The MCP servers of an agent in a few words each: whether one answered when it was last asked, and
which of its tools a run of the agent is offered. No server is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runs.models import McpServer
from runs.reading.pills import Pill
from runs.reading.server_states import state_of
from runs.tools.toolbox import matches

GONE = Pill("circle-dashed", "Gone", "ended", "There is no such server any more.")


@dataclass(frozen=True, slots=True)
class OfferedServer:
    """One server, and the tools of it by their names."""

    name: str
    pill: Pill
    tools: Sequence[str]


def of(names: Sequence[str], patterns: Iterable[str]) -> list[OfferedServer]:
    """These servers, with the tools that fit the agent's patterns. Two queries, none for nobody."""
    if not names:
        return []
    found = {
        server.name: server
        for server in McpServer.objects.filter(name__in=names).prefetch_related("served")
    }
    return [shown(name, found.get(name), list(patterns)) for name in names]


def shown(name: str, server: McpServer | None, patterns: Sequence[str]) -> OfferedServer:
    if server is None:
        return OfferedServer(name, GONE, ())
    rows = sorted(server.served.all(), key=lambda row: row.name)
    own = [pattern for pattern in patterns if pattern.startswith(f"{name}.")]
    tools = [
        row.name
        for row in rows
        if not row.gone and not row.withheld and (not own or matches(f"{name}.{row.name}", own))
    ]
    return OfferedServer(name, state_of(server, rows), tools)
