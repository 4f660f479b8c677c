"""Stands between a client and the mock provider: says what the next answer shall be, drops
connections, notes what was reported.
"""

import json
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import BufferedIOBase
from typing import Any
from urllib.parse import urlsplit

from llmock.scenarios import Behavior
from llmock.testing import LLMockServer

from tests.patience import PATIENCE, ended

DROP = None
Act = Sequence[Behavior] | None


@dataclass
class Relay:
    """Request n, kept in `asked`, gets `plan[n]`: behaviours of the mock, or DROP.

    `reported` is the usage of each answer.
    """

    mock: LLMockServer
    plan: list[Act]
    path: str
    reported: list[dict[str, int]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def answer(self, head: list[bytes], body: bytes) -> bytes | None:
        act, self.requests = self.plan[self.requests], self.requests + 1
        self.asked.append(json.loads(body))
        if act is DROP:
            return None
        self.mock.state.scenarios.add(*act)
        verb, path, _ = head[0].decode().split(" ")
        onward = HTTPConnection("127.0.0.1", self.mock.port, timeout=PATIENCE)
        headers = dict(line.decode().strip().split(": ", 1) for line in head[1:])
        onward.request(verb, path, body, headers)
        reply = onward.getresponse()
        content = reply.read()
        onward.close()
        if reply.status == 200:
            self.reported.append(json.loads(content)["usage"])
        kept = [
            f"{name}: {value}"
            for name, value in reply.getheaders()
            if name.lower() in ("content-type", "retry-after")
        ]
        lines = [
            f"HTTP/1.1 {reply.status} {reply.reason}",
            *kept,
            f"content-length: {len(content)}",
            "connection: close",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@contextmanager
def relaying(mock: LLMockServer, wire: str, plan: list[Act]) -> Iterator[Relay]:
    relay = Relay(mock, plan, urlsplit(mock.base_url(wire)).path)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = list(iter(self.rfile.readline, b"\r\n"))
            if answer := relay.answer(head, read_body(head, self.rfile)):
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        relay.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            ended(thread)


def read_body(head: list[bytes], stream: BufferedIOBase) -> bytes:
    return stream.read(
        next(
            int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length")
        )
    )
