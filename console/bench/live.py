"""Commit to socket: a writer that really commits and publishes, a real Daphne, signed-in websockets
in a process of their own.

The latency of an event is the time from after its commit to when a socket could read a frame that
covers it, events merged into a later frame included. `lost` counts events that no frame covered,
over all sockets.
"""

import argparse
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.contrib.auth.models import User

from console.bench import browsers
from console.bench.browsers import SocketsSeen
from console.bench.sign_ins import cookie_of
from console.journal import append, pool
from console.journal.ledger import HOUSE
from console.journal.models import Chain
from console.journal.records import JournalRecord
from console.live import frames, publish
from console.stack import processes

PATIENCE = 30.0
DRAIN = 2.0
PUBLISHES = 300
ROUNDS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sockets",
        type=int,
        default=200,
        help="websockets, all watching the fleet (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", type=float, default=100, help="events per second (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long (default: %(default)s)")
    parser.add_argument(
        "--runs",
        type=int,
        default=10,
        help="runs the events are spread over (default: %(default)s)",
    )


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    cookies = [_cookie(number) for number in range(options.sockets)]
    keys = [uuid.uuid4() for _ in range(options.runs)]
    Chain.objects.bulk_create(Chain(id=key) for key in keys)
    with processes.web() as web, _clients(urlsplit(web.url).port or 0, cookies) as clients:
        writer = Writer(keys)
        writer.write(options.rate, options.seconds)
        time.sleep(DRAIN)
        clients.send("enough")
        seen: SocketsSeen = clients.recv()
    return {
        **figures(writer.committed, seen),
        "events_per_s": round(writer.rate, 1),
        "connect_s": round(seen.connect_s, 3),
        **_publishing(),
    }


@dataclass
class Writer:
    """Commits one event after the other to the chains in turn, each in its own durable commit, and
    announces it as a worker does.
    """

    keys: Sequence[uuid.UUID]
    committed: dict[tuple[str, int], float] = field(default_factory=dict)
    rate: float = 0.0

    def write(self, rate: float, seconds: float) -> None:
        """Commit at a steady pace; when a commit takes too long, the next ones follow without a
        pause.
        """
        count, began = round(rate * seconds), time.monotonic()
        with pool.pool().connection() as connection:
            for number in range(count):
                pause = began + number / rate - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                self._write_one(connection, self.keys[number % len(self.keys)], number)
        self.rate = count / (time.monotonic() - began)

    def _write_one(self, connection: append.ExecuteOn, key: uuid.UUID, number: int) -> None:
        at = datetime.now(UTC)
        record = JournalRecord(
            "bench.event", at, "bench", key, step=number, data={"note": uuid.uuid4().hex}
        )
        done = append.append(connection, HOUSE, key, [record], epoch=None, projection={})
        self.committed[str(key), done.seq] = time.monotonic()
        publish.publish(frame(str(key), done.seq, at))


def frame(run: str, seq: int, at: datetime) -> frames.Frame:
    """A frame as large as a worker's."""
    moment = at.isoformat()
    state = {
        "status": "running", "waiting_for": "", "stop_reason": "", "stop_detail": "",
        "phase": "calling", "phase_at": moment,
        "control": "", "step": seq, "calls": seq, "tool": "search_documents",
        "tokens_in": 12_000 + seq, "tokens_out": 900 + seq,
        "usd": "0.012345678", "usd_unknown": False, "reserved_tokens": 2_400,
        "reserved_usd": "0.001200000", "undone": 0, "to_undo": 0,
        "started_at": moment, "ended_at": None, "wake_at": None, "active_seconds": 0.0,
        "clock_since": moment,
    }  # fmt: skip
    return frames.Frame(run, seq, seq, moment, state, ("step.planned", "call.intended"))


def figures(
    committed: Mapping[tuple[str, int], float], seen: SocketsSeen
) -> dict[str, int | float]:
    """What the sockets saw, held against what was committed."""
    latencies: list[float] = []
    count = 0
    for read in seen.read:
        covered: set[tuple[str, int]] = set()
        for when, number in read:
            count += len(seen.frames[number])
            fresh = {
                event
                for frame in seen.frames[number]
                for event in events(frame)
                if event in committed
            } - covered
            covered |= fresh
            latencies += [when - committed[event] for event in fresh]
    expected = len(committed) * len(seen.read)
    return {
        "p50_ms": round(percentile(latencies, 0.50) * 1000, 3),
        "p99_ms": round(percentile(latencies, 0.99) * 1000, 3),
        "max_ms": round(max(latencies, default=0.0) * 1000, 3),
        "lost": expected - len(latencies),
        "sockets": len(seen.read) - seen.closed,
        "events": len(committed),
        "deliveries": len(latencies),
        "frames": count,
        "gaps": sum(seen.gaps[number] for read in seen.read for _, number in read),
    }


def events(frame: tuple[str, int, int]) -> Iterator[tuple[str, int]]:
    """The events a frame covers."""
    run, first, last = frame
    return ((run, seq) for seq in range(first, last + 1))


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _publishing() -> dict[str, float]:
    """What it costs a caller to announce a frame, beside a bare PUBLISH of the same text; the two
    take turns.
    """
    one = frame(str(uuid.uuid4()), 1, datetime.now(UTC))
    text, client = frames.encode(one), redis.Redis.from_url(settings.REDIS_URL)
    bare: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        bare += _timed(lambda: client.publish("bench", text))
        ours += _timed(lambda: publish.publish(one))
    raw, own = statistics.median(bare), statistics.median(ours)
    return {
        "publish_p50_us": round(own * 1e6, 1),
        "raw_publish_p50_us": round(raw * 1e6, 1),
        "publish_ratio": round(own / raw, 2),
    }


def _timed(act: Callable[[], object]) -> list[float]:
    taken: list[float] = []
    for _ in range(PUBLISHES):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return taken


def _cookie(number: int) -> str:
    """A signed-in session of a person of their own."""
    user = User.objects.create_superuser(f"bench-{number}-{uuid.uuid4().hex[:8]}")
    return cookie_of(user)


@contextmanager
def _clients(port: int, cookies: Sequence[str]) -> Iterator[Connection]:
    """The browsers' process, with all of its sockets open and watching."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=browsers.run, args=(port, cookies, there), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(PATIENCE):
            raise TimeoutError("the sockets did not open")
        here.recv()
        yield here
    finally:
        process.terminate()
        process.join()
