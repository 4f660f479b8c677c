"""Reading a journal in which a row may be damaged: a row that cannot be read is named in its place,
and everything else is shown.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from console.journal.records import Stored

log = logging.getLogger(__name__)
KIND = "unreadable"
T = TypeVar("T")


def reading(how: Callable[[Sequence[Stored]], T], stored: Sequence[Stored]) -> T:
    """`how(stored)`; only when that fails, each row is tried by itself, and a bad one becomes a row
    that says so.
    """
    try:
        return how(stored)
    except Exception:
        log.info("a journal with a row that cannot be read", exc_info=True)
        return how([named(event, how) for event in stored])


def named(event: Stored, how: Callable[[Sequence[Stored]], object]) -> Stored:
    """The row, or an event in its place that says that it cannot be read, with its time
    and actor.
    """
    try:
        how([event])
    except Exception as error:
        log.warning("event %s of run %s cannot be read", event.seq, event.run, exc_info=True)
        said = (
            f"Event {event.seq} ({event.record.kind}) cannot be read: {type(error).__name__}:"
            f" {error}"
        )
        return replace(
            event, record=replace(event.record, kind=KIND, tool="", rule="", data={"error": said})
        )
    return event
