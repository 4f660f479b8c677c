"""Erased events as they are read: that their content is gone, since when and by whose word, in the
place where it stood.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from console.journal import content_erasure, selectors
from console.journal.records import VISIBLE, JournalRecord, Stored

GONE = "content.gone"
ANYBODY = frozenset({VISIBLE})


def told(run: UUID, stored: Sequence[Stored]) -> list[Stored]:
    """The events, each erased one as a mark that says so; one more query, and only where there is
    one.
    """
    if not any(event.erased for event in stored):
        return list(stored)
    orders = selectors.events(run, clearance=ANYBODY, kinds=[content_erasure.KIND])
    return [mark(event, orders) if event.erased else event for event in stored]


def mark(event: Stored, orders: Sequence[Stored]) -> Stored:
    """The order that reached as far as this event is the one that took its content."""
    record = event.record
    order = next(
        (each.record for each in orders if each.record.data.get("last", 0) >= event.seq), record
    )
    gone = {
        "kind": record.kind,
        "on": f"{order.at:%-d %b %Y}",
        "by": order.actor.removeprefix("user:"),
    }
    return replace(
        event,
        record=JournalRecord(
            GONE,
            record.at,
            record.actor,
            record.correlation_id,
            step=record.step,
            tool=record.tool,
            data=gone,
        ),
    )
