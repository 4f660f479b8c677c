"""Attacks by runs: agents whose answers are checked by slow patterns and schemas, and models that
answer what no model should.
"""

import contextlib
import socketserver
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from runs.models import Agent

PATTERN = {"type": "string", "pattern": "^(a+)+$"}
UNIQUE = {"type": "array", "uniqueItems": True}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
MOST_PIECES = 20_000


def agents(models: str) -> dict[str, Agent]:
    """Each attack's agent, by the attack's name."""
    rows = ",".join(f'{{"n":{n},"s":"{n:06}"}}' for n in range(15_000))
    return {
        "slow_pattern": answering("pattern", "a" * 34 + "!", PATTERN),
        "unique_items": answering("unique", f"[{rows}]", UNIQUE),
        "deep_answer": answering("deep", "[" * 100_000, {"type": "array"}),
        **{
            name: made(name, planner="openai:bench", base_url=f"{models}/{name}/v1")
            for name in ANSWERS
        },
    }


def answering(name: str, final: str, schema: Mapping[str, Any]) -> Agent:
    """An agent that gives this answer, which has to fit this schema, as JSON or as text."""
    script = f"[[step]]\nfinal = '''{final}'''\n"
    accepted = [{"name": "shape", "schema": dict(schema)}]
    return made(name, planner="scripted", script=script, acceptance=accepted)


def made(name: str, **facts: Any) -> Agent:
    limits = {"max_steps": 10, "max_seconds": 30, "tools": [], "title": name}
    return Agent.objects.update_or_create(name=f"bench-{name}", defaults={**limits, **facts})[0]


def endless(write: Any) -> None:
    """A body that never ends."""
    for _ in range(MOST_PIECES):
        write(b" " * 65_536)


def nested(write: Any) -> None:
    write(b'{"choices": ' + b"[" * 1_000_000)


def digits(write: Any) -> None:
    write(b'{"choices": [], "usage": ' + b"9" * 4_000_000 + b"}")


ANSWERS = {"endless_model": endless, "nested_model": nested, "digits_model": digits}


class Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (piece := self.request.recv(65_536)):
            head += piece
        name = head.split(b" ", 2)[1].split(b"/")[1].decode()
        with contextlib.suppress(OSError):
            self.wfile.write(HEAD)
            ANSWERS[name](self.wfile.write)


class Models(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextlib.contextmanager
def hostile() -> Iterator[str]:
    """The address of the models."""
    with Models(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
