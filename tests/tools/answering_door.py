"""An MCP server over HTTP with sessions, whose answer to each call of its one tool a test writes as
bytes: what stands between a server and its callers answers too.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.handled import handled

JSON = "application/json"
GREETING = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "door", "version": "1"},
}
TOOL = {"name": "pay", "inputSchema": {"type": "object"}}


@dataclass(frozen=True)
class DoorAnswer:
    """A status, a type and a body; where the body is an object it is sent as a message of the
    protocol, with the number of what was asked, which stands for each `@` of a text. `again` is
    when to come back.
    """

    status: int
    body: Any = ""
    kind: str = JSON
    again: str = ""


LISTED = DoorAnswer(200, {"result": {"tools": [TOOL]}})
PAID = DoorAnswer(200, {"result": {"content": [{"type": "text", "text": "paid"}]}})


@dataclass
class Door:
    """`answers` are given to calls in turn, then PAID, and `listings` to questions for its tools;
    `calls` counts how often the tool was called, and `greeted` how many sessions there were.
    """

    answers: list[DoorAnswer]
    url: str = ""
    calls: int = 0
    greeted: int = 0
    listings: list[DoorAnswer] = field(default_factory=list)

    @property
    def declared(self) -> dict[str, Any]:
        return {"name": "door", "transport": "http", "url": self.url}

    def answer(self, asked: dict[str, Any]) -> DoorAnswer:
        match asked["method"]:
            case "initialize":
                self.greeted += 1
                return DoorAnswer(200, {"result": GREETING})
            case "tools/list":
                return self.listings.pop(0) if self.listings else LISTED
            case "tools/call":
                self.calls += 1
                return self.answers.pop(0) if self.answers else PAID
        if "id" not in asked:
            return DoorAnswer(202)
        return DoorAnswer(200, {"error": {"code": -32601, "message": "no such method"}})


@contextmanager
def door(*answers: DoorAnswer) -> Iterator[Door]:
    made = Door(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            said = made.answer(asked)
            whole = isinstance(said.body, dict)
            numbered = {"jsonrpc": "2.0", "id": asked.get("id"), **said.body} if whole else {}
            text = str(said.body).replace("@", str(asked.get("id")))
            self.told(said, (json.dumps(numbered) if whole else text).encode())

        def do_GET(self) -> None:
            self.told(DoorAnswer(405), b"")

        def do_DELETE(self) -> None:
            self.told(DoorAnswer(405), b"")

        def told(self, said: DoorAnswer, content: bytes) -> None:
            self.send_response(said.status)
            self.send_header("content-type", said.kind)
            if said.again:
                self.send_header("retry-after", said.again)
            self.send_header("mcp-session-id", f"s{made.greeted}")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with handled(Handler) as port:
        made.url = f"http://127.0.0.1:{port}/mcp"
        yield made
