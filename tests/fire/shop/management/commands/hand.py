"""`manage.py hand`: a person's hand in a running console.

Reads one JSON command a line, says one JSON answer a line.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import BaseCommand
from django.db import OperationalError, connection
from psycopg.conninfo import make_conninfo

from console.journal.models import Event
from console.stack.postgres import OWNER
from policies.circuit.models import Breaker
from policies.gate.models import ToolPolicy
from policies.thresholds.models import Thresholds
from runs import services
from runs.models import Agent, Run, ToolCrash
from tests.patience import until

SHOWN = (
    "status",
    "waiting_for",
    "stop_reason",
    "stop_detail",
    "late",
    "lease_owner",
    "suspect",
    "crashes",
)
SETTLED = {"yes": True, "no": False, "unknown": None}
LIMITS = {"max_steps": 1000, "max_tokens": 10**7, "max_usd": 100, "max_seconds": 3600}
JOURNAL = (
    "SELECT kind, ts, tool, outcome, verdict, data FROM journal_event WHERE run = %s ORDER BY seq"
)


def now() -> datetime:
    return datetime.now(UTC)


def person() -> User:
    return User.objects.filter(is_superuser=True).order_by("pk")[0]


def open_house() -> bool:
    """A policy that allows everything, and no loop rules: the load makes the same calls over and
    over.
    """
    ToolPolicy.objects.update_or_create(
        name="all", defaults={"priority": 1, "verdict": ToolPolicy.Verdicts.ALLOW}
    )
    changes = {"hint": 1.0, "pause": 1.0, "stop": 1.0}
    Thresholds.objects.update_or_create(kind=Thresholds.Kind.LOOPS, defaults={"changes": changes})
    return True


def start(script: str, count: int = 1) -> list[str]:
    facts = {
        "title": "Fire",
        "planner": "scripted",
        "script": script,
        "tools": ["fire_*"],
        **LIMITS,
    }
    agent, _ = Agent.objects.update_or_create(name="fire", defaults=facts)
    return [
        str(services.start(agent=agent, goal=f"run {number}", principal=person(), at=now()).pk)
        for number in range(count)
    ]


def look(runs: list[str]) -> dict[str, dict[str, Any]]:
    return {str(row.pop("id")): row for row in Run.objects.filter(pk__in=runs).values("id", *SHOWN)}


def journal(run: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(JOURNAL, [run])
        return [
            {
                "kind": kind,
                "at": ts.timestamp(),
                "tool": tool,
                "outcome": outcome,
                "verdict": verdict,
                "data": json.loads(data) if isinstance(data, str) else data,
            }
            for kind, ts, tool, outcome, verdict, data in cursor.fetchall()
        ]


def tool(name: str) -> dict[str, Any]:
    """What the house knows of a tool: its breaker, and its row in Health."""
    breaker = Breaker.objects.filter(tool=name).values("phase", "why").first() or {
        "phase": "closed",
        "why": "",
    }
    crash = ToolCrash.objects.filter(tool=name).values("times", "how").first() or {
        "times": 0,
        "how": "",
    }
    opened = Event.objects.filter(tool=name, kind="breaker.opened").count()
    return {**breaker, **crash, "opened": opened}


def leases() -> list[tuple[str, str, bool]]:
    """Every held run, by whom, and whether it is a suspect; of one moment."""
    found = Run.objects.exclude(lease_owner="").values_list("id", "lease_owner", "suspect")
    return [(str(run), owner, suspect) for run, owner, suspect in found]


def kill(run: str) -> bool:
    services.kill(run_id=UUID(run), actor=person(), at=now())
    return True


def settle(run: str, happened: str) -> bool:
    services.settle(
        run_id=UUID(run), actor=person(), at=now(), happened=SETTLED[happened], note="I looked"
    )
    return True


def read_only(on: bool) -> bool:
    """Every new transaction of the whole server is read-only, as after a fail-over that keeps
    connections open.
    """
    server = make_conninfo(settings.DATABASE_DSN, user=OWNER)
    with psycopg.connect(
        server, autocommit=True, options="-c default_transaction_read_only=off"
    ) as own:
        own.execute(
            f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}".encode()
        )
        own.execute("SELECT pg_reload_conf()")
    return True


VERBS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (open_house, start, look, journal, tool, leases, kill, settle, read_only)
}


def patiently(act: Callable[[], Any]) -> Any:
    """A database that is away is waited for: it is what some tests take away."""
    answers: list[Any] = []

    def answered() -> bool:
        try:
            answers.append(act())
        except OperationalError:
            connection.close()
        return bool(answers)

    until(answered, "the database")
    return answers[0]


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        for line in sys.stdin:
            asked = json.loads(line)
            verb = VERBS[asked.pop("verb")]
            self.stdout.write(json.dumps(patiently(partial(verb, **asked)), default=str))
            self.stdout.flush()
