"""How far the index of what events are found by has come: one row, read and written whole."""

from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import connection


@dataclass(slots=True)
class IndexState:
    """Every event up to `upto` is in the index. No event up to `settled` can still be committed;
    up to `waiting` none can once every transaction before `waiting_for` has ended. `seen` is the
    newest event that a round has met. Times follow ids but for `skew` seconds: so far one of an
    earlier time than `latest`, the latest so far, has come behind it.
    """

    upto: int = 0
    settled: int = 0
    seen: int = 0
    waiting: int | None = None
    waiting_for: int | None = None
    latest: datetime | None = None
    skew: float = 0.0

    def follow(self, at: datetime) -> None:
        """Take note of the time of the next event."""
        self.latest = max(self.latest or at, at)
        self.skew = max(self.skew, (self.latest - at) / timedelta(seconds=1))


_NAMES = [field.name for field in fields(IndexState)]
_READ = f"SELECT {', '.join(_NAMES)} FROM journal_indexing WHERE id = 1"
_WRITE = f"""INSERT INTO journal_indexing (id, {", ".join(_NAMES)})
    VALUES (1, {", ".join("%s" for _ in _NAMES)})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES)}"""


def read() -> IndexState:
    """The state; that of an index which has not begun when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        found = cursor.fetchone()
    return IndexState(*found) if found else IndexState()


def write(cursor: Any, state: IndexState) -> None:
    cursor.execute(_WRITE, astuple(state))
