"""How long it takes from a person's approval until the run goes on at the approved call, while
hundreds of other runs wait; and how many slots, threads and connections the waiting runs hold,
which should be none.

One real worker process. `p50_ms` and `p99_ms` are milliseconds from the moment the decision is sent
to the intent of the approved call.
"""

import argparse
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from approvals.models import Request
from approvals.services import deciding
from console.bench.concurrency import BACKENDS
from console.stack import processes
from runs import services
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Run

SCRIPT = """
[[step]]
thought = "The customer should hear of it."
tokens_in = 100
tokens_out = 20
[step.call]
tool = "send_email"
args = { to = "anna@example.com", subject = "Your order", body = "It is on its way." }

[[step]]
final = "Written."
tokens_in = 100
tokens_out = 20
"""
FEW = 50
AT_ONCE = 100
QUICK = {"SIGNALBOX_DEMO_PACE": "0", "SIGNALBOX_DEMO_MISCHIEF": "0"}
RESUMED = """SELECT EXTRACT(EPOCH FROM intended.ts - decided.ts) * 1000 FROM journal_event decided
    JOIN journal_event intended ON intended.run = decided.run AND intended.kind = 'call.intended'
    AND intended.seq > decided.seq
    WHERE decided.kind = 'call.decided' ORDER BY 1"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--waiting", type=int, default=500, help="runs that wait for an approver")
    parser.add_argument(
        "--decisions",
        type=int,
        default=300,
        help="how many of them are decided, one after the other",
    )
    parser.add_argument("--rate", type=float, default=20.0, help="decisions a second")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    approver = person("bench-approver", "approver")
    with processes.worker(environment=QUICK) as worker, processes.clock():
        pid = worker.process.pid
        begin(FEW)
        threads_few, connections_few = settled(lambda: threads(pid)), settled(backends)
        begun = time.monotonic()
        begin(options.waiting - FEW)
        took_to_wait = time.monotonic() - begun
        held = Run.objects.filter(status="waiting").exclude(lease_owner="").count()
        threads_waiting, connections_waiting = settled(lambda: threads(pid)), settled(backends)
        chosen = list(Request.objects.filter(status="open").order_by("?")[: options.decisions])
        decide(chosen, approver, options.rate)
        until(lambda: Run.objects.filter(status="completed").count() >= len(chosen))
    took = latencies()
    return {
        "waiting": options.waiting,
        "all_waiting_after_s": took_to_wait,
        "decisions": len(took),
        "p50_ms": took[len(took) // 2],
        "p99_ms": took[min(int(len(took) * 0.99), len(took) - 1)],
        "max_ms": took[-1],
        "slots_held_while_waiting": held,
        "threads_with_50_waiting": threads_few,
        "threads_with_all_waiting": threads_waiting,
        "connections_with_50_waiting": connections_few,
        "connections_with_all_waiting": connections_waiting,
    }


def begin(count: int) -> None:
    """Start so many more runs and bring each of them to its question."""
    before = Request.objects.count()
    principal = person("bench", "operator")
    agent, _ = Agent.objects.get_or_create(
        name="bench",
        defaults={
            "title": "Bench",
            "planner": "scripted",
            "script": SCRIPT,
            "tools": ["send_email"],
        },
    )
    for first in range(0, count, AT_ONCE):
        # one commit for many starts: it is waiting runs that are measured, not starting them
        with transaction.atomic():
            for number in range(first, min(first + AT_ONCE, count)):
                services.start(
                    agent=agent,
                    goal=f"tell customer {number}",
                    principal=principal,
                    at=datetime.now(UTC),
                )
    until(
        lambda: Request.objects.filter(status="open").count() == before + count,
        patience=60 + count * 0.2,
    )


def decide(chosen: list[Request], approver: User, rate: float) -> None:
    """Send decisions at random moments, on average as many a second as asked for."""
    dice = random.Random(7)
    for request in chosen:
        time.sleep(dice.expovariate(rate))
        deciding.decide_at_once(
            request_id=request.pk,
            actor=approver,
            at=datetime.now(UTC),
            act=AnswerAct.APPROVE,
            digest=request.digest,
            version=request.version,
        )


def latencies() -> list[float]:
    """Milliseconds from each decision to the intent of its call, in order of size."""
    with connection.cursor() as cursor:
        cursor.execute(RESUMED)
        return [float(row[0]) for row in cursor.fetchall()]


def person(name: str, group: str) -> User:
    user, _ = User.objects.get_or_create(username=name)
    user.groups.add(Group.objects.get(name=group))
    return user


def until(met: Callable[[], bool], patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while not met():
        if time.monotonic() > end:
            raise RuntimeError(f"it did not come to that in {patience:.0f} s")
        time.sleep(0.1)


def settled(look: Callable[[], int]) -> int:
    """The least of a few looks: what is open only for a moment is not counted as held."""
    found = look()
    for _ in range(10):
        time.sleep(0.2)
        found = min(found, look())
    return found


def threads(pid: int) -> int:
    """How many threads the worker's process has; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split(":")[1]) for line in lines if line.startswith("Threads:")), 0)


def backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute(BACKENDS)
        return int(cursor.fetchone()[0])
