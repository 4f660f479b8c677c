"""`manage.py replay FILE`: runs recorded trajectories through the workers, then holds the journal
against the recordings.

Workers of a running console are used; where nobody takes runs, a worker is started for as long as
it takes.
"""

import contextlib
import gzip
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Q, Sum

from console.journal import acting, append, cleaning, database_clock, spill
from console.journal.records import Stored
from console.json_value import Json
from console.outside import terminal
from console.stack import processes
from console.stack.service import NotServing
from runs import services
from runs.engine.vocabulary import FINAL
from runs.models import Agent, Run
from runs.planners import recorded_planner
from runs.planners.comparison import CallsReader, Difference, difference

GZIP = b"\x1f\x8b"
LOOK_EVERY = 0.5
PATIENCE = 120.0
A_DAY = 86_400
SLOTS = 100


class Command(terminal.TerminalCommand):
    requires_system_checks = ()
    help = (
        "Runs recorded trajectories (JSON Lines, gzip or plain) to their end and counts calls that"
        " the journal misses or has twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--limit", type=int, help="only so many, from the first")
        parser.add_argument(
            "--json",
            action="store_true",
            help="one object: runs, calls, calls_missing, calls_doubled, …",
        )
        parser.add_argument(
            "--keep-pace",
            action="store_true",
            help="answer as slowly as a model would, to watch it in the browser",
        )

    def handle(self, *, file: Path, limit: int | None, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        traces = list(read(file, limit))
        began = time.monotonic()
        with workers():
            started = start(traces, keep_pace=options["keep_pace"])
            self.wait(list(started))
        found = {**held_against(started), "seconds": round(time.monotonic() - began, 1)}
        self.stdout.write(json.dumps(found) if options["json"] else table(found))
        if any(found[name] for name in found if name not in ("runs", "calls", "seconds")):
            sys.exit(1)

    def wait(self, runs: Sequence[UUID]) -> None:
        """Wait until all have ended, or none has moved for a long time. One line on the terminal
        says how far they are.
        """
        last, moved = Progress(), time.monotonic()
        while last.ended < len(runs) and time.monotonic() - moved < PATIENCE:
            time.sleep(LOOK_EVERY)
            now = progress(runs)
            if now != last:
                last, moved = now, time.monotonic()
                self.stderr.write(
                    f"{now.ended} of {len(runs)} runs ended, {now.calls} calls",
                    ending="\r" if self.stderr.isatty() else "\n",
                )
        self.stderr.write("")


@dataclass(frozen=True, slots=True)
class Progress:
    ended: int = 0
    calls: int = 0


def progress(runs: Sequence[UUID]) -> Progress:
    found = Run.objects.filter(pk__in=runs).aggregate(
        ended=Count("pk", filter=Q(status__in=FINAL)), calls=Sum("calls")
    )
    return Progress(found["ended"], found["calls"] or 0)


@contextlib.contextmanager
def workers() -> Iterator[None]:
    """A worker that takes runs for the time of a `with`, if nobody else does."""
    queues = current_app.control.inspect(timeout=2.0).active_queues() or {}
    if any(queue["name"] == "runs" for taken in queues.values() for queue in taken):
        yield
        return
    try:
        with processes.worker(slots=SLOTS):
            yield
    except NotServing as silent:
        raise CommandError(f"no worker takes runs, and none could be started: {silent}") from silent


def read(file: Path, limit: int | None) -> Iterator[dict[str, Json]]:
    """The file's traces, cleaned of what no journal can keep; raises CommandError with the line
    that is none.
    """
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == GZIP
        with (
            gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8")
        ) as lines:
            for number, line in enumerate(lines, 1):
                if limit is not None and number > limit:
                    return
                yield trace(line, f"{file}, line {number}")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error}") from error


def trace(line: str, where: str) -> dict[str, Json]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise CommandError(f"{where} is not JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("steps"), list):
        raise CommandError(f"{where} is not a recorded trajectory: it has no steps")
    cleaned: dict[str, Json] = cleaning.clean(found, cleaning.Notes())
    return cleaned


def start(traces: Sequence[dict[str, Json]], *, keep_pace: bool) -> dict[UUID, dict[str, Json]]:
    """One run for each trace, by an account that nobody has a password to."""
    agent, _ = Agent.objects.get_or_create(
        name="recorded",
        defaults={
            "title": "Recorded run",
            "planner": "recorded",
            "description": "Follows a recorded trajectory.",
        },
    )
    principal, _ = acting.house_account("replay")
    # for somebody who is off nothing is done
    User.objects.filter(pk=principal.pk, is_active=False).update(is_active=True)
    return {started(agent, principal, each, keep_pace).id: each for each in traces}


def started(agent: Agent, principal: Any, each: Mapping[str, Json], keep_pace: bool) -> Run:
    limits = services.ChosenLimits(
        steps=len(each["steps"]) + 10, tokens=10**15, usd=Decimal(1_000_000), seconds=A_DAY
    )
    pinned = {
        "name": agent.name,
        "title": agent.title,
        "planner": agent.planner,
        "recording": each,
        "keep_pace": keep_pace,
    }
    goal = (
        str(each.get("goal") or "").strip()
        or f"Recorded without a goal: {each.get('trace_id', '')}"
    )
    return services.start(
        agent=agent,
        goal=goal,
        principal=principal,
        at=database_clock.now(),
        limits=limits,
        snapshot=pinned,
    )


def held_against(started: Mapping[UUID, Mapping[str, Json]]) -> dict[str, int | float]:
    """The journal compared with the recordings: what is missing, doubled, out of order, other than
    recorded, not finished.
    """
    found = Difference()
    for run, each in started.items():
        told = CallsReader()
        for event in append.read(connection, run):
            told.hear(event.record.kind, event.record.tool, whole(event))
        found += difference(recorded_planner.read(each), told.made)
    return {
        "runs": len(started),
        "calls": found.calls,
        "calls_missing": found.missing,
        "calls_doubled": found.doubled,
        "calls_foreign": found.foreign,
        "out_of_order": found.out_of_order,
        "results_altered": found.altered,
        "not_finished": len(started) - progress(list(started)).ended,
    }


def whole(event: Stored) -> Mapping[str, Json]:
    """An event's data with its spilled values in their place."""
    data = event.record.data
    marks = spill.markers(data)
    raw = append.raw_connection(connection) if marks else None
    return {**data, **{key: spill.load(raw, mark) for key, mark in marks.items()}} if raw else data


def table(found: Mapping[str, int | float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):<16}{value:>10}" for name, value in found.items())
