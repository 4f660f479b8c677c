"""What the house's people do while chaos lasts, and what is read of its journal."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from psycopg.conninfo import make_conninfo

from console.chaos import world_book
from console.journal import database_clock, pool, proof
from console.refused import Refused
from console.stack.postgres import OWNER
from policies.gate.models import ToolPolicy
from policies.thresholds.models import Thresholds
from runs import run_rows, services
from runs.engine import ids, outcomes
from runs.models import Agent, Run

LIMITS = {"max_steps": 1000, "max_tokens": 10**7, "max_usd": 100, "max_seconds": 3600}
EVENTS = "SELECT kind, tool, outcome, data FROM journal_event WHERE run = %s ORDER BY seq"
LEASED = (
    "SELECT run, extract(epoch FROM ts)::float8 FROM journal_event"
    " WHERE kind = 'run.leased' AND run = ANY(%s) AND ts > to_timestamp(%s) ORDER BY seq"
)


def person() -> Any:

    return User.objects.filter(is_superuser=True).order_by("pk")[0]


def open_house() -> bool:
    """Allow every call by a policy and switch the loop rules off, since the load repeats itself on
    purpose.
    """

    ToolPolicy.objects.update_or_create(
        name="all", defaults={"priority": 1, "verdict": ToolPolicy.Verdicts.ALLOW}
    )
    changes = {"hint": 1.0, "pause": 1.0, "stop": 1.0}
    Thresholds.objects.update_or_create(kind=Thresholds.Kind.LOOPS, defaults={"changes": changes})
    return True


def start(script: str, count: int, name: str) -> list[str]:

    facts = {"title": name, "planner": "scripted", "script": script, "tools": ["chaos_*"], **LIMITS}
    agent, _ = Agent.objects.update_or_create(name=name, defaults=facts)
    return [
        str(
            services.start(
                agent=agent, goal=f"run {n}", principal=person(), at=database_clock.now()
            ).pk
        )
        for n in range(count)
    ]


def look(runs: list[str]) -> dict[str, dict[str, Any]]:

    shown = ("status", "waiting_for", "stop_reason", "lease_owner")
    return {str(row.pop("id")): row for row in Run.objects.filter(pk__in=runs).values("id", *shown)}


def events(run: str) -> list[tuple[str, str, str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [run])
        return [
            (kind, tool, outcome, read(data)) for kind, tool, outcome, data in cursor.fetchall()
        ]


def read(data: Any) -> Any:
    return json.loads(data) if isinstance(data, str) else data


def held() -> list[tuple[str, str]]:
    """Every run that a worker has in hand, with the worker's name."""

    found = Run.objects.exclude(lease_owner="").values_list("id", "lease_owner")
    return [(str(run), owner) for run, owner in found]


def leased(runs: list[str], since: float) -> list[tuple[str, float]]:
    """The leases of these runs that were taken after `since` (seconds since 1970), in order."""
    with connection.cursor() as cursor:
        cursor.execute(LEASED, [[UUID(run) for run in runs], since])
        return [(str(run), at) for run, at in cursor.fetchall()]


def kill(run: str) -> bool:

    try:
        services.kill(run_id=UUID(run), actor=person(), at=database_clock.now())
    except Refused:  # it has ended meanwhile
        return False
    return True


def settle(runs: list[str]) -> int:
    """Settle each call in doubt by what the world's book says; returns how many those were."""

    known = {line.key for line in world_book.read(Path(os.environ[world_book.FOLDER]))}
    settled = 0
    for run in Run.objects.filter(pk__in=runs):
        state = run_rows.state_of(run)
        if outcomes.undo_in_doubt(state) and state.undo_next is not None:
            key = ids.undo_key(str(run.pk), state.undo_next.call)
        elif outcomes.in_doubt(state) and state.flight is not None:
            key = ids.idempotency_key(str(run.pk), state.flight.call)
        else:
            continue
        try:
            services.settle(
                run_id=run.pk,
                actor=person(),
                at=database_clock.now(),
                happened=key in known,
                note="Looked up on the far side.",
            )
        except Refused:  # somebody was quicker
            continue
        settled += 1
    return settled


def cut() -> int:
    """End every other connection to the database's server."""
    with owner() as own:
        found = own.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    return int(found[0]) if found else 0


def read_only(on: bool) -> bool:
    """Make every new transaction of the server read-only, as after a fail-over that keeps
    connections open.
    """
    with owner() as own:
        word = "on" if on else "off"
        own.execute(f"ALTER SYSTEM SET default_transaction_read_only = {word}".encode())
        own.execute("SELECT pg_reload_conf()")
    return True


def lock(seconds: float) -> bool:
    """Lock the table of runs against everybody for a while; returns at once."""

    def holding() -> None:
        with owner() as own, own.transaction():
            own.execute("LOCK TABLE runs_run IN ACCESS EXCLUSIVE MODE")
            time.sleep(seconds)

    threading.Thread(target=holding, daemon=True).start()
    return True


def owner() -> Any:

    server = make_conninfo(settings.DATABASE_DSN, user=OWNER)
    return psycopg.connect(server, autocommit=True, options="-c default_transaction_read_only=off")


def flush() -> bool:
    """Have Redis lose everything at once."""

    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5.0) as client:
        try:
            client.flushall()
        except redis.RedisError:
            return False
    return True


def tamper() -> list[str]:
    """Alter an event of one run's chain and take the last one of another's away, past every
    trigger; gives both runs.
    """
    altered, cut = list(
        Run.objects.filter(status="completed").order_by("created_at").values_list("id", flat=True)
    )[:2]
    with owner() as own, own.transaction():
        own.execute("SET LOCAL session_replication_role = replica")
        own.execute(
            "UPDATE journal_event SET data = data || ' ' WHERE run = %s AND seq = 3", (altered,)
        )
        own.execute(
            "DELETE FROM journal_event WHERE run = %s AND seq ="
            " (SELECT max(seq) FROM journal_event WHERE run = %s)",
            (cut, cut),
        )
    return [str(altered), str(cut)]


def faults() -> list[tuple[str, str]]:
    """What the proof finds wrong in the journal: the run and what it is."""
    with pool.pool().connection() as reading:
        return [(str(each.run), each.what) for each in proof.prove(reading).faults]


def proved() -> bool:
    """Whether every chain of the journal holds."""

    with pool.pool().connection() as reading:
        return proof.prove(reading).holds


VERBS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        open_house, start, look, events, held, leased, kill, settle, cut, read_only, lock, flush,
        tamper, faults, proved,
    )
}  # fmt: skip
