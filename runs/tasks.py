"""Celery's tasks of the runtime: only nudges. The truth is in the database, so a message may be
lost or doubled.
"""

from uuid import UUID

from celery import shared_task

from console.journal import database_clock
from console.live import rounds, telling
from runs.runtime import nudge, watchdog, worker_process
from runs.supervision import budget_grants


@shared_task(name=nudge.ADVANCE, ignore_result=True)
def advance(run: str) -> None:
    """Something waits for a worker, such as this run: take whatever comes next."""
    rounds.go("runs taken up", lambda: worker_process.take_up(UUID(run)))


@shared_task(name="runs.watch", ignore_result=True)
def watch() -> None:
    """Do the watchdog's round and record it at once, since it tells whether the house is well."""
    rounds.go("watchdog", watchdog.go_round)
    telling.write(rounds.of("watchdog"))
    watchdog.made()


@shared_task(name="runs.return_grants", ignore_result=True)
def return_grants() -> None:
    """Return what dead runs hold of shared budgets."""
    rounds.go("grants", lambda: budget_grants.return_abandoned(database_clock.now()))
