"""An MCP server over stdio whose tools are what a file says at the moment: `python
changing_server.py FILE LEDGER`.

When a call is made, it is written down in the ledger. When the file has changed since the last
message, it says so first if the file has `tell`.
"""

import json
import sys
from pathlib import Path
from typing import Any

FILE, LEDGER = Path(sys.argv[1]), Path(sys.argv[2])


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def result(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["method"] == "initialize":
        return {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": "changing", "version": "1"},
        }
    if asked["method"] == "tools/list":
        return {"tools": json.loads(FILE.read_text())["tools"]}
    with LEDGER.open("a") as ledger:
        ledger.write(json.dumps(asked["params"]) + "\n")
    return {"content": [{"type": "text", "text": "done"}]}


last = FILE.read_text()
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    if FILE.read_text() != last:
        last = FILE.read_text()
        if json.loads(last).get("tell"):
            say({"method": "notifications/tools/list_changed"})
    if message["method"] in {"initialize", "tools/list", "tools/call"}:
        say({"id": message["id"], "result": result(message)})
    else:
        say({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})
