"""Runs that rest (queued, waiting) while the person they work for is switched off, or may start no
runs any more: they pause, and say why.

A run in a worker's hands pauses at its next step by the same rule. One in doubt goes on waiting:
what happened has to be said first.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from console.live import apart
from policies import memberships
from runs import run_rows
from runs.engine.events import RunPaused
from runs.engine.vocabulary import SUPERVISOR, Control, RunStatus, StopReason, Waiting
from runs.models import Run

RESTING = (RunStatus.QUEUED, RunStatus.WAITING)


def sweep(*, at: datetime) -> int:
    """Pause every resting run whose person is switched off or may start no runs; gives how many."""
    return apart.each(resting(), lambda run: pause(run, at), "a run of somebody who left").done


def resting() -> Sequence[UUID]:
    demoted = Q(by_right=True) & ~Q(principal__in=memberships.starters().values("pk"))
    found = Run.objects.filter(
        Q(principal__is_active=False) | demoted, status__in=list(RESTING), control=Control.NONE
    )
    return list(found.exclude(waiting_for=Waiting.IN_DOUBT).values_list("pk", flat=True))


def pause(run_id: UUID, at: datetime) -> bool:
    """Pause the run; False when something else has become of it meanwhile."""
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if run.status not in RESTING or run.control or run.waiting_for == Waiting.IN_DOUBT:
            return False
        why = memberships.why_gone(run.principal, by_right=run.by_right)
        if not why:
            return False
        paused = RunPaused(
            at=at,
            actor=SUPERVISOR,
            reason=StopReason.PRINCIPAL_GONE,
            rule=memberships.RULE,
            detail=memberships.sentence(run.principal.get_username(), why),
        )
        run_rows.appended(run, run_rows.state_of(run), [paused])
    return True
