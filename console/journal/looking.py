"""Opening events that are always hidden, for those who may: one at a time, and each look is itself
an event.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Model

from console.journal import acting, append, edits, selectors, spill, visibility
from console.journal.event_rows import READ, EventRow
from console.journal.records import ALWAYS_HIDDEN, Actor, Stored
from console.journal.visibility import Clearance


class MayNotLook(Exception):
    """There is no such event for this person."""


def look(number: int, *, actor: AbstractBaseUser, clearance: Clearance, at: datetime) -> Stored:
    """The whole of one event.

    When it is always hidden the look is journalled in the same transaction. Raises `MayNotLook`.
    """
    if stored := selectors.event(number, clearance=clearance):
        return stored
    if not visibility.may_look(clearance):
        raise MayNotLook(f"event {number}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{READ} WHERE id = %s AND visibility = %s", [number, ALWAYS_HIDDEN])
        found = cursor.fetchone()
        if found is None:
            raise MayNotLook(f"event {number}")
        row = EventRow._make(found)
        facts = {"event": number, "run": str(row.run), "seq": row.seq, "kind": row.kind}
        append.note(
            kind="audit.looked",
            actor=acting.of(actor),
            at=at,
            data=facts,
            correlation_id=row.correlation_id,
        )
    return row.stored()


def note_row(row: Model, *, actor: Actor, at: datetime) -> None:
    """Journal that somebody was shown what is always hidden of an edited row, such as an agent's
    prompt; nothing for a row that has nothing of it.
    """
    shown = sorted(name for name in edits.HIDDEN if getattr(row, name, ""))
    if shown:
        facts = {"of": row._meta.model_name, "name": str(row), "fields": shown}
        append.note(kind="audit.looked", actor=actor, at=at, data=facts)


@dataclass(frozen=True, slots=True)
class Spilled:
    """A value that is kept apart from its event."""

    sha256: str
    text: bool
    content: bytes


def spilled(stored: Stored, key: str) -> Spilled:
    """The value behind a marker of an event that this reader has already been given, which is the
    permission. Raises LookupError.
    """
    mark = selectors.markers(stored)[key]
    return Spilled(
        mark["sha256"],
        mark["form"] == "text",
        spill.content(append.raw_connection(connection), mark["sha256"]),
    )
