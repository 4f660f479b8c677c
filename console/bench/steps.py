"""What supervision costs: a no-op step with both commits and its frame, against two bare durable
commits, in turns in one run.

The bare commits store what the step stores: its arguments before the call, its result of two
incompressible kilobytes after it.

The no-op is made in a tool process (`ratio`), and in another run in the worker itself
(`inline_ratio`).

`growth_1000_vs_10` compares steps after the thousandth with steps 5 to 15 of fresh runs, again in
turns.
"""

import argparse
import asyncio
import base64
import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
from django.contrib.auth.models import User

from console import wiring
from console.journal import pool
from runs import services
from runs.engine.ports import PlannerTurn, PlanRequest, Tool, ToolCall, Usage
from runs.engine.vocabulary import Effect
from runs.models import Agent, Run
from runs.runtime import dependencies, loop, worker_process
from runs.toolprocess import placing
from runs.tools.local import LocalTool
from runs.tools.placed import PlacedTool
from runs.tools.registry import tool
from runs.tools.toolbox import Box

RESULT_BYTES = 2_000
WARM_UP = 50
LONG, MOST = 1_000, 10_000
SHORT = range(5, 16)
SOUP = base64.b64encode(os.urandom(400_000)).decode()

BARE = "INSERT INTO bench_bare (step, result) VALUES (%s, %s)"
# stored in line, as the journal stores its own
TABLE = """CREATE TABLE bench_bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, step int,
    result text)
WITH (toast_tuple_target = 8160)"""
ARGUMENTS = '{"n": 1}'


@tool(effect=Effect.READ, idempotent=True)
async def bench_noop(n: int) -> dict[str, Any]:
    """Returns two kilobytes that do not compress."""
    return {"n": n, "text": result(n)}


def result(n: int) -> str:
    start = n * 997 % (len(SOUP) - RESULT_BYTES)
    return SOUP[start : start + RESULT_BYTES]


@dataclass
class Turns:
    """Hands the machine to one step at a time; between two steps, the two bare commits.

    Times are in seconds.
    """

    bare: psycopg.Connection[Any]
    baton: asyncio.Lock = field(default_factory=asyncio.Lock)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    raw: list[float] = field(default_factory=list)

    def commit_twice(self) -> None:
        step = len(self.raw)
        started = time.perf_counter()
        self.bare.execute(BARE, (step, ARGUMENTS), prepare=True)
        self.bare.execute(BARE, (step, result(step)), prepare=True)
        self.raw.append(time.perf_counter() - started)


@dataclass
class Timed:
    """A planner that wants one no-op call a step, and notes how long each step took from its
    question to the next one.
    """

    steps: int
    turns: Turns
    took: dict[int, float] = field(default_factory=dict)
    shared_from: int = 0
    since: float = 0.0
    step: int = 0

    model, window = "bench", None

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return Decimal(0)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        if self.step:
            self.took[self.step] = time.perf_counter() - self.since
            if self.step >= self.shared_from:
                self.turns.baton.release()
        await self.ready(request.step)
        if request.step > self.steps:
            return PlannerTurn(final="done")
        if request.step >= self.shared_from:
            await self.turns.baton.acquire()
            await asyncio.to_thread(self.turns.commit_twice)
        self.step, self.since = request.step, time.perf_counter()
        return PlannerTurn(
            calls=(ToolCall("noop", "bench_noop", {"n": request.step}),),
            usage=Usage(10, 5, Decimal(0)),
        )

    async def ready(self, step: int) -> None:
        """Called before each step."""


class Fresh(Timed):
    """A run whose early steps are compared: while it makes them, and not while it begins or ends,
    the long run goes on as well.
    """

    async def ready(self, step: int) -> None:
        if step == SHORT.start:
            self.turns.fresh.set()
        elif step == SHORT.stop:
            self.turns.fresh.clear()


class Long(Timed):
    """A run whose late steps are compared: from the thousandth on it makes one for each of a fresh
    run.
    """

    async def ready(self, step: int) -> None:
        if step >= self.shared_from:
            await self.turns.fresh.wait()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps", type=int, default=600, help="steps of the run against bare commits"
    )
    parser.add_argument("--rounds", type=int, default=25, help="fresh runs against the long one")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    """Step and raw times in milliseconds, their ratio, and the growth with the length of a run."""
    worker_process.tools_apart()
    with psycopg.connect(pool.conninfo(), autocommit=True) as bare:
        bare.execute(TABLE)
        turns = Turns(bare)
        steps = alone(options.steps, turns, PlacedTool(bench_noop))
        raw = turns.raw[WARM_UP:]
        inline = Turns(bare)
        within = alone(options.steps, inline, LocalTool(bench_noop))
        long, short = grown(options.rounds, turns)
        apart = placing.begun()
    worker_process.rest()
    return {
        "steps": len(steps),
        "step_p50_ms": median(steps),
        "step_p99_ms": 1_000 * statistics.quantiles(steps, n=100)[98],
        "raw_p50_ms": median(raw),
        "ratio": median(steps) / median(raw),
        "tool_process": int(apart > 0),
        "inline_p50_ms": median(within),
        "inline_ratio": median(within) / median(inline.raw[WARM_UP:]),
        "step_10_p50_ms": median(short),
        "step_1000_p50_ms": median(long),
        "growth_1000_vs_10": median(long) / median(short),
        "result_bytes": RESULT_BYTES,
    }


def alone(count: int, turns: Turns, bench_tool: Tool) -> list[float]:
    """How long each step of a run took that had the process for itself and made its calls of this
    tool. In seconds.
    """
    single = Timed(count, turns)
    play(single, bench_tool)
    return [took for step, took in single.took.items() if step > WARM_UP]


def grown(rounds: int, turns: Turns) -> tuple[list[float], list[float]]:
    """How long steps of a long run took from the thousandth on, and early steps of fresh runs; one
    of each in turn. In seconds.
    """
    long = Long(MOST, turns, shared_from=LONG)
    worker = threading.Thread(target=play, args=(long,))
    worker.start()
    while len(long.took) < LONG - 1:
        time.sleep(0.05)
    short: list[float] = []
    for _ in range(rounds):
        fresh = Fresh(SHORT.stop, turns)
        play(fresh)
        short += [fresh.took[step] for step in SHORT]
    long.steps = 0
    loop.loop().call_soon_threadsafe(turns.fresh.set)
    worker.join()
    return [took for step, took in long.took.items() if step > LONG], short


def median(seconds: Sequence[float]) -> float:
    return 1_000 * statistics.median(seconds)


def play(planner: Timed, bench_tool: Tool | None = None) -> None:
    """Make one run with this planner through the runtime, with the tools and rules of production,
    in this thread.
    """
    box = Box([bench_tool or PlacedTool(bench_noop)])

    async def toolbox(snapshot: dependencies.Snapshot) -> Box:
        return box

    run = start(planner.steps)
    with _configuring:
        dependencies.configure(
            dependencies.Dependencies(
                planner=lambda snapshot: planner, toolbox=toolbox, rules=wiring.rules
            )
        )
        taken = threading.Thread(target=worker_process.advance, args=(run.id,))
        taken.start()
        while not planner.step and taken.is_alive():
            time.sleep(0.005)
    taken.join()
    run.refresh_from_db()
    if run.status != "completed":
        raise RuntimeError(f"the run ended as {run.stop_reason}: {run.stop_detail}")


_configuring = threading.Lock()


def start(steps: int) -> Run:
    user, _ = User.objects.get_or_create(username="bench")
    limits = {
        "max_steps": steps + 10,
        "max_tokens": 2 * 10**9,
        "max_usd": 10**6,
        "max_seconds": 86_400,
    }
    agent, _ = Agent.objects.update_or_create(
        name="bench", defaults={"title": "Bench", "tools": ["bench_noop"], **limits}
    )
    return services.start(
        agent=agent, goal="do nothing, often", principal=user, at=datetime.now(UTC)
    )
