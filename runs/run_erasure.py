"""Erasing the content of an ended run, and retiring ended runs whole.

Both are journalled by whoever does them, with a reason.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import ProtectedError

from console.journal import content_erasure
from console.refused import Refused
from runs.engine.vocabulary import FINAL
from runs.models import EffectFinding, Run
from runs.models.run_parts import OVER
from runs.runtime.run_ledger import RUNS

KEPT = ("name", "title", "planner")
"""Names that a run's row keeps of its agent's snapshot, none of which anybody said."""
GOAL = "(erased)"
FAILURES = (
    "UPDATE policies_breaker SET last_failure = '' WHERE tool IN (SELECT DISTINCT tool FROM"
    " journal_event WHERE run = %s AND tool <> '')"
)


def erase(*, run_id: UUID, actor: str, reason: str, at: datetime) -> int:
    """Erase what an ended run was asked, thought, called with and answered; gives how many events
    had content. Raises Refused.
    """
    if not reason.strip():
        raise Refused("Erasing needs a reason; it stays in the journal.")
    with transaction.atomic():
        run = ended(run_id)
        return content_erasure.erase(
            RUNS,
            run.id,
            last=run.seq,
            correlation_id=run.correlation_id,
            actor=actor,
            reason=reason,
            at=at,
        )


def retire(*, run_id: UUID, actor: str, reason: str, at: datetime) -> None:
    """Delete an ended run with everything about it.

    The house's chain keeps its head and how many events it had.
    """
    if not reason.strip():
        raise Refused("Retiring needs a reason; it stays in the journal.")
    with transaction.atomic():
        run = ended(run_id)
        content_erasure.retire(run.id, ledger=RUNS, actor=actor, reason=reason, at=at)
        for forget in _forgetters:
            forget(run.id)
        EffectFinding.objects.filter(run=run.pk).delete()
        run.delete()


def retire_older(
    *, agent: str, before: datetime, actor: str, reason: str, at: datetime
) -> tuple[int, int]:
    """Retire the runs of an agent that ended before a time, the oldest first, each in a transaction
    of its own. Gives how many were retired, and how many stay since newer runs came of them.
    """
    found = Run.objects.filter(agent__name=agent, status__in=OVER, ended_at__lt=before)
    retired = kept = 0
    for run_id in list(found.order_by("created_at").values_list("pk", flat=True)):
        try:
            retire(run_id=run_id, actor=actor, reason=reason, at=at)
            retired += 1
        except ProtectedError:
            kept += 1
    return retired, kept


def ended(run_id: UUID) -> Run:
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise Refused("There is no such run.")
    if run.status not in FINAL:
        raise Refused("This run has not ended: stop it first.")
    return run


_forgetters: list[content_erasure.Blank] = []


def also_forget(forget: content_erasure.Blank) -> content_erasure.Blank:
    """Register a function that deletes an app's own rows about a run that is retired."""
    if forget not in _forgetters:
        _forgetters.append(forget)
    return forget


def blank_run(run_id: UUID) -> None:
    """Blank the run's own row, what findings say of it, and the last words of its failures at its
    tools' breakers.
    """
    run = Run.objects.get(pk=run_id)
    kept = {name: run.snapshot[name] for name in KEPT if name in run.snapshot}
    Run.objects.filter(pk=run_id).update(goal=GOAL, stop_detail="", snapshot=kept)
    EffectFinding.objects.filter(run=run_id).update(listed="", reason="")
    with connection.cursor() as cursor:
        cursor.execute(FAILURES, [run_id])
