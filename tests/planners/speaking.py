"""A server that answers each request by a function, as strictly as a provider does that insists on
what it sent before.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.handled import handled

Answered = Callable[[dict[str, Any]], tuple[int, Any]]


@dataclass
class Speaker:
    """`asked` are the bodies of the requests so far, `headers` and `paths` theirs."""

    base_url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def speaking(answered: Answered) -> Iterator[Speaker]:
    speaker = Speaker()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            speaker.asked.append(body)
            speaker.headers.append({name.lower(): value for name, value in self.headers.items()})
            speaker.paths.append(self.path)
            status, reply = answered(body)
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with handled(Handler) as port:
        speaker.base_url = f"http://127.0.0.1:{port}/v1"
        yield speaker


def chat(message: dict[str, Any], usage: Any = None, **choice: Any) -> tuple[int, Any]:
    """A chat completion that says no more than it must."""
    reply = {"choices": [{"message": message, **choice}], "model": "m"}
    return 200, reply if usage is None else {**reply, "usage": usage}


def wants(tool: str, args: Any = "{}", **extra: Any) -> dict[str, Any]:
    """A message that calls one tool."""
    return {"tool_calls": [{"function": {"name": tool, "arguments": args}, **extra}]}


def refused(words: str, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"message": words, "type": "invalid_request_error"}}


def turns_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model itself said so far, as it is sent back."""
    return [each for each in body["messages"] if each["role"] == "assistant"]
