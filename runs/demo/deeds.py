"""Doing something once: the idempotency key decides, in the database, whether a call is the first
of its kind.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from console.journal import clock
from runs.demo.models import Deed
from runs.engine.ports import ToolContext

Done = TypeVar("Done", bound=Deed)


def once(
    model: type[Done],
    context: ToolContext,
    *,
    first: Callable[[], None] | None = None,
    **facts: Any,
) -> Done:
    """The deed of this key, done now unless it was done before.

    `first` is what else happens the first time, in the same transaction.
    """
    with transaction.atomic():
        signed = {"run": context.run, "principal": context.principal, "at": clock.now()}
        deed: Done
        deed, created = model.objects.get_or_create(
            key=context.idempotency_key, defaults={**signed, **facts}
        )
        if created and first is not None:
            first()
    return deed


def found(model: type[Done], context: ToolContext) -> Done | None:
    """The deed of this key, if it was done."""
    deed: Done | None = model.objects.filter(key=context.idempotency_key).first()
    return deed


def undone(
    model: type[Done], context: ToolContext, back: Callable[[Done], None] | None = None
) -> datetime | None:
    """Mark what the call did as undone and put things back, once; when it was undone, or None when
    it was never done.
    """
    with transaction.atomic():
        deed: Done | None = model.objects.select_for_update().filter(key=context.undoes).first()
        if deed is None or deed.undone_at is not None:
            return deed.undone_at if deed else None
        if back is not None:
            back(deed)
        deed.undone_at = clock.now()
        deed.save(update_fields=["undone_at"])
    return deed.undone_at
