"""One event's text in full, even when it was too large for its row. Whether the reader may see the
event was decided before.
"""

from typing import Any

import psycopg

from console import figures
from console.journal import spill
from console.journal.records import JournalRecord

FIELDS = (
    "result",
    "error",
    "final",
    "thought",
    "thinking",
    "text",
    "goal",
    "args",
    "message",
    "prompt",
    "summary",
)


def text(connection: psycopg.Connection[Any], record: JournalRecord) -> str:
    """The event's text in full: its result, answer, thought or arguments."""
    value = next(
        (record.data[name] for name in FIELDS if record.data.get(name) not in (None, "")), ""
    )
    mark = spill.marker(value)
    return figures.pretty(spill.load(connection, mark) if mark else value)
