"""An MCP server over stdio that tells whatever it was handed, in every way a server can.

`python telling_server.py`.
"""

import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

TOKEN = os.environ.get("TOKEN", "no token")
server = MCPServer("telling")


@server.tool(description=f"Tells all, for the token {TOKEN}")
def tell(how: str) -> dict[str, str]:
    if how == "raise":
        raise ToolError(f"GET https://upstream/?key={TOKEN} failed")
    if how == "die":
        sys.stderr.write(f"cannot go on with {TOKEN}\n")
        sys.stderr.flush()
        os._exit(3)
    return {"said": f"the token is {TOKEN}", TOKEN: "as a name"}


if __name__ == "__main__":
    server.run()
