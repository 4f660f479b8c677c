"""An MCP server over stdio that answers word for word what it is given to say.

`python parts_server.py PAGES GREETING`: PAGES is a JSON list of `tools/list` answers, one a page;
GREETING is how it introduces itself. Its tool `give` answers its argument `answer`, whole; `slow`
waits until the server ends.
"""

import json
import sys

PAGES = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None
GREETING = (
    json.loads(sys.argv[2])
    if len(sys.argv) > 2
    else {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "parts", "version": "1"},
    }
)
OBJECT = {"type": "object"}
TOOLS = [{"name": name, "inputSchema": OBJECT} for name in ("give", "slow")]


def answer(asked: dict[str, object]) -> dict[str, object] | None:
    given = asked.get("params") or {}
    assert isinstance(given, dict)
    match asked["method"]:
        case "initialize":
            return {"result": GREETING}
        case "tools/list":
            pages = PAGES or [{"result": {"tools": TOOLS}}]
            page: dict[str, object] = pages[int(given.get("cursor") or 0)]
            return page
        case "tools/call" if given["name"] == "slow":
            return None
        case "tools/call":
            said: dict[str, object] = given["arguments"]["answer"]
            return said
    return {"error": {"code": -32601, "message": "no such method"}}


for line in sys.stdin:
    message = json.loads(line)
    said = answer(message) if "id" in message else None
    if said is not None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **said}) + "\n")
        sys.stdout.flush()
