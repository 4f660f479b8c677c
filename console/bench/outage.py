"""50 runs whose provider is away for half an hour: does each of them finish, and what does the
provider see in the first second after its return?

The outage's clock is scaled, and with it the longest pause between two tries; the pace of the
return is that of production. `usual_per_s` are requests a second before the outage.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.contrib.auth.models import User

from console.stack import processes
from policies.outages.models import PatiencePolicy
from policies.thresholds.models import Thresholds
from runs import services
from runs.models import Agent, Run
from runs.runtime import worker_slots

USUAL_SECONDS = 8.0
"""For so long the runs are watched before the outage."""
STEPS = 30
OVERLOADED = 529


@dataclass
class FailingProvider:
    """A provider in the chat completions format that can be away. It keeps nothing of a run: which
    step it is at stands in what it is sent.
    """

    delay: float
    away: bool = False
    arrived: list[float] = field(default_factory=list)
    turned_away: int = 0

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.arrived.append(time.monotonic())
        if self.away:
            self.turned_away += 1
            return OVERLOADED, {"error": {"message": "Overloaded", "type": "overloaded_error"}}
        time.sleep(self.delay)
        step = sum(message["role"] == "tool" for message in request["messages"]) + 1
        return 200, completion(step)

    def requests(self, begin: float, end: float) -> int:
        return sum(begin <= at < end for at in self.arrived)


def completion(step: int) -> dict[str, Any]:
    """One call for each step, then an answer."""
    day = f"2026-{1 + step // 28:02}-{1 + step % 28:02}"
    function = {"name": "list_events", "arguments": json.dumps({"on": day})}
    call = {"id": f"c{step}", "type": "function", "function": function}
    message: dict[str, Any] = (
        {"role": "assistant", "content": None, "tool_calls": [call]}
        if step <= STEPS
        else {"role": "assistant", "content": "Every day was looked at."}
    )
    finish = "tool_calls" if step <= STEPS else "stop"
    return {
        "id": f"answer-{step}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "bench",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


@contextmanager
def serving(provider: FailingProvider) -> Iterator[int]:
    """Serve the provider on a free loopback port, which is yielded."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = provider.answer(request)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 512

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long it is away")
    parser.add_argument("--scale", type=float, default=60.0, help="how much faster that goes by")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds an answer takes")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    # the same tool over and over is what the loop rules are there to stop; here it is the load
    Thresholds.objects.filter(kind=Thresholds.Kind.LOOPS).update(
        changes={"hint": 1.0, "pause": 1.0, "stop": 1.0}
    )
    PatiencePolicy.objects.update_or_create(
        name="bench", defaults={"cap_seconds": max(1, round(60 / options.scale))}
    )
    provider = FailingProvider(options.delay)
    with (
        serving(provider) as port,
        processes.worker(slots=worker_slots.slots_for(options.runs + 8)),
        processes.clock(),
    ):
        for number in range(options.runs):
            start(number, port)
        begun = until_all(options.runs)
        time.sleep(USUAL_SECONDS)
        left = time.monotonic()
        provider.away = True
        time.sleep(options.minutes * 60 / options.scale)
        provider.away, back = False, time.monotonic()
        finished = until_finished(options.runs)
    usual = provider.requests(begun, left) / (left - begun)
    first = provider.requests(back, back + 1)
    return {
        "runs": options.runs,
        "finished": finished,
        "outage_minutes": options.minutes,
        "scale": options.scale,
        "usual_per_s": usual,
        "first_second": first,
        "first_second_ratio": first / usual,
        "busiest_second_ratio": busiest(provider, back, 60) / usual,
        "turned_away": provider.turned_away,
        "finished_s": time.monotonic() - back,
    }


def busiest(provider: FailingProvider, back: float, seconds: int) -> int:
    return max(provider.requests(back + each, back + each + 1) for each in range(seconds))


def start(number: int, port: int) -> None:
    user, _ = User.objects.get_or_create(username="bench")
    limits = {"max_steps": 1_000, "max_tokens": 10**9, "max_usd": 10**6, "max_seconds": 86_400}
    facts = {
        "title": "Bench",
        "planner": "openai:bench",
        "base_url": f"http://127.0.0.1:{port}/v1",
        "price_in": 1,
        "price_out": 1,
        "tools": ["list_events"],
        **limits,
    }
    agent, _ = Agent.objects.update_or_create(name="bench-outage", defaults=facts)
    services.start(agent=agent, goal=f"run number {number}", principal=user, at=datetime.now(UTC))


def until_all(runs: int, patience: float = 120.0) -> float:
    """Wait until each run has made two steps; returns the moment at which that was so."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if Run.objects.filter(step__gte=2).count() >= runs:
            return time.monotonic()
        time.sleep(0.2)
    raise RuntimeError(f"not all of {runs} runs had begun after {patience:.0f} s")


def until_finished(runs: int, patience: float = 240.0) -> int:
    """Wait until all runs have ended; returns how many of them completed."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if Run.objects.filter(status__in=("completed", "stopped")).count() >= runs:
            break
        time.sleep(0.5)
    return Run.objects.filter(status="completed").count()
