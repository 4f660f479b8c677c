"""Celery's side of the runtime: nudges in, nothing out. The truth is in the database, so a message may be lost or doubled."""

from uuid import UUID

from celery import shared_task

from runs.runtime import nudge, watchdog, work
from runs.supervision import grants


@shared_task(name=nudge.ADVANCE, ignore_result=True)
def advance(run: str) -> None:
    """Look at a run."""
    work.advance(UUID(run))


@shared_task(name="runs.watch", ignore_result=True)
def watch() -> None:
    """The watchdog's round."""
    watchdog.watch()


@shared_task(name="runs.return_grants", ignore_result=True)
def return_grants() -> None:
    """What dead runs hold of shared budgets goes back."""
    grants.return_abandoned(work.utc_now())
