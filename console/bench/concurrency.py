"""Many runs on one worker process whose planner takes a second: does each of them go on, and with
how few database connections?

`connections` are those of worker and clock, `tool_connections` those of all the worker's tool
processes together.
"""

import argparse
import time
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Max, Min

from console.stack import processes
from policies.thresholds.models import Thresholds
from runs import services
from runs.models import Agent, Run
from runs.runtime import worker_slots
from runs.toolprocess.forks import APPLICATION

SCRIPT = """
[[step]]
repeat = 10000
delay = {delay}
call = {{ tool = "list_events", args = {{ on = "2026-03-01" }} }}
tokens_in = 100
tokens_out = 20
"""
BACKENDS = """SELECT count(*) FILTER (WHERE application_name <> %s),
    count(*) FILTER (WHERE application_name = %s) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long they are watched once all have begun"
    )
    parser.add_argument("--delay", type=float, default=1.0, help="seconds the planner takes")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    """`active` is the fewest runs in a worker's hands at any look; steps are counted over the
    watched time only.
    """
    # the same call over and over is what the loop rules are there to stop; here it is the load
    Thresholds.objects.filter(kind=Thresholds.Kind.LOOPS).update(
        changes={"hint": 1.0, "pause": 1.0, "stop": 1.0}
    )
    with processes.worker(slots=worker_slots.slots_for(options.runs + 8)), processes.clock():
        begun = time.monotonic()
        for number in range(options.runs):
            start(number, options.delay)
        all_begun = settle(options.runs)
        before = dict(Run.objects.values_list("id", "step"))
        active, connections, of_tools = watch(options.seconds)
        steps = [step - before[run] for run, step in Run.objects.values_list("id", "step")]
    return {
        "runs": options.runs,
        "all_begun_s": all_begun - begun,
        "watched_s": options.seconds,
        "active": active,
        "min_steps": min(steps),
        "max_steps": max(steps),
        "steps_per_s": sum(steps) / options.seconds,
        "connections": connections,
        "tool_connections": of_tools,
    }


def start(number: int, delay: float) -> None:
    user, _ = User.objects.get_or_create(username="bench")
    limits = {"max_steps": 20_000, "max_tokens": 2 * 10**9, "max_usd": 10**6, "max_seconds": 86_400}
    facts = {
        "title": "Bench",
        "planner": "scripted",
        "script": SCRIPT.format(delay=delay),
        "tools": ["list_events"],
        **limits,
    }
    agent, _ = Agent.objects.get_or_create(name="bench", defaults=facts)
    services.start(agent=agent, goal=f"run number {number}", principal=user, at=datetime.now(UTC))


def settle(runs: int, patience: float = 120.0) -> float:
    """Wait until each run has made two steps; returns the moment at which that was so."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = Run.objects.aggregate(least=Min("step"), most=Max("step"))
        if found["least"] and found["least"] >= 2:
            return time.monotonic()
        time.sleep(0.2)
    raise RuntimeError(f"not all of {runs} runs had begun after {patience:.0f} s")


def watch(seconds: float) -> tuple[int, int, int]:
    """The fewest active runs, the most connections of worker and clock, and the most of all tool
    processes, seen at any look.
    """
    active, connections, of_tools, end = 10**9, 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        active = min(
            active,
            Run.objects.filter(status="running", lease_expires_at__gt=datetime.now(UTC)).count(),
        )
        with connection.cursor() as cursor:
            cursor.execute(BACKENDS, [APPLICATION, APPLICATION])
            found = cursor.fetchone()
        connections, of_tools = max(connections, found[0]), max(of_tools, found[1])
        time.sleep(0.5)
    return active, connections, of_tools
