"""The tools one run may use, put together from its snapshot: declared functions by name or pattern,
its MCP servers, a recording, or the shadow tools of a fire drill.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from console.json_value import Json
from console.outside import confidential
from runs.engine.ports import Tool, Toolbox, ToolSpec
from runs.planners import recorded_planner
from runs.tools import broken_tools, mcp_server, registry, shadow_tools
from runs.tools.mcp_server import DeclaredServer
from runs.tools.placed import PlacedTool

if TYPE_CHECKING:  # it imports the MCP SDK
    from runs.tools.mcp_tools import Offer


class Box:
    """A fixed set of tools by name. `missing`: sentences about what should be in it and is not;
    `withheld`: by name, why a tool is not to be called.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        missing: Iterable[str] = (),
        withheld: Mapping[str, str] | None = None,
        *,
        per_run: bool = False,
    ) -> None:
        self.missing, self.withheld, self._per_run = tuple(missing), dict(withheld or {}), per_run
        self._tools = {tool.spec.name: tool for tool in tools}
        self._specs = tuple(tool.spec for tool in self._tools.values())

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._specs

    def find(self, name: str) -> Tool | None:
        return self._tools.get(name)

    async def run_ended(self, run: str) -> None:
        """Servers that worked for this run alone are let go."""
        if self._per_run:
            from runs.tools import mcp_sessions  # noqa: PLC0415

            await mcp_sessions.close_of(run)


async def build(snapshot: Mapping[str, Json]) -> Toolbox:
    """The toolbox of a run. A server that is down is no failure here: its tools fail by name when
    they are called, and work once it is back.
    """
    if (recording := snapshot.get("recording")) is not None:
        return recorded_planner.toolbox(recording)
    if (drill := snapshot.get("drill")) is not None:
        return shadow_tools.toolbox(drill)
    patterns = [str(pattern) for pattern in snapshot.get("tools") or []]
    known = registry.discover()
    tools: list[Tool] = [
        PlacedTool(declared) for name, declared in sorted(known.items()) if matches(name, patterns)
    ]
    missing = broken_tools.lacking(patterns, known, registry.broken())
    withheld: dict[str, str] = {}
    servers = [mcp_server.declared(raw) for raw in snapshot.get("mcp_servers") or []]
    for server in servers:
        confidential.learn(confidential.in_address(server.url, f"the address of {server.name}"))
        confidential.mask()
        offer = await _served(server, patterns)
        tools.extend(offer.tools)
        missing.extend(offer.missing)
        withheld |= offer.withheld
    return Box(tools, missing, withheld, per_run=any(each.per_run for each in servers))


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


async def _served(server: DeclaredServer, patterns: Iterable[str]) -> "Offer":
    """The server's tools, or those that match if a pattern names this server; and sentences about
    what is missing.
    """
    # the MCP SDK takes half a second to import: only runs whose agent has a server pay for it
    from runs.tools import mcp_tools  # noqa: PLC0415

    own = [pattern for pattern in patterns if pattern.startswith(f"{server.name}.")]
    offer = await mcp_tools.offer_of(
        server, expected=[pattern.partition(".")[2] for pattern in own]
    )
    return replace(
        offer, tools=[tool for tool in offer.tools if not own or matches(tool.spec.name, own)]
    )
