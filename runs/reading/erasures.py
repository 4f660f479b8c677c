"""Erased events for readers: in their place it says that the content is gone, since when, and by
whose order.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from console.journal import content_erasure, selectors
from console.journal.records import VISIBLE, JournalRecord, Stored, label_of

GONE = "content.gone"
ANYBODY = frozenset({VISIBLE})


def told(run: UUID, stored: Sequence[Stored]) -> list[Stored]:
    """The events, with a mark in place of each erased one; one more query, and only when there is
    one.
    """
    if not any(event.erased for event in stored):
        return list(stored)
    orders = selectors.events(run, clearance=ANYBODY, kinds=[content_erasure.KIND])
    return [mark(event, orders) if event.erased else event for event in stored]


def mark(event: Stored, orders: Sequence[Stored]) -> Stored:
    """The mark of an erased event, with the order that reached as far as it."""
    record = event.record
    order = next(
        (each.record for each in orders if each.record.data.get("last", 0) >= event.seq), record
    )
    gone = {
        "kind": record.kind,
        "on": f"{order.at:%-d %b %Y}",
        "by": label_of(order.actor),
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
