"""How long it takes from an operator's kill, posted to the web server, to its acknowledgement in
the journal, while hundreds of runs are at work.

A third of the runs plans, a third is in a call that waits on a thread of its tool process, and a
third is in a call that waits without one. `in_call` counts the kills that broke a call off. `ended`
counts the runs that were stopped as killed in the end.
"""

import argparse
import http.client
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.utils.crypto import get_random_string

from console.bench.sign_ins import cookie_of
from console.stack import processes
from policies.gate.models import ToolPolicy
from runs import services
from runs.models import Agent, Run
from runs.runtime import worker_slots

APPS = {"SIGNALBOX_APPS": "console.chaos.shop"}
LONG = 200
PLAN = """[[step]]
delay = {seconds}
final = "done"
"""
CALL = """[[step]]
repeat = 50
call = {{ tool = "{tool}", args = {{ n = 1, seconds = {seconds} }} }}
"""
SCRIPTS = {
    "planning": PLAN.format(seconds=LONG),
    "on a thread": CALL.format(tool="chaos_sleep", seconds=LONG),
    "without": CALL.format(tool="chaos_wait", seconds=LONG),
}
ACKNOWLEDGED = """SELECT run, extract(epoch FROM ts)::float8 FROM journal_event
    WHERE kind = 'run.kill_acknowledged'"""
ENDED = ("USER_KILLED", "KILLED_IN_DOUBT")


@dataclass(frozen=True, slots=True)
class Operator:
    """A signed-in browser, as far as it posts forms."""

    host: str
    cookie: str
    token: str

    def kill(self, run: Run) -> float:
        """Kill one run; returns when it was posted, in seconds since 1970."""
        link = http.client.HTTPConnection(self.host, timeout=30)
        posted = time.time()
        link.request(
            "POST",
            f"/runs/{run.pk}/kill/",
            urlencode({"csrfmiddlewaretoken": self.token}),
            {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = link.getresponse()
        answer.read()
        link.close()
        if answer.status >= 400:
            raise RuntimeError(f"the kill of {run.pk} was answered with {answer.status}")
        return posted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=240)
    parser.add_argument("--kills", type=int, default=210)
    parser.add_argument("--rate", type=float, default=20.0, help="kills a second")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    ToolPolicy.objects.update_or_create(
        name="bench", defaults={"priority": 1, "verdict": ToolPolicy.Verdicts.ALLOW}
    )
    with (
        processes.worker(slots=worker_slots.slots_for(options.runs + 8), environment=APPS),
        processes.clock(environment=APPS),
        processes.web(environment=APPS) as web,
    ):
        begin(options.runs)
        active = at_work(options.runs)
        chosen = random.Random(3).sample(list(Run.objects.all()), options.kills)
        calling = {run.pk for run in chosen if run.phase == "calling"}
        posted = post(operator(web.url), chosen, options.rate)
        found = acknowledged(posted)
        ended = stopped(chosen)
    took = sorted(1_000 * (found[run] - at) for run, at in posted.items() if run in found)
    return {
        "active": active,
        "kills": len(took),
        "in_call": len(calling & found.keys()),
        "unconfirmed": len(posted) - len(took),
        "p50_ms": took[len(took) // 2],
        "p99_ms": took[min(int(len(took) * 0.99), len(took) - 1)],
        "max_ms": took[-1],
        "ended": ended,
    }


def begin(count: int) -> None:
    """Start the runs, a third of them with each script."""
    user, _ = User.objects.get_or_create(username="bench")
    limits = {"max_steps": 100, "max_tokens": 10**7, "max_usd": 100, "max_seconds": 3_600}
    for place, (name, script) in enumerate(SCRIPTS.items()):
        facts = {"title": name, "planner": "scripted", "script": script, "tools": ["chaos_*"]}
        agent, _ = Agent.objects.update_or_create(
            name=f"bench-{place}", defaults={**facts, **limits}
        )
        for number in range(count // len(SCRIPTS)):
            services.start(agent=agent, goal=f"run {number}", principal=user, at=datetime.now(UTC))


def at_work(count: int, patience: float = 180.0) -> int:
    """Wait until each run plans or is in its call; how many are."""
    end = time.monotonic() + patience
    calls = count // len(SCRIPTS) * (len(SCRIPTS) - 1)
    while time.monotonic() < end:
        if Run.objects.filter(phase="calling").count() >= calls:
            break
        time.sleep(0.2)
    return Run.objects.filter(status="running").exclude(lease_owner="").count()


def operator(url: str) -> Operator:
    """An owner's browser."""
    user = User.objects.create_superuser("bench-operator")
    token = get_random_string(CSRF_SECRET_LENGTH)
    cookie = f"{cookie_of(user)}; {settings.CSRF_COOKIE_NAME}={token}"
    return Operator(urlsplit(url).netloc, cookie, token)


def post(who: Operator, chosen: Sequence[Run], rate: float) -> dict[object, float]:
    """Post the kills one after the other at this rate, without waiting for answers."""
    posted: dict[object, float] = {}

    def kill(run: Run) -> None:
        posted[run.pk] = who.kill(run)

    threads = [threading.Thread(target=kill, args=(run,)) for run in chosen]
    for each in threads:
        each.start()
        time.sleep(1 / rate)
    for each in threads:
        each.join()
    return posted


def acknowledged(posted: dict[object, float], patience: float = 60.0) -> dict[object, float]:
    """The times at which the kills were acknowledged in the journal."""
    end = time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute(ACKNOWLEDGED)
            found = {run: at for run, at in cursor.fetchall() if run in posted}
        if len(found) == len(posted) or time.monotonic() > end:
            return found
        time.sleep(0.2)


def stopped(chosen: Sequence[Run], patience: float = 60.0) -> int:
    end = time.monotonic() + patience
    wanted = Run.objects.filter(pk__in=[run.pk for run in chosen], stop_reason__in=ENDED)
    while wanted.count() < len(chosen) and time.monotonic() < end:
        time.sleep(0.2)
    return wanted.count()
