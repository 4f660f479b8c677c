"""A run goes over to somebody else when the person it works for leaves: from then on it may what
they may.

A worker that has it in hand knows the former person until its next step, where it pauses; the
clock's round lets it go on, for the new one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from console.journal import acting
from console.journal.records import Actor
from console.live import apart
from policies import memberships
from runs import run_rows, services
from runs.engine.events import RunHandedOver
from runs.engine.vocabulary import FINAL, Control, RunStatus, StopReason
from runs.models import Run

NOTE = "It was handed over to {name}."


def hand_over(*, run_id: UUID, to: User, actor: User, at: datetime, note: str) -> bool:
    """Let the run work for `to`; False when it had ended. Who may do it was checked before."""
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if run.status in FINAL:
            return False
        left, who = run.principal.get_username(), acting.of(actor)
        run.principal, run.by_right = to, True
        run.save(update_fields=["principal", "by_right"])
        word = RunHandedOver(
            at=at,
            actor=who.name,
            person=who.person,
            to=to.get_username(),
            left=left,
            note=note,
        )
        run_rows.write(run, [word], {})
    return True


def sweep(*, at: datetime) -> int:
    """Let handed-over runs go on that had paused because of whom they worked for before; gives how
    many.
    """
    return apart.each(paused(), lambda run: go_on(run, at), "a run that was handed over").done


def paused() -> Sequence[UUID]:
    found = Run.objects.filter(
        status=RunStatus.PAUSED,
        stop_reason=StopReason.PRINCIPAL_GONE,
        control=Control.NONE,
        principal__is_active=True,
    ).select_related("principal")
    return [run.pk for run in found if not of_them(run)]


def of_them(run: Run) -> bool:
    """Whether the pause is because of the person that the run works for now."""
    name = run.principal.get_username()
    said = (memberships.sentence(name, why) for why in (memberships.OFF, memberships.DEMOTED))
    return run.stop_detail in said


def go_on(run_id: UUID, at: datetime) -> bool:
    name = Run.objects.select_related("principal").get(pk=run_id).principal.get_username()
    return services.go_on_if_held_by(
        run_id=run_id,
        rule=memberships.RULE,
        actor=Actor("system"),
        at=at,
        note=NOTE.format(name=name),
    )
