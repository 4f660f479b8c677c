"""A small MCP server over streamable HTTP, for tests.

`python http_server.py PORT`; serves until it is killed.
"""

import asyncio
import sys

from mcp.server.mcpserver import Image, MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("shop")


@server.tool()
async def slow(seconds: float) -> str:
    """Take a while."""
    await asyncio.sleep(seconds)
    return "done"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def picture() -> list[str | Image]:
    """A word and a picture."""
    return ["hello", Image(data=b"\x89PNG" * 1_000, format="png")]


@server.tool(
    annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)
)
def book(length: int) -> str:
    """A long text."""
    return "x" * length


if __name__ == "__main__":
    server.run(
        transport="streamable-http",
        port=int(sys.argv[1]),
        stateless_http=sys.argv[2:] == ["stateless"],
    )
