"""Doing something once: the idempotency key decides, in the database, whether a call is the first
of its kind.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from console.journal import database_clock
from runs.demo.models import AgentEffect
from runs.engine.ports import ListedEffect, ToolContext

DoneOnce = TypeVar("DoneOnce", bound=AgentEffect)


def once(
    model: type[DoneOnce],
    context: ToolContext,
    *,
    first: Callable[[], None] | None = None,
    **facts: Any,
) -> DoneOnce:
    """The effect of this key, done now unless it was done before.

    `first` is what else happens the first time, in the same transaction.
    """
    with transaction.atomic():
        signed = {"run": context.run, "principal": context.principal, "at": database_clock.now()}
        effect: DoneOnce
        effect, created = model.objects.get_or_create(
            key=context.idempotency_key, defaults={**signed, **facts}
        )
        if created and first is not None:
            first()
    return effect


def found(model: type[DoneOnce], context: ToolContext) -> DoneOnce | None:
    """The effect of this key, if it was done."""
    effect: DoneOnce | None = model.objects.filter(key=context.idempotency_key).first()
    return effect


def listed(
    model: type[DoneOnce], since: datetime, words: Callable[[DoneOnce], str]
) -> list[ListedEffect]:
    """Every effect of the kind since then, told in these words."""
    return [
        ListedEffect(each.key, each.at, words(each), undone=each.undone_at is not None)
        for each in model.objects.filter(at__gte=since).select_related().order_by("at")
    ]


def undone(
    model: type[DoneOnce], context: ToolContext, back: Callable[[DoneOnce], None] | None = None
) -> datetime | None:
    """Mark what the call did as undone and put things back, once; when it was undone, or None when
    it was never done.
    """
    with transaction.atomic():
        effect: DoneOnce | None = (
            model.objects.select_for_update().filter(key=context.undoes).first()
        )
        if effect is None or effect.undone_at is not None:
            return effect.undone_at if effect else None
        if back is not None:
            back(effect)
        effect.undone_at = database_clock.now()
        effect.save(update_fields=["undone_at"])
    return effect.undone_at
