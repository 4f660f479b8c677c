"""A provider on this machine that asks for a given list of calls, one an answer, and checks every
request it gets: that it fits, that calls and answers pair, that the newest result is there whole.
Asked to sum up, it does; the next step's request is compared with that one, like with any other.

Speaks the OpenAI and the Anthropic wire. Deterministic: the next call is the next of the list.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from console.json_value import Json
from runs.engine.recall import RECALL

BYTES_PER_TOKEN = 4
CACHE = "cache_control"
FINAL = "All files are read."
ASKED_TO = "Sum up for yourself"
SUMMED_UP = "The files were read one after the other; nothing of note was found so far."


@dataclass(frozen=True, slots=True)
class PlannedRead:
    """One call that the provider asks for, and what it must have read of it in its next request."""

    tool: str
    args: Mapping[str, Json]
    answer: str


@dataclass
class Provider:
    """What one run is asked, and what was found wrong with its requests. `window` is in tokens.

    `offered` says of each request for a step whether it offers recall, `told` how it begins.
    """

    calls: Sequence[PlannedRead]
    window: int
    given: int = 0
    requests: int = 0
    over_window: int = 0
    unpaired: int = 0
    lost_before_read: int = 0
    prefix_rewrites: int = 0
    largest: int = 0
    summaries: int = 0
    recalls: int = 0
    recalled_exactly: int = 0
    offered: list[bool] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    before: list[Json] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)

    def checked(self, request: Mapping[str, Json], wire: "WireForm") -> tuple[int, Json]:
        messages = request["messages"]
        size = len(json.dumps(request, ensure_ascii=False).encode()) // BYTES_PER_TOKEN
        most = int(request.get("max_tokens") or request.get("max_completion_tokens") or 0)
        self.largest = max(self.largest, size + most)
        if size + most > self.window:
            self.over_window += 1
            return 400, wire.too_long(size + most, self.window)
        asked, answered = wire.paired(messages)
        self.unpaired += len(asked ^ answered.keys())
        said = [_unmarked(each) for each in messages]
        self.prefix_rewrites += said[: len(self.before)] != self.before
        self.before = said
        if ASKED_TO in json.dumps(messages[-1]):
            self.summaries += 1
            return 200, wire.reply(None, self.given, size, SUMMED_UP)
        tools = json.dumps(request.get("tools"))
        self.offered.append(f'"name": "{RECALL}"' in tools)
        self.told.append(json.dumps(messages[:3], ensure_ascii=False))
        done, newest = self.given, next(reversed(answered.values()), "")
        if done and self.calls[done - 1].tool == RECALL:
            self.recalls += 1
            self.recalled_exactly += newest.startswith(self.calls[done - 1].answer)
        if done and self.calls[done - 1].answer not in newest:
            self.lost_before_read += 1
        self.given = done + 1
        call = self.calls[done] if done < len(self.calls) else None
        return 200, wire.reply(call, done, size, FINAL)


@dataclass(frozen=True, slots=True)
class WireForm:
    """How one wire format says what the provider reads and answers."""

    too_long: Callable[[int, int], Json]
    paired: Callable[[Sequence[Json]], tuple[set[str], dict[str, str]]]
    reply: Callable[[PlannedRead | None, int, int, str], Json]


def _unmarked(message: Json) -> Json:
    """The content without the marks that say how far a provider is to cache it."""
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": [{"type": "text", "text": content}]}
    if not isinstance(content, list):
        return message
    blocks = [{name: block[name] for name in block if name != CACHE} for block in content]
    return {**message, "content": blocks}


def _openai_paired(messages: Sequence[Json]) -> tuple[set[str], dict[str, str]]:
    asked = {call["id"] for each in messages for call in each.get("tool_calls") or ()}
    answered = {
        each["tool_call_id"]: str(each["content"]) for each in messages if each["role"] == "tool"
    }
    return asked, answered


def _openai_reply(call: PlannedRead | None, number: int, size: int, words: str) -> Json:
    message: dict[str, Json] = {"role": "assistant", "content": None if call else words}
    if call:
        function = {"name": call.tool, "arguments": json.dumps(call.args)}
        message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": function}]
    return {
        "id": f"answer-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": "marathon",
        "choices": [
            {"index": 0, "message": message, "finish_reason": "tool_calls" if call else "stop"}
        ],
        "usage": {"prompt_tokens": size, "completion_tokens": 40, "total_tokens": size + 40},
    }


def _anthropic_blocks(messages: Sequence[Json], kind: str) -> Iterator[Json]:
    for each in messages:
        for block in each["content"] if isinstance(each["content"], list) else ():
            if block["type"] == kind:
                yield block


def _anthropic_paired(messages: Sequence[Json]) -> tuple[set[str], dict[str, str]]:
    asked = {block["id"] for block in _anthropic_blocks(messages, "tool_use")}
    answered = {
        block["tool_use_id"]: _text(block["content"])
        for block in _anthropic_blocks(messages, "tool_result")
    }
    return asked, answered


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _anthropic_reply(call: PlannedRead | None, number: int, size: int, words: str) -> Json:
    block: dict[str, Json] = {"type": "text", "text": words}
    if call:
        block = {
            "type": "tool_use",
            "id": f"call_{number}",
            "name": call.tool,
            "input": dict(call.args),
        }
    return {
        "id": f"answer-{number}",
        "type": "message",
        "role": "assistant",
        "model": "marathon",
        "content": [block],
        "stop_reason": "tool_use" if call else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": size, "output_tokens": 40},
    }


def _openai_too_long(size: int, window: int) -> Json:
    said = f"This model's maximum context length is {window} tokens; {size} were requested."
    return {"error": {"message": said, "code": "context_length_exceeded"}}


def _anthropic_too_long(size: int, window: int) -> Json:
    said = f"prompt is too long: {size} tokens > {window} maximum"
    return {"type": "error", "error": {"type": "invalid_request_error", "message": said}}


OPENAI = WireForm(_openai_too_long, _openai_paired, _openai_reply)
ANTHROPIC = WireForm(_anthropic_too_long, _anthropic_paired, _anthropic_reply)
WIRES = {"/chat/completions": OPENAI, "/messages": ANTHROPIC}


@contextmanager
def serving(provider: Provider) -> Iterator[int]:
    """Serve the provider on a free loopback port, which is yielded."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            wire = next(
                form for end, form in WIRES.items() if self.path.split("?")[0].endswith(end)
            )
            provider.requests += 1
            provider.arrived.append(time.perf_counter())
            status, body = provider.checked(request, wire)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            """Print nothing: a bench prints its figures only."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
