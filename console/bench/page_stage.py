"""What benches of pages look at: the demo's people, orders and agents, runs that are live for as
long as the bench takes, and one run with a very long history.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from console.bench.sign_ins import cookie_of
from console.journal import append
from console.stack import processes
from policies.thresholds.models import Thresholds
from runs import run_rows, services
from runs.demo.seed import seed
from runs.engine import events as e
from runs.engine.fold import fold
from runs.engine.ports import ToolCall
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, Verdict
from runs.models import Agent, Run
from runs.runtime import run_ledger

DEMO = {"SIGNALBOX_DEMO": "1"}
PATIENCE = 180.0
AT_ONCE = 300
"""Events of the long history that are appended by one statement."""
LIVELY = """model = "bench"
[[step]]
thought = "Is order {{{{n}}}} on its way?"
call = {{ tool = "get_order", args = {{ order_id = "{{{{n}}}}" }} }}
repeat = 5000
delay = [{least}, {most}]
tokens_in = 900
tokens_out = 60
"""
"""A run that goes on for longer than any bench; times in seconds."""
LIMITS = {"max_steps": 20_000, "max_tokens": 10**9, "max_usd": 10**4, "max_seconds": 86_400}


@dataclass(frozen=True, slots=True)
class PageStage:
    """A console that is served at `url`, and the cookie with which each of the demo's people looks
    at it.
    """

    url: str
    cookies: Mapping[str, str]


@contextmanager
def played(runs: int, seconds: float, environment: Mapping[str, str] = DEMO) -> Iterator[PageStage]:
    """The demo, unless the environment says otherwise, and so many more runs that each take a step
    in so many seconds.
    """
    # the same tool over and over is what the loop rules are there to stop; here it is the load
    Thresholds.objects.filter(kind=Thresholds.Kind.LOOPS).update(
        changes={"hint": 1.0, "pause": 1.0, "stop": 1.0}
    )
    with (
        processes.web(environment) as web,
        processes.worker(slots=max(40, runs * 2), environment=environment),
        processes.clock(environment),
    ):
        seed(at=datetime.now(UTC))
        lively(runs, seconds)
        people = User.objects.exclude(username__in=("demo", "bench"))
        yield PageStage(web.url, {who.username: cookie_of(who) for who in people})


def lively(runs: int, seconds: float) -> None:
    """Start the runs and wait until each has made its first step."""
    operator = User.objects.get(username="operator")
    facts = {"title": "Parcel watch", "planner": "scripted", "tools": ["get_order"], **LIMITS}
    script = LIVELY.format(least=seconds * 0.8, most=seconds * 1.2)
    agent, _ = Agent.objects.update_or_create(
        name="parcel-watch", defaults={**facts, "script": script}
    )
    for number in range(runs):
        goal = f"Watch the parcels of round {number + 1} until the last one has arrived."
        services.start(agent=agent, goal=goal, principal=operator, at=datetime.now(UTC))
    begun = Run.objects.filter(agent=agent, step__gte=1)
    until(lambda: begun.count() >= runs, f"{runs} runs")


def until(so: Any, what: str) -> None:
    """Wait until it is so. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} were not there after {PATIENCE:.0f} s")
        time.sleep(0.3)


def long_run(steps: int) -> Run:
    """An ended run with so many steps of one call each."""
    operator = User.objects.get(username="operator")
    agent = Agent.objects.get(name="parcel-watch")
    at = datetime.now(UTC) - timedelta(seconds=steps + 60)
    run = services.start(
        agent=agent, goal="Look at every parcel of the year.", principal=operator, at=at
    )
    events, state = _history(run, at, steps)
    rows, _ = run_ledger.rows(events, run_rows.origin(run))
    for first in range(0, len(rows), AT_ONCE):
        with transaction.atomic():
            append.append(
                connection,
                run_ledger.RUNS,
                run.id,
                rows[first : first + AT_ONCE],
                epoch=None,
                projection=project(state),
            )
    return run


def _history(run: Run, at: datetime, steps: int) -> tuple[list[e.RunEvent], RunState]:
    state = RunState()
    for event in run_ledger.events(append.read(connection, run.id)):
        state = fold(state, event)
    events: list[e.RunEvent] = [
        e.RunLeased(at=at, owner="bench", epoch=1, price_in=Decimal(1), price_out=Decimal(2))
    ]
    for step in range(1, steps + 1):
        events += _step(step, at + timedelta(seconds=step))
    last: dict[str, Any] = {"tokens_in": 900, "tokens_out": 40, "usd": Decimal("0.001")}
    end = at + timedelta(seconds=steps + 1)
    final = "Every parcel was looked at."
    events += [
        e.StepPlanned(at=end, step=steps + 1, final=final, **last),
        e.RunCompleted(at=end, final=final),
    ]
    for event in events:
        state = fold(state, event)
    return events, state


def _step(step: int, at: datetime) -> Iterator[e.RunEvent]:
    args = {"order_id": 1_000 + step}
    turn = ToolCall(f"c{step}", "get_order", args)
    yield e.StepPlanned(
        at=at, step=step, calls=(turn,), thought=f"Is parcel {step} on its way?",
        model="bench", tokens_in=900, tokens_out=60, usd=Decimal("0.001"), duration=0.4,
    )  # fmt: skip
    yield e.CallIntended(
        at=at + timedelta(seconds=0.4), step=step, tool="get_order", call=f"{step}.0",
        ref=turn.id, args=args, key=f"{step}.0", effect=Effect.READ,
    )  # fmt: skip
    yield e.CallReturned(
        at=at + timedelta(seconds=0.9), step=step, tool="get_order", call=f"{step}.0",
        outcome=Outcome.OK, verdict=Verdict.SUCCEEDED, duration=0.5,
        result={"order_id": 1_000 + step, "status": "shipped", "lines": [{"sku": "LAMP-2"}]},
    )  # fmt: skip
