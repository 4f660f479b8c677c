"""The tools one run may use, put together from its snapshot: declared functions by name or pattern,
its MCP servers, or a recording.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from console.json_value import Json
from console.outside import confidential
from runs.engine.ports import Tool, Toolbox, ToolSpec
from runs.planners import recorded_planner
from runs.tools import broken_tools, mcp_server, registry
from runs.tools.mcp_server import DeclaredServer
from runs.tools.placed import PlacedTool


class Box:
    """A fixed set of tools by name. `missing`: sentences about what should be in it and is not."""

    def __init__(self, tools: Iterable[Tool], missing: Iterable[str] = ()) -> None:
        self.missing = tuple(missing)
        self._tools = {tool.spec.name: tool for tool in tools}
        self._specs = tuple(tool.spec for tool in self._tools.values())

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._specs

    def find(self, name: str) -> Tool | None:
        return self._tools.get(name)


async def build(snapshot: Mapping[str, Json]) -> Toolbox:
    """The toolbox of a run. A server that is down is no failure here: its tools fail by name when
    they are called, and work once it is back.
    """
    if (recording := snapshot.get("recording")) is not None:
        return recorded_planner.toolbox(recording)
    patterns = [str(pattern) for pattern in snapshot.get("tools") or []]
    known = registry.discover()
    tools: list[Tool] = [
        PlacedTool(declared) for name, declared in sorted(known.items()) if matches(name, patterns)
    ]
    missing = broken_tools.lacking(patterns, known, registry.broken())
    for raw in snapshot.get("mcp_servers") or []:
        confidential.learn(
            confidential.in_address(str(raw.get("url") or ""), f"the address of {raw['name']}")
        )
        confidential.mask()
        found, sentences = await _served(mcp_server.declared(raw), patterns)
        tools.extend(found)
        missing.extend(sentences)
    return Box(tools, missing)


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


async def _served(
    server: DeclaredServer, patterns: Iterable[str]
) -> tuple[list[Tool], tuple[str, ...]]:
    """The server's tools, or those that match if a pattern names this server; and sentences about
    what is missing.
    """
    # the MCP SDK takes half a second to import: only runs whose agent has a server pay for it
    from runs.tools import mcp_tools  # noqa: PLC0415

    own = [pattern for pattern in patterns if pattern.startswith(f"{server.name}.")]
    offer = await mcp_tools.offer_of(
        server, expected=[pattern.partition(".")[2] for pattern in own]
    )
    return [tool for tool in offer.tools if not own or matches(tool.spec.name, own)], offer.missing
