"""A run's tools as workers saw them last, for pages: no page starts or asks a server.

They are described, not to be called.
"""

import json
from collections.abc import Iterable, Mapping

from console.json_value import Json
from runs.engine.ports import Tool, Toolbox
from runs.models import ServedTool
from runs.tools import mcp_server, sightings
from runs.tools.mcp_server import DeclaredServer
from runs.tools.toolbox import Box, matches


def beside(own: Toolbox, snapshot: Mapping[str, Json]) -> Toolbox:
    """The house's own tools of a run, with those of its servers from the record."""
    servers = [mcp_server.declared(raw) for raw in snapshot.get("mcp_servers") or []]
    if not servers:
        return own
    patterns = [str(pattern) for pattern in snapshot.get("tools") or []]
    found = [tool for spec in own.specs() if (tool := own.find(spec.name)) is not None]
    withheld: dict[str, str] = {}
    for server in servers:
        rows = list(ServedTool.objects.filter(server__name=server.name).select_related("server"))
        found.extend(_described(server, (row for row in rows if _offered(row, server, patterns))))
        withheld |= {
            str(row): sightings.sentence(row) for row in rows if row.withheld and not row.gone
        }
    return Box(found, withheld=withheld)


def _offered(row: ServedTool, server: DeclaredServer, patterns: Iterable[str]) -> bool:
    """Accepted, there, and the agent's: all of a server unless some pattern speaks of it."""
    own = [pattern for pattern in patterns if pattern.startswith(f"{server.name}.")]
    return not row.withheld and not row.gone and (not own or matches(str(row), own))


def _described(server: DeclaredServer, rows: Iterable[ServedTool]) -> Iterable[Tool]:
    # the MCP SDK takes half a second to import: only runs whose agent has a server pay for it
    from mcp.types import Tool as Offered  # noqa: PLC0415

    from runs.tools import mcp_tools  # noqa: PLC0415

    for row in rows:
        offered = Offered(
            name=row.name,
            description=row.definition.get("description") or "",
            input_schema=schema_of(row.definition.get("schema") or ""),
        )
        yield mcp_tools.McpTool(server, offered)


def schema_of(text: str) -> dict[str, Json]:
    """A kept schema; one that was too long to be kept whole says nothing here, and the worker
    checks by the real one.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"type": "object"}
