"""An MCP server that has a child, and a child that left its group: `python family_server.py FILE
TRANSPORT [PORT]` writes their pids into the file; it counts how often `count` was called.

Over SSE or HTTP it answers only who bears the token `opensesame`, and repeats that.
"""

import os
import subprocess
import sys
from pathlib import Path

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

FILE, TRANSPORT = Path(sys.argv[1]), sys.argv[2]
TOKEN = "opensesame"
WAIT = [sys.executable, "-c", "import signal; signal.pause()"]
server = MCPServer("family")
counted = 0


@server.tool()
def count() -> str:
    """Count one more."""
    global counted
    counted += 1
    return f"counted {counted}" if TRANSPORT == "stdio" else f"counted {counted} for {TOKEN}"


class Door:
    """Lets in who bears the token."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (
            Request(scope).headers.get("authorization") != f"Bearer {TOKEN}"
        ):
            await PlainTextResponse("who are you?", 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def family() -> list[int]:
    """Two that wait: one of this group, one of its own session."""
    return [
        subprocess.Popen(WAIT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).pid,
        subprocess.Popen(
            WAIT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        ).pid,
    ]


if __name__ == "__main__":
    if TRANSPORT == "stdio":
        with FILE.open("a") as file:
            file.write(" ".join(map(str, [os.getpid(), *family()])) + "\n")
        server.run()
    else:
        app = server.sse_app() if TRANSPORT == "sse" else server.streamable_http_app()
        uvicorn.run(Door(app), host="127.0.0.1", port=int(sys.argv[3]), log_level="error")
