"""The pictures of tools' results on pages: which an event holds, and the bytes of one. Whether the
reader may see the event was decided before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from console import figures
from console.journal import spill
from console.journal.records import JournalRecord, Stored
from runs.engine import pictures


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """One picture of the event `seq`: its `place` there, what it is, its size in pixels."""

    seq: int
    place: int
    title: str
    width: int
    height: int


def of(events: Iterable[Stored]) -> tuple[ShownPicture, ...]:
    """The pictures that these events hold, in the order of their marks in the results."""
    return tuple(
        shown(kept, event.seq, place)
        for event in events
        for place, kept in enumerate(event.record.data.get("pictures") or (), 1)
    )


def shown(kept: dict[str, Any], seq: int, place: int) -> ShownPicture:
    width, height = int(kept["width"]), int(kept["height"])
    pixels = f", {width} × {height}" if width and height else ""
    title = f"{kept['kind']}{pixels}, {figures.file_size(int(kept['size']))}"
    return ShownPicture(seq, place, title, width, height)


def content(
    connection: psycopg.Connection[Any], record: JournalRecord, place: int
) -> tuple[str, bytes]:
    """The kind and the bytes of one picture. Raises LookupError when there is none, or none any
    more, or what is kept is no picture by its own bytes.
    """
    kept = record.data.get("pictures") or ()
    if not 1 <= place <= len(kept):
        raise LookupError(f"no picture {place}")
    found = spill.content(connection, kept[place - 1]["sha256"])
    seen = pictures.sniffed(found)
    if seen is None:
        raise LookupError(f"picture {place} is none")
    return seen.kind, found
