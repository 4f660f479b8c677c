"""Acts on the far side of the shadow tools: a table, and nothing outside of it."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from console.journal import database_clock
from runs.engine.ports import ToolContext
from runs.incidents.models import ShadowCall


def note_arrival(context: ToolContext, tool: str) -> int:
    """Note that the call has arrived; gives how often it has by now."""
    with transaction.atomic():
        call, _ = ShadowCall.objects.select_for_update().get_or_create(
            key=context.idempotency_key, defaults={"run": context.run, "tool": tool}
        )
        call.tries += 1
        call.save(update_fields=["tries"])
    return call.tries


def act(context: ToolContext) -> None:
    """Give the call its effect, once."""
    ShadowCall.objects.filter(key=context.idempotency_key, done_at=None).update(
        done_at=database_clock.now()
    )


def happened(context: ToolContext) -> bool:
    """Whether the call had its effect."""
    return ShadowCall.objects.filter(key=context.idempotency_key, done_at__isnull=False).exists()


def undo(context: ToolContext) -> bool:
    """Take the effect of the call that `context` undoes back, once; whether there was one."""
    there = ShadowCall.objects.filter(key=context.undoes, done_at__isnull=False)
    there.filter(undone_at=None).update(undone_at=database_clock.now())
    return there.exists()


def counted(run: UUID) -> Mapping[str, Counter[str]]:
    """What there is of a run, by tool: calls that `arrived` and their `tries`, effects `made`, and
    those of them that are `standing`.
    """
    tries, arrived = Counter[str](), Counter[str]()
    made, standing = Counter[str](), Counter[str]()
    for call in ShadowCall.objects.filter(run=str(run)):
        arrived[call.tool] += 1
        tries[call.tool] += call.tries
        made[call.tool] += call.done_at is not None
        standing[call.tool] += call.done_at is not None and call.undone_at is None
    return {"arrived": arrived, "tries": tries, "made": made, "standing": standing}
