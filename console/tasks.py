"""The roof's own tasks."""

from datetime import datetime

from celery import shared_task

from console import restored
from console.journal import content_index, database_clock, sealing
from console.live import rounds
from runs import bulk_acts, reconciling, released_levers
from runs.drills import drilling, monthly
from runs.insights import rolling

LONGEST = 5.0
INDEXING = 0.7
"""Seconds that one round of the search index may take; there is one every second."""
BULK = 0.7
"""Seconds that one round of bulk acts may take; there is one every second."""


@shared_task(name="console.seal", ignore_result=True)
def seal() -> None:
    """Sign where every chain of the journal stands."""
    rounds.go("seals", lambda: sealed(database_clock.now()))


def sealed(now: datetime) -> None:
    """Make a seal; where the file of seals knows more than the database, halt the house first."""
    try:
        sealing.make(now)
    except sealing.OlderDatabase:
        restored.notice(now)
        raise


@shared_task(name="console.index", ignore_result=True)
def index() -> None:
    """Make what was committed findable by its words."""
    rounds.go("search index", lambda: content_index.go_round(INDEXING))


@shared_task(name="console.reconcile", ignore_result=True)
def reconcile() -> None:
    """Hold what far sides list against the journal. A worker's, since tools are asked."""
    rounds.go("reconciliation", lambda: reconciling.go_round(database_clock.now()))


@shared_task(name="console.roll_up", ignore_result=True)
def roll_up() -> None:
    """Add what is new in the journal to the sums of Insights."""
    rounds.go("insights", lambda: rolling.go_round(LONGEST))


@shared_task(name="console.bulk_acts", ignore_result=True)
def work_bulk_acts() -> None:
    """Go on with what somebody asked for many runs."""
    rounds.go("bulk acts", lambda: bulk_acts.go_round(BULK, database_clock.now()))


@shared_task(name="console.drills", ignore_result=True)
def drills() -> None:
    """Look after fire drills: start those that are due, end those that are over."""
    rounds.go("fire drills", lambda: look_after_drills(database_clock.now()))


def look_after_drills(at: datetime) -> None:
    drilling.tend(at=at)
    monthly.due(at=at)


@shared_task(name="console.resume_halted", ignore_result=True)
def resume_halted() -> None:
    """Let runs go on whose lever was released for that."""
    rounds.go("released levers", lambda: released_levers.go_round(database_clock.now()))
