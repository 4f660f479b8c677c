"""The events that no round of the index of words has come to, with their keys, so that they are
found as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from console.journal import content_index, content_words
from console.journal.event_rows import READ, EventRow
from console.journal.records import ALWAYS_HIDDEN

TAIL = 2_000
"""Most events without index that are read through for their words: the newest."""
UPTO = "SELECT coalesce((SELECT upto FROM journal_indexing WHERE id = 1), 0)"
UNINDEXED = f"""{READ} WHERE id > ({UPTO}) AND visibility <> %s
    AND NOT EXISTS (SELECT FROM journal_indexed WHERE event = journal_event.id OFFSET 0)
    ORDER BY id DESC LIMIT %s"""
"""Each newest event is looked up in the index (OFFSET 0), which is never read from end to end."""


@dataclass(slots=True)
class ContentTail:
    """Read once, when it is first asked for. `more`: there are others, which are not found.
    `earliest` and `latest` are the times of those that were read, None of none.
    """

    more: bool = False
    earliest: datetime | None = None
    latest: datetime | None = None
    _chains: frozenset[UUID] = field(default=frozenset(), repr=False)
    _keys: dict[int, frozenset[int]] | None = field(default=None, repr=False)

    @property
    def keys(self) -> dict[int, frozenset[int]]:
        """The keys of each event, the newest first."""
        if self._keys is None:
            self._keys = self._read()
        return self._keys

    def chains(self) -> frozenset[UUID]:
        """The chains of these events."""
        return self._chains if self.keys else frozenset()

    def _read(self) -> dict[int, frozenset[int]]:
        with connection.cursor() as cursor:
            cursor.execute(UNINDEXED, [ALWAYS_HIDDEN, TAIL + 1])
            rows = list(map(EventRow._make, cursor.fetchall()))
        self.more = len(rows) > TAIL
        self.earliest = min((row.ts for row in rows), default=None)
        self.latest = max((row.ts for row in rows), default=None)
        self._chains = frozenset(row.run for row in rows)
        return {row.id: frozenset(content_index.keys(row)) for row in rows[:TAIL]}

    def having(self, sought: Sequence[Sequence[int]]) -> list[int]:
        """The events with every key of some of the ways, the newest first. Keys are without their
        bucket.
        """
        found = []
        for event, keys in self.keys.items():
            place = content_words.bucket(event)
            if any(all(place | key in keys for key in way) for way in sought):
                found.append(event)
        return found


ALL_INDEXED = ContentTail(_keys={})
"""What the index had not come to when it had come to all."""
