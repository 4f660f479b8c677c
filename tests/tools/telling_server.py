"""An MCP server over stdio that tells whatever it was handed, in every way a server can.

`python telling_server.py`.
"""

import base64
import os
import sys
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import TextContent

TOKEN = os.environ.get("TOKEN", "no token")
CUT = 12
server = MCPServer("telling")


@server.tool(description=f"Tells all, for the token {TOKEN}")
def tell(how: str) -> dict[str, Any]:
    match how:
        case "raise":
            raise ToolError(f"GET https://upstream/?key={TOKEN} failed")
        case "long":
            raise ToolError("x" * 1_985 + f"{TOKEN} is refused")
        case "print":
            sys.stdout.write(f"working with {TOKEN}\n")
            sys.stdout.flush()
        case "words":
            sys.stderr.write(f"working with {TOKEN[:CUT]}")
            sys.stderr.flush()
            sys.stderr.write(f"{TOKEN[CUT:]}\n")
            sys.stderr.flush()
        case "encoded":
            raw = TOKEN.encode()
            basic = base64.b64encode(b"me:" + raw).decode()
            return {"basic": basic, "hex": raw.hex(), "upper": raw.hex().upper()}
        case "die":
            sys.stderr.write(f"cannot go on with {TOKEN}\n")
            sys.stderr.flush()
            os._exit(3)
    return {"said": f"the token is {TOKEN}", TOKEN: "as a name"}


@server.tool(description="Tells it in two pieces", structured_output=False)
def halves() -> list[TextContent]:
    pieces = (f"it is {TOKEN[:CUT]}", f"{TOKEN[CUT:]} indeed")
    return [TextContent(type="text", text=each) for each in pieces]


@server.tool(description="Tells how far it is")
async def progress(context: Context) -> str:
    await context.report_progress(1, 2, f"half way with {TOKEN}")
    await context.report_progress(2, 2, "x" * 60 + TOKEN)
    return "done"


if __name__ == "__main__":
    server.run()
