"""Thousands of incidents of the library, mixed, on real processes: what their memory does, and what
is left of the runs when all is over.

People answer as each incident says, hours later by their own clock and at once by ours; so no
policy counts calls by the hour here. The memory of a process is what it has written to:
`memory_growth` is the largest ratio, over the processes that lived from the warm-up to the end, of
the median at the end to that after the warm-up. `left_behind` counts runs that never came to their
end, leases, reservations of budgets and open requests of runs that are over, messages to workers,
and processes and connections that outlived their service.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from celery import current_app
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import QuerySet

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from approvals.services import deciding
from console.bench import process_memory
from console.journal import pool, proof
from console.refused import Refused
from console.stack import processes
from policies.budgets.models import Grant
from policies.gate.models import ToolPolicy
from runs.engine.vocabulary import FINAL, AnswerAct, RunStatus
from runs.incidents import plays
from runs.incidents.incident import PersonsAnswer, library
from runs.incidents.plays import PlayVerdict
from runs.models import Run
from runs.toolprocess.forks import APPLICATION

OVER = (*FINAL, RunStatus.PAUSED)
ROUND = 0.2
WARM, LAST = (0.2, 0.35), (0.85, 1.0)
"""The shares of runs started between which memory is looked at: after the warm-up, at the end."""
REST = 120.0
"""Seconds in which runs have to come to their end after the last was started."""
CONNECTIONS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name IN ('signalbox-runs', %s)"""


@dataclass
class Soak:
    """One play. `left` holds, by run, the answers that its incident has not used yet; `memory` the
    megabytes of each process, with the share of runs that had been started by then.
    """

    total: int
    active: int
    starter: User
    approver: User
    dice: random.Random
    roots: Mapping[str, int]
    left: dict[UUID, list[PersonsAnswer]] = field(default_factory=dict)
    started: int = 0
    memory: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)

    def play(self) -> None:
        """Keep so many at work until all were started, then let them come to their end."""
        looked = 0.0
        while self.started < self.total:
            self.start()
            self.answer()
            if time.monotonic() - looked > 1.0:
                looked = time.monotonic()
                self.look()
            time.sleep(ROUND)
        end = time.monotonic() + REST
        while any(remains().values()) and time.monotonic() < end:
            self.answer()
            self.look()
            time.sleep(ROUND)

    def start(self) -> None:
        for _ in range(min(self.active - going().count(), self.total - self.started)):
            incident = self.dice.choice(list(library().values()))
            run = plays.start(incident=incident, principal=self.starter, at=datetime.now(UTC))
            self.left[run.pk] = list(incident.answers)
            self.started += 1

    def answer(self) -> None:
        for request in Request.objects.filter(status=RequestStatus.OPEN).exclude(tool=""):
            said = self.said(request)
            try:
                deciding.decide_at_once(
                    request_id=request.pk,
                    actor=self.approver,
                    act=said.act,
                    digest=request.digest,
                    version=request.version,
                    at=datetime.now(UTC) + timedelta(hours=said.after_hours),
                )
            except Refused as refusal:  # its run ended meanwhile; if not, it stays and is counted
                tell(f"request {request.pk}: {refusal}")

    def said(self, request: Request) -> PersonsAnswer:
        """What the incident says to this, and no to what it does not speak of."""
        left = self.left[request.run_id]
        for each in left:
            if each.tool == request.tool:
                left.remove(each)
                return each
        return PersonsAnswer(request.tool, AnswerAct.DENY)

    def look(self) -> None:
        self.memory.append((self.started / self.total, process_memory.own(self.roots)))

    def growth(self) -> Mapping[str, float]:
        """The ratio of memory at the end to that after the warm-up, for each process."""
        first, last = (between(self.memory, *span) for span in (WARM, LAST))
        return {name: last[name] / first[name] for name in first.keys() & last.keys()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=5_000)
    parser.add_argument("--active", type=int, default=60, help="runs at work at a time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    ToolPolicy.objects.update(cap_per_hour=None)
    with house(options.workers, options.active) as roots:
        starter, approver = person("soak-operator", "operator"), person("soak-approver", "approver")
        dice = random.Random(options.seed)
        soak = Soak(options.runs, options.active, starter, approver, dice, roots)
        soak.play()
        left = remains()
        families = [pid for root in roots.values() for pid in process_memory.family(root)]
    left |= {"processes": alive(families), "connections": connections()}
    growth = soak.growth()
    tell(f"memory: {rounded(growth)}; left: {left}")
    verdicts = judged()
    with pool.pool().connection() as reading:
        proved = proof.prove(reading).holds
    return {
        "runs": sum(verdicts.values()),
        "incidents": len(library()),
        "held": verdicts[PlayVerdict.HELD],
        "processes": len(growth),
        "samples": len(soak.memory),
        "memory_growth": max(growth.values(), default=0.0),
        "left_behind": sum(left.values()),
        "proved": int(proved),
    }


@contextmanager
def house(workers: int, slots: int) -> Iterator[Mapping[str, int]]:
    """A clock, a web server and workers; the numbers of their processes by name."""
    with ExitStack() as stack:
        running = {
            "clock": stack.enter_context(processes.clock()),
            "web": stack.enter_context(processes.web()),
            **{
                f"worker {number}": stack.enter_context(
                    processes.worker(slots=slots, number=number)
                )
                for number in range(1, workers + 1)
            },
        }
        yield {name: each.process.pid for name, each in running.items()}


def person(name: str, group: str) -> User:
    user, _ = User.objects.get_or_create(username=name)
    user.groups.add(Group.objects.get(name=group))
    return user


def going() -> QuerySet[Run]:
    return plays.played().exclude(status__in=OVER)


def between(
    memory: Sequence[tuple[float, Mapping[str, float]]], least: float, most: float
) -> Mapping[str, float]:
    """The median of each process's megabytes over a span of the play."""
    seen: dict[str, list[float]] = {}
    for share, held in memory:
        for name, megabytes in held.items() if least <= share <= most else ():
            seen.setdefault(name, []).append(megabytes)
    return {name: statistics.median(each) for name, each in seen.items()}


def judged() -> Counter[PlayVerdict]:
    """The runs by what came of them; what did not hold is told."""
    found = Counter[PlayVerdict]()
    for run in plays.played().iterator():
        play = plays.play_of(run)
        found[play.verdict] += 1
        if play.verdict is not PlayVerdict.HELD:
            why = [each.wrong for each in play.wrongs] or [run.status, run.waiting_for]
            tell(f"{run.pk} {play.incident.name} {play.verdict}: {'; '.join(why)}")
    return found


def remains() -> dict[str, int]:
    """What is left, in the database and in the workers' queue, of runs that are over, and the runs
    that are not.
    """
    over = Run.objects.filter(status__in=FINAL).values("pk")
    with current_app.connection_for_read() as broker:
        messages = broker.default_channel.client.llen("runs")
    return {
        "runs": going().count(),
        "leases": Run.objects.filter(status__in=OVER).exclude(lease_owner="").count(),
        "reservations": Grant.objects.filter(run__in=over).count(),
        "requests": Request.objects.filter(status=RequestStatus.OPEN, run__in=over).count(),
        "messages": messages,
    }


def alive(pids: Sequence[int]) -> int:
    """How many of these processes there are still."""
    return sum(Path(f"/proc/{pid}").exists() for pid in pids)


def connections() -> int:
    """How many connections of workers and tool processes there are still."""
    end = time.monotonic() + 10
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CONNECTIONS, [APPLICATION])
            found: int = cursor.fetchone()[0]
        if not found or time.monotonic() > end:
            return found
        time.sleep(ROUND)


def rounded(growth: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {ratio:.3f}" for name, ratio in sorted(growth.items()))


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
