"""What attacks cost everybody else: pages that others open and steps that others' runs take, while
one attack after the other goes on, held against the quiet times in between.

Attackers hold connections, send what is too large, too deep, too slow or not readable, and have
runs with slow patterns and hostile models. `neighbour_ratio` is the larger of two ratios of p99:
`pages_ratio` and `steps_ratio`. `worst_ratio` is that of the worst single attack. `unhandled`
counts answers of 500 and above to anybody, neighbours' pages that failed, and tracebacks in the
logs.
"""

import argparse
import multiprocessing
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from django.contrib.auth.models import Group, User
from django.db import connection

from console.bench import flood_attacks, flood_models, flood_neighbours
from console.bench.flood_attacks import FloodTally, FloodTarget
from console.bench.sign_ins import cookie_of
from console.journal.records import Actor
from console.people import api_tokens
from console.stack import processes
from policies.gate.models import ToolPolicy
from runs import services
from runs.engine.vocabulary import FINAL
from runs.models import Agent, Run

APPS = {"SIGNALBOX_APPS": "console.chaos.shop"}
STEP = """[[step]]
call = {{ tool = "chaos_wait", args = {{ n = {n}, seconds = 0.05 }} }}
"""
STEPS = "".join(STEP.format(n=n) for n in range(20)) + '[[step]]\nfinal = "done"\n'
AT_ONCE = 6
"""Neighbours' runs at work at a time."""
SESSIONS = 4
"""That the attacker has."""
PATIENCE = 120.0
TOOK = """SELECT extract(epoch FROM later.ts)::float8,
    extract(epoch FROM later.ts - sooner.ts)::float8
    FROM journal_event sooner JOIN journal_event later ON later.run = sooner.run
    AND later.kind = 'step.planned' AND later.step = sooner.step + 1
    WHERE sooner.kind = 'step.planned' AND sooner.run = ANY(%s)"""
TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*.*")
Measured = list[tuple[float, float]]
"""When something was over, in seconds since 1970, and the seconds it took."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=8.0, help="of each attack")
    parser.add_argument("--quiet", type=float, default=5.0, help="seconds before each attack")
    parser.add_argument("--only", default="", help="one attack, by its name")


@dataclass
class FloodTimes:
    """The times of the attacks and of the quiet between them, and what came of each attack."""

    quiet: list[tuple[float, float]] = field(default_factory=list)
    attacks: dict[str, tuple[float, float]] = field(default_factory=dict)
    tallies: dict[str, FloodTally] = field(default_factory=dict)


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    ToolPolicy.objects.update_or_create(
        name="bench", defaults={"priority": 1, "verdict": ToolPolicy.Verdicts.ALLOW}
    )
    with (
        processes.web(environment=APPS) as web,
        processes.worker(slots=40, environment=APPS) as worker,
        processes.clock(environment=APPS) as clock,
        flood_models.hostile() as models,
    ):
        target, run = prepared(web.url), neighbour()
        with visiting(web.url, f"/runs/{run.pk}/") as visits:
            times = played(options, target, models)
            visits.send("enough")
            pages, failed = visits.recv()
        logs = [each.log.read_text(errors="replace") for each in (web, worker, clock)]
        left = unhandled(times, failed, logs)
        for each in left:
            print(each, file=sys.stderr)
        return {**figures(times, pages, taken()), "unhandled": len(left)}


def played(options: argparse.Namespace, target: FloodTarget, models: str) -> FloodTimes:
    times = FloodTimes()
    seconds = options.seconds
    attacks: dict[str, Callable[[], FloodTally]] = {
        **{name: partial(beside, name, target, seconds) for name in flood_attacks.ATTACKS},
        **{
            name: partial(runs_of, agent, seconds)
            for name, agent in flood_models.agents(models).items()
        },
    }
    rest(2 * options.quiet)
    for name, attack in attacks.items():
        if options.only and name != options.only:
            continue
        began = time.time()
        rest(options.quiet)
        times.quiet.append((began, time.time()))
        began = time.time()
        times.tallies[name] = attack()
        times.attacks[name] = (began, time.time())
        rest(1.0)
    return times


def rest(seconds: float) -> None:
    """Let the time go by, with neighbours at work."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        keep_busy()
        time.sleep(0.2)


def beside(name: str, target: FloodTarget, seconds: float) -> FloodTally:
    """One attack, by a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(
        target=flood_attacks.run, args=(name, target, seconds, there), daemon=True
    )
    process.start()
    there.close()
    try:
        end = time.monotonic() + PATIENCE
        while not here.poll(0.2):
            keep_busy()
            if time.monotonic() > end:
                raise TimeoutError(f"the attack {name} did not end")
        tally: FloodTally = here.recv()
        return tally
    finally:
        process.terminate()
        process.join()


def runs_of(agent: Agent, seconds: float) -> FloodTally:
    """One attack by runs: a new one each second, ended by hand in the end where it has not."""
    tally, begun = FloodTally(), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun.append(started(agent, "bench-attacker"))
        tally.made += 1
        rest(1.0)
    for run in Run.objects.filter(pk__in=[each.pk for each in begun]).exclude(status__in=FINAL):
        services.kill(run_id=run.pk, actor=run.principal, at=datetime.now(UTC))
    rest(1.0)
    return tally


def keep_busy() -> None:
    """So many runs of neighbours, always."""
    busy = Run.objects.filter(agent__name="bench-neighbour").exclude(status__in=FINAL).count()
    for _ in range(AT_ONCE - busy):
        neighbour()


def neighbour() -> Run:
    agent, _ = Agent.objects.get_or_create(
        name="bench-neighbour",
        defaults={
            "title": "Neighbour",
            "planner": "scripted",
            "script": STEPS,
            "tools": ["chaos_wait"],
            "max_steps": 100,
            "max_seconds": 3_600,
        },
    )
    return started(agent, "bench-neighbour")


def started(agent: Agent, who: str) -> Run:
    return services.start(
        agent=agent, goal="go", principal=person(who, "operator"), at=datetime.now(UTC)
    )


def person(name: str, group: str) -> User:
    user, _ = User.objects.get_or_create(username=name)
    user.groups.add(Group.objects.get(name=group))
    return user


def prepared(url: str) -> FloodTarget:
    """What an attacker has: an address, and where it is one of the house, sessions and a token."""
    attacker = person("bench-attacker", "operator")
    token = api_tokens.make(
        user=attacker,
        name=f"flood {time.time():.0f}",
        scopes=["runs:start"],
        lasts=timedelta(hours=1),
        at=datetime.now(UTC),
        actor=Actor("bench"),
    )
    cookies = tuple(cookie_of(attacker) for _ in range(SESSIONS))
    return FloodTarget(urlsplit(url).port or 80, cookies, token)


@contextmanager
def visiting(url: str, page: str) -> Iterator[Connection]:
    """Neighbours with browsers, in a process of their own."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    cookies = [cookie_of(person(f"bench-visitor-{each}", "viewer")) for each in range(2)]
    process = spawn.Process(
        target=flood_neighbours.run, args=(url, cookies, ("/", page), there), daemon=True
    )
    process.start()
    there.close()
    try:
        yield here
    finally:
        process.terminate()
        process.join()


def taken() -> Measured:
    """Neighbours' steps: from the plan of one to the plan of the next."""
    runs = list(Run.objects.filter(agent__name="bench-neighbour").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(TOOK, [runs])
        return [(float(at), float(seconds)) for at, seconds in cursor.fetchall()]


def unhandled(times: FloodTimes, failed: Sequence[str], logs: Sequence[str]) -> list[str]:
    """Everything that nobody had thought of, in words."""
    broken = [
        f"{name}: {each.statuses[500]} answers of 500 and above"
        for name, each in times.tallies.items()
        if each.statuses[500]
    ]
    tracebacks = [found[0] for log in logs for found in TRACEBACK.finditer(log)]
    return [*broken, *(f"neighbour: {each}" for each in failed), *tracebacks]


def figures(times: FloodTimes, pages: Measured, steps: Measured) -> dict[str, int | float]:
    quiet, loud = times.quiet, list(times.attacks.values())
    ratios = {
        name: p99(within(pages, [span])) / p99(within(pages, quiet))
        for name, span in times.attacks.items()
    }
    pages_ratio = p99(within(pages, loud)) / p99(within(pages, quiet))
    steps_ratio = p99(within(steps, loud)) / p99(within(steps, quiet))
    return {
        "attacks": len(times.attacks),
        "made": sum(each.made for each in times.tallies.values()),
        "neighbour_ratio": max(pages_ratio, steps_ratio),
        "pages_ratio": pages_ratio,
        "steps_ratio": steps_ratio,
        "worst_ratio": max(ratios.values()),
        "pages": len(pages),
        "steps": len(steps),
        "quiet_pages_p99_ms": 1_000 * p99(within(pages, quiet)),
        "quiet_steps_p99_ms": 1_000 * p99(within(steps, quiet)),
        **{f"made_{name}": each.made for name, each in times.tallies.items()},
        **{f"ratio_{name}": ratio for name, ratio in ratios.items()},
    }


def within(measured: Measured, spans: Sequence[tuple[float, float]]) -> list[float]:
    return [
        seconds
        for at, seconds in measured
        if any(began <= at - seconds <= ended for began, ended in spans)
    ]


def p99(seconds: Sequence[float]) -> float:
    """Raises StatisticsError when too little was measured."""
    return statistics.quantiles(seconds, n=100)[98]
