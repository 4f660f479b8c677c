"""An MCP server over stdio whose answers are hard to read; what `say` is asked for, it says so.

`python garbling_server.py`.
"""

import json
import sys
from typing import Any

GREETING = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "garbling", "version": "1"},
}
TOOL = {"name": "say", "inputSchema": {"type": "object"}}
DEEP = 250


def line(number: int, **said: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, **said})


def text(number: int, words: str) -> str:
    return line(number, result={"content": [{"type": "text", "text": words}]})


def put(number: int, how: str) -> bytes:
    match how:
        case "after words":
            return f"\rLoading… 100%{{}}{text(number, 'paid')}\n".encode()
        case "half a character":
            return f"{text(number, 'paid 😀')[:-17]}\\ud83d{text(number, 'x')[-5:]}\n".encode()
        case "deep":
            nested = '{"a":' * DEEP + "7" + "}" * DEEP
            return text(number, "@").replace('"@"', json.dumps(f"paid {nested}")).encode() + b"\n"
        case "deep structure":
            nested = '{"a":' * DEEP + "7" + "}" * DEEP
            whole = line(number, result={"content": [], "structuredContent": "@"})
            return whole.replace('"@"', nested).encode() + b"\n"
        case "another alphabet":
            return (
                text(number, "@").encode().replace(b"@", "bezahlt für Jürgen".encode("cp1252"))
                + b"\n"
            )
        case "in a list":
            note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}
            return f"[{json.dumps(note)}, {text(number, 'paid')}]\n".encode()
        case "a number with a point":
            pointed = text(number, "paid").replace(f'"id": {number}', f'"id": {number}.0')
            return pointed.encode() + b"\n"
        case "no end":
            return b"x" * 3_000_000
    return text(number, "x" * 9_000_000).encode() + b"\n"


for asked in sys.stdin:
    message = json.loads(asked)
    if "id" not in message:
        continue
    match message["method"]:
        case "initialize":
            out = line(message["id"], result=GREETING).encode() + b"\n"
        case "tools/list":
            out = line(message["id"], result={"tools": [TOOL]}).encode() + b"\n"
        case "tools/call":
            out = put(message["id"], message["params"]["arguments"]["how"])
        case _:
            out = line(message["id"], error={"code": -32601, "message": "no"}).encode() + b"\n"
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()
