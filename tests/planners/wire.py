"""A server of raw HTTP answers: what a mock provider cannot do, such as dropping a connection,
hanging, or answering nonsense.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


class Cut(bytes):
    """The beginning of an answer, after which the connection is closed."""


DROP = Cut()
HANG = None


@dataclass
class Wire:
    """Gives its answers in turn: bytes to send, Cut ones to send and close (DROP: nothing, and
    close), HANG to say nothing until the other side leaves.
    """

    answers: list[bytes | None]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    base_url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                self.requests.append(head + await reader.readexactly(size))
                self.asked.set()
                answer = self.answers.pop(0)
                if answer is HANG:
                    await reader.read()  # ends when the other side closes its connection
                    break
                writer.write(answer)
                if isinstance(answer, Cut):
                    break
        except asyncio.IncompleteReadError:
            pass  # closed between requests
        finally:
            self.left.set()
            writer.close()

    def body(self, place: int = -1) -> Any:
        return json.loads(self.requests[place].partition(b"\r\n\r\n")[2])


@asynccontextmanager
async def serving(*answers: bytes | None) -> AsyncIterator[Wire]:
    wire = Wire(list(answers))
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield wire
    finally:
        server.close()


def answer(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; `body` is sent as JSON, or as it is when it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {
        "content-type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}content-length: {len(data)}\r\n\r\n".encode() + data


def completion(
    message: dict[str, Any],
    usage: dict[str, Any] | None,
    finish: str = "stop",
    model: str = "gpt-4o-mini",
) -> dict[str, Any]:
    """The body of a chat completion."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, **message},
        "finish_reason": finish,
    }
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [choice],
    }
    return body if usage is None else {**body, "usage": usage}


def asks_for(*calls: tuple[str, str, str]) -> dict[str, Any]:
    """A message with tool calls: (id, name, arguments as sent)."""
    return {
        "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": args}}
            for id_, name, args in calls
        ]
    }


def used(tokens_in: int, tokens_out: int, cached: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
