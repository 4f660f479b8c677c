"""How long a person's run waits behind hundreds that are queued, and what results of many megabytes
cost its neighbours and the worker.

First nobody else is there (`quiet`), then one person has `--queued` batch runs and others start
theirs in between: `wait` is from a start to a worker's hands, `ratio` how much longer such a run
takes from its first lease to its end. `own_wait` is that of the same person's runs which are no
batch. Then a tool gives `--large` results of so many megabytes, one after the other. Megabytes of
processes are the most that any one of them ever held.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.contrib.auth.models import User

from console.bench import process_memory
from console.stack import processes
from policies.gate.models import ToolPolicy
from runs import services
from runs.engine.vocabulary import FINAL, Priority
from runs.models import Agent, Run

APPS = {"SIGNALBOX_APPS": "console.chaos.shop"}
SHORT = """[[step]]
delay = 0.2
final = "done"
"""
BATCH = """[[step]]
delay = {seconds}
final = "done"
"""
LARGE = """[[step]]
call = {{ tool = "chaos_large", args = {{ megabytes = {megabytes} }} }}
[[step]]
final = "done"
"""
APART = 0.5
"""Seconds between two starts of people."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queued", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=2.0, help="that a batch run takes")
    parser.add_argument("--slots", type=int, default=40)
    parser.add_argument("--people", type=int, default=30, help="runs that people start in between")
    parser.add_argument("--large", type=int, default=1, help="results of many megabytes")
    parser.add_argument("--megabytes", type=int, default=10)


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    ToolPolicy.objects.update_or_create(
        name="bench", defaults={"priority": 1, "verdict": ToolPolicy.Verdicts.ALLOW}
    )
    anna, ben = (User.objects.get_or_create(username=name)[0] for name in ("anna", "ben"))
    short, batch = agent("short", SHORT), agent("batch", BATCH.format(seconds=options.seconds))
    large = agent("large", LARGE.format(megabytes=options.megabytes))
    with (
        processes.worker(slots=options.slots, environment=APPS) as worker,
        processes.clock(environment=APPS) as clock,
    ):
        quiet = started(short, [ben] * (options.people // 3))
        settled(quiet)
        crowd = [queue(batch, anna, Priority.BATCH) for _ in range(options.queued)]
        people = started(short, [ben, anna] * (options.people // 2))
        left = Run.objects.filter(pk__in=[run.pk for run in crowd], status="queued").count()
        settled([*people, *crowd])
        before = process_memory.peak(worker.process.pid)
        heavy = [queue(large, anna) for _ in range(options.large)]
        beside = started(short, [ben] * (options.people // 3))
        settled([*heavy, *beside])
        return {
            "queued": options.queued,
            "still_queued": left,
            "quiet_wait_p99_s": waits(quiet)[-1],
            "wait_p50_s": statistics.median(waits(of(people, ben))),
            "wait_p99_s": waits(of(people, ben))[-1],
            "own_wait_p99_s": waits(of(people, anna))[-1],
            "ratio": took(people)[-1] / took(quiet)[-1],
            "beside_large_ratio": took(beside)[-1] / took(quiet)[-1],
            "large_completed": completed(heavy),
            "worker_mb": before,
            "worker_large_mb": process_memory.peak(worker.process.pid),
            "clock_mb": process_memory.peak(clock.process.pid),
        }


def agent(name: str, script: str) -> Agent:
    limits = {"max_steps": 100, "max_tokens": 10**9, "max_usd": 100, "max_seconds": 3_600}
    facts = {"title": name, "planner": "scripted", "script": script, "tools": ["chaos_*"]}
    return Agent.objects.update_or_create(name=f"bench-{name}", defaults={**facts, **limits})[0]


def queue(of_agent: Agent, who: User, priority: Priority = Priority.INTERACTIVE) -> Run:
    return services.start(
        agent=of_agent, goal="go", principal=who, at=datetime.now(UTC), priority=priority
    )


def started(of_agent: Agent, people: Iterable[User]) -> list[Run]:
    found = []
    for who in people:
        found.append(queue(of_agent, who))
        time.sleep(APART)
    return found


def settled(runs: Sequence[Run], patience: float = 600.0) -> None:
    """Wait until all have ended. Raises TimeoutError."""
    end = time.monotonic() + patience
    waiting = Run.objects.filter(pk__in=[run.pk for run in runs]).exclude(status__in=FINAL)
    while waiting.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{waiting.count()} runs have not ended")
        time.sleep(0.3)


def of(runs: Sequence[Run], who: User) -> list[Run]:
    return [run for run in runs if run.principal_id == who.pk]


def rows(runs: Sequence[Run]) -> Iterator[Run]:
    return Run.objects.filter(pk__in=[run.pk for run in runs]).iterator()


def waits(runs: Sequence[Run]) -> list[float]:
    """Seconds from a start to a worker's hands, the longest last."""
    return sorted(
        (run.started_at - run.created_at).total_seconds() for run in rows(runs) if run.started_at
    )


def took(runs: Sequence[Run]) -> list[float]:
    """Seconds from a worker's hands to the end, the longest last."""
    return sorted(
        (run.ended_at - run.started_at).total_seconds()
        for run in rows(runs)
        if run.started_at and run.ended_at
    )


def completed(runs: Sequence[Run]) -> int:
    return sum(run.status == "completed" for run in rows(runs))
