"""The tools one run may use, put together from its snapshot: declared functions by name or pattern, its MCP servers, or a recording."""

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from runs.engine.errors import ToolError
from runs.engine.ports import Json, Lookup, Tool, Toolbox, ToolContext, ToolSpec
from runs.engine.vocabulary import Verdict
from runs.planners import recorded
from runs.tools import mcp_server, redaction, registry
from runs.tools.local import LocalTool
from runs.tools.mcp_server import Server
from runs.tools.redaction import Redactor


class Box:
    """A fixed set of tools by name."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._specs = tuple(tool.spec for tool in self._tools.values())

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._specs

    def find(self, name: str) -> Tool | None:
        return self._tools.get(name)


class Masked:
    """A tool whose answers never carry this agent's secrets."""

    def __init__(self, tool: Tool, redactor: Redactor) -> None:
        self._tool, self._redactor = tool, redactor

    @property
    def spec(self) -> ToolSpec:
        return self._tool.spec

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        try:
            return self._redactor.json(await self._tool.call(args, context))
        except ToolError as error:
            raise ToolError(self._redactor.text(str(error)), error.answered) from None
        except Exception as error:
            if self._redactor.text(str(error)) == str(error):
                raise
            raise ToolError(self._redactor.text(f"{type(error).__name__}: {error}")) from None

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return await self._tool.check(args, result, context)

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        found = await self._tool.lookup(args, context)
        return Lookup(found.happened, self._redactor.json(found.result))

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return self._redactor.json(await self._tool.undo(args, result, context))


async def build(snapshot: Mapping[str, Json]) -> Toolbox:
    """The toolbox of a run. A server that is down is no failure here: its tools fail by name when called, and work once it is back."""
    if (recording := snapshot.get("recording")) is not None:
        return recorded.toolbox(recording)
    patterns = [str(pattern) for pattern in snapshot.get("tools") or []]
    tools: list[Tool] = [LocalTool(declared) for name, declared in sorted(registry.discover().items()) if matches(name, patterns)]
    for raw in snapshot.get("mcp_servers") or []:
        tools.extend(await _served(mcp_server.declared(raw), patterns))
    redactor = Redactor(redaction.names_in(snapshot), os.environ)
    return Box(Masked(tool, redactor) if redactor else tool for tool in tools)


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


async def _served(server: Server, patterns: Iterable[str]) -> list[Tool]:
    """The server's tools: all of them, unless some pattern speaks of this server; then those that match."""
    # the MCP SDK takes half a second to import: only runs whose agent has a server pay for it
    from runs.tools import mcp_tools  # noqa: PLC0415

    own = [pattern for pattern in patterns if pattern.startswith(f"{server.name}.")]
    tools = await mcp_tools.tools_of(server, expected=[pattern.partition(".")[2] for pattern in own])
    return [tool for tool in tools if not own or matches(tool.spec.name, own)]
