"""Runs that rest (queued, waiting) while the person they work for is switched off: they pause, and
say why.

A run in a worker's hands pauses at its next step by the same rule. One in doubt goes on waiting:
what happened has to be said first.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from console.live import apart
from policies import people
from runs import services
from runs.engine.events import RunPaused
from runs.engine.vocabulary import SUPERVISOR, Control, Status, StopReason, Waiting
from runs.models import Run

RESTING = (Status.QUEUED, Status.WAITING)


def sweep(*, at: datetime) -> int:
    """Pause every resting run whose person is off; how many."""
    return apart.each(resting(), lambda run: pause(run, at), "a run of somebody who left").done


def resting() -> Sequence[UUID]:
    found = Run.objects.filter(
        principal__is_active=False, status__in=list(RESTING), control=Control.NONE
    )
    return list(found.exclude(waiting_for=Waiting.IN_DOUBT).values_list("pk", flat=True))


def pause(run_id: UUID, at: datetime) -> bool:
    """Whether it was paused: something else may have become of it meanwhile."""
    with transaction.atomic():
        run = services.locked(run_id)
        if (
            run.status not in RESTING
            or run.control
            or run.waiting_for == Waiting.IN_DOUBT
            or run.principal.is_active
        ):
            return False
        sentence = people.sentence(run.principal.get_username())
        paused = RunPaused(
            at=at,
            actor=SUPERVISOR,
            reason=StopReason.PRINCIPAL_GONE,
            rule=people.RULE,
            detail=sentence,
        )
        services.appended(run, services.state_of(run), [paused])
    return True
