"""How many queued runs come before a queued run, and which bound keeps it waiting. Three queries
for any number of runs, none where none is queued.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from console import figures
from console.journal import append
from runs.engine.vocabulary import Control, Priority, RunStatus
from runs.models import Run
from runs.runtime import queue_order, run_queue
from runs.runtime.queue_order import ActiveRuns, LineLength
from runs.runtime.run_queue import LinePlace


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a queued run stands: `before` it so many as things are now; `bound`: which bound keeps
    it waiting, as a sentence without its stop, empty where none does.
    """

    before: int
    bound: str = ""

    @property
    def words(self) -> str:
        """`40 before it · 3 of 3 runs of Refund desk at work`."""
        ahead = f"{self.before:,} before it" if self.before else "" if self.bound else "next"
        return " · ".join(filter(None, (ahead, self.bound)))


def lined_up(run: Run) -> bool:
    """Whether the run waits in the queue, and for nothing else."""
    return (
        run.status == RunStatus.QUEUED
        and not run.lease_owner
        and not run.suspect
        and run.control != Control.KILL
        and not (run.takes and run.lease_expires_at)
    )


def of(runs: Iterable[Run]) -> Mapping[UUID, QueuePlace]:
    """The places of those runs that are queued; others are left out."""
    queued = [run for run in runs if lined_up(run)]
    if not queued:
        return {}
    raw = append.raw_connection(connection)
    at_work, bounds = run_queue.bounded(raw)
    full = [agent for agent, most in bounds.items() if at_work.agents.get(agent, 0) >= most]
    known = run_queue.places(raw, [run.pk for run in queued], full)
    lengths = run_queue.lengths(raw, full)
    return {
        run.pk: placed(run, known[run.pk], lengths, at_work, bounds)
        for run in queued
        if run.pk in known
    }


def placed(
    run: Run,
    line: LinePlace,
    lengths: list[LineLength],
    at_work: ActiveRuns,
    bounds: Mapping[int, int],
) -> QueuePlace:
    most = bounds.get(run.agent_id)
    if most is not None and (held := at_work.agents.get(run.agent_id, 0)) >= most:
        return QueuePlace(line.of_agent, bound(held, most, run.agent.title))
    priority = Priority(run.priority)
    before = queue_order.before(priority, run.principal_id, line.of_principal, lengths, at_work)
    most = settings.ACTIVE_PER_PRINCIPAL or None
    if most is not None and (held := at_work.principals.get(run.principal_id, 0)) >= most:
        return QueuePlace(before, bound(held, most, run.principal.get_username()))
    return QueuePlace(before)


def bound(held: int, most: int, whose: str) -> str:
    return f"{held:,} of {figures.plural(most, 'run')} of {whose} at work"
