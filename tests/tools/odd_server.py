"""An MCP server over stdio that offers one good tool among odd ones; with `hang` it never lists.

`python odd_server.py [hang|refuse]`.
"""

import json
import signal
import sys

GOOD = {
    "name": "look",
    "description": "Look it up",
    "inputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True},
}
WIPE = {"name": "wipe", "description": "Wipe it", "inputSchema": {"type": "object"}}
ODD = [
    {"name": "bare"},
    {"name": "typed", "inputSchema": {"type": "int"}},
    {"name": "hid\u202eden", "inputSchema": {"type": "object"}},
    "text",
]
HOW = sys.argv[1] if len(sys.argv) > 1 else ""


def answer(asked: dict[str, object]) -> dict[str, object]:
    match asked["method"]:
        case "initialize":
            told = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "odd", "version": "1"},
            }
            return {"result": told}
        case "tools/list" if HOW == "refuse":
            return {"error": {"code": -32603, "message": "no list today"}}
        case "tools/list" if HOW == "hang":
            signal.pause()
        case "tools/list":
            return {"result": {"tools": [ODD[0], GOOD, *ODD[1:], WIPE]}}
        case "tools/call":
            return {"result": {"content": [{"type": "text", "text": "done"}]}}
    return {"error": {"code": -32601, "message": "no such method"}}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        sys.stdout.write(
            json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer(message)}) + "\n"
        )
        sys.stdout.flush()
