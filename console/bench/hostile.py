"""What hostile tools cost their neighbours: the time of other calls, while one holds the
interpreter, ends its process, eats memory.

Measured on the worker's own way to its tools: `quiet` before, `hostile` while each hostile call is
made in turn, again and again. `neighbour_lost` are neighbours' calls that failed. `ended_after_s`
is how long after its timeout a call in a C loop was really over.
"""

import argparse
import asyncio
import itertools
import os
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.runtime import loop
from runs.toolprocess import placing
from runs.toolprocess.placing import ProcessBounds
from runs.toolprocess.time_limit import TimeLimit
from runs.tools.placed import PlacedTool
from runs.tools.registry import Declared, tool

MEMORY_MB = 512
HOLD_TIMEOUT = 2.0
PAUSE = 0.2


@tool(effect=Effect.READ)
def bench_neighbour(n: int) -> int:
    """Wait a moment, as a call of a service does."""
    time.sleep(0.02)
    return n


@tool(effect=Effect.READ)
def bench_hold() -> bool:
    """Make one call of C that does not give up the interpreter."""
    return re.match(r"(a+)+$", "a" * 40 + "b") is not None


@tool(effect=Effect.READ)
def bench_exit() -> None:
    """End the process it runs in."""
    os._exit(1)


@tool(effect=Effect.READ)
def bench_eat() -> int:
    """Take more memory than is allowed, a piece at a time."""
    eaten = []
    while True:
        eaten.append(bytearray(os.urandom(1024)) * 1024 * 16)
        time.sleep(0.01)


HOSTILE: tuple[Declared[..., Any], ...] = (bench_hold, bench_exit, bench_eat)


@dataclass
class NeighbourTimes:
    """Seconds that neighbours' calls took, by when they were made;
    what the hostile ones came to."""

    quiet: list[float] = field(default_factory=list)
    hostile: list[float] = field(default_factory=list)
    lost: int = 0
    ended_after: list[float] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--neighbours", type=int, default=50)
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="of each of the two measurements"
    )


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    seen = loop.run(played(options.neighbours, options.seconds), 20 * options.seconds + 120)
    quiet, hostile = p99(seen.quiet), p99(seen.hostile)
    return {
        "neighbours": options.neighbours,
        "calls_quiet": len(seen.quiet),
        "calls_hostile": len(seen.hostile),
        "quiet_p50_ms": 1_000 * statistics.median(seen.quiet),
        "hostile_p50_ms": 1_000 * statistics.median(seen.hostile),
        "quiet_p99_ms": 1_000 * quiet,
        "hostile_p99_ms": 1_000 * hostile,
        "p99_ratio": hostile / quiet,
        "neighbour_lost": seen.lost,
        "ended_after_s": max(seen.ended_after),
        **{f"made_{name}": count for name, count in seen.made.items()},
    }


async def played(neighbours: int, seconds: float) -> NeighbourTimes:
    placing.allow(ProcessBounds(memory_mb=MEMORY_MB))
    seen = NeighbourTimes()
    try:
        # each has been in trouble once, as in a worker that has run for a while: what a first time
        # costs is part of the tests
        await hostile(NeighbourTimes(), time.monotonic())
        async with busy(neighbours, seen, seen.quiet):
            await asyncio.sleep(seconds)
        async with busy(neighbours, seen, seen.hostile):
            await hostile(seen, time.monotonic() + seconds)
    finally:
        await placing.close()
        placing.allow(None)
    return seen


@asynccontextmanager
async def busy(neighbours: int, seen: NeighbourTimes, took: list[float]) -> AsyncIterator[None]:
    """Keep so many neighbours calling while the block lasts."""
    over = asyncio.Event()

    async def go_on() -> None:
        for number in itertools.count():
            if over.is_set():
                return
            started = time.monotonic()
            try:
                await call(bench_neighbour, 30.0, n=number)
            except (ToolError, TimeoutError):
                seen.lost += 1
            took.append(time.monotonic() - started)

    tasks = [asyncio.create_task(go_on()) for _ in range(neighbours)]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def hostile(seen: NeighbourTimes, until: float) -> None:
    """Make each hostile call in turn, each at least once, until the time is over."""
    for declared in itertools.cycle(HOSTILE):
        started = time.monotonic()
        try:
            await call(declared, HOLD_TIMEOUT if declared is bench_hold else 30.0)
        except TimeoutError:
            seen.ended_after.append(time.monotonic() - started - HOLD_TIMEOUT)
        except ToolError:
            seen.made[declared.name] = seen.made.get(declared.name, 0) + 1
        await asyncio.sleep(PAUSE)
        if declared is bench_eat and time.monotonic() > until:
            seen.made[bench_hold.name] = len(seen.ended_after)
            return


async def call(declared: Declared[..., Any], timeout: float, **args: int) -> Any:
    with TimeLimit(timeout):
        return await PlacedTool(declared).call(args, context())


def context() -> ToolContext:
    now = datetime.now(UTC)
    return ToolContext("bench", 1, "bench", "c", "bench:c", "bench", now + timedelta(minutes=1))


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]
