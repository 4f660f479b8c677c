"""Which events have these words, by the index: bucket after bucket of neighbouring events until a
page is full, and then what no round has indexed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.db import connection

from console.journal import content_index, content_words, index_state, visibility
from console.journal.event_rows import READ, EventRow
from console.journal.index_state import IndexState
from console.journal.visibility import Clearance

Ways = tuple[tuple[tuple[str, str], ...], ...]
"""Ways to fit, each some words as (field, text) that an event has to have."""
TAIL = 2_000
"""Most events without index that are read through for their words."""


@dataclass(frozen=True, slots=True)
class WantedWords:
    """What events have to have: every word of one of `alternatives`, each word as (field, text)."""

    alternatives: Ways
    after: int | None = None
    before: int | None = None
    newest_first: bool = False
    limit: int = 50

    def fits(self, row: EventRow, readable: Sequence[str]) -> bool:
        found, place = set(content_index.keys(row)), content_words.bucket(row.id)
        return any(
            all(place | content_words.digest(who, *word) in found for word in words)
            for words, who in product(self.alternatives, readable)
        )


@dataclass(frozen=True, slots=True)
class BucketWalk:
    """A statement and its parameters."""

    text: str
    params: list[Any] = field(default_factory=list)


def having(wanted: WantedWords, clearance: Clearance) -> list[int]:
    """The ids of the events that fit and that this reader may read, in order, no more than the
    limit.
    """
    readable = visibility.open_to(clearance)
    state = index_state.read()
    beginning, end = (tail, walk) if wanted.newest_first else (walk, tail)
    found = beginning(wanted, readable, state)
    if len(found) < wanted.limit:
        found += end(wanted, readable, state)
    return found[: wanted.limit]


def walk(wanted: WantedWords, readable: Sequence[str], state: IndexState) -> list[int]:
    if not state.seen or not readable or not wanted.alternatives:
        return []
    made = walked(wanted, readable, state.seen)
    with connection.cursor() as cursor:
        cursor.execute(made.text, made.params)
        found = [row[0] for row in cursor.fetchall()]
    return sorted(found, reverse=wanted.newest_first)


def walked(wanted: WantedWords, readable: Sequence[str], newest: int) -> BucketWalk:
    """The walk over the buckets. Its inner query is fenced (OFFSET 0), so that a bucket is always
    looked up by its keys.
    """
    having_them = " OR ".join(
        f"keys @> {_keys([content_words.digest(who, *word) for word in words])}"
        for words, who in product(wanted.alternatives, readable)
    )
    bounds, params = _bounds("event", wanted)
    order = "DESC" if wanted.newest_first else "ASC"
    low, high = wanted.after or 0, min(newest, wanted.before or newest)
    first, last = low >> content_words.SPAN, high >> content_words.SPAN
    series = (last, first, -1) if wanted.newest_first else (first, last, 1)
    text = f"""SELECT found.event FROM generate_series(%s::bigint, %s, %s) AS place (bucket)
    CROSS JOIN LATERAL (SELECT event FROM
        (SELECT event FROM journal_indexed WHERE {having_them} OFFSET 0) AS had{bounds}
        ORDER BY event {order} LIMIT %s) AS found
    LIMIT %s"""
    return BucketWalk(text, [*series, *params, wanted.limit, wanted.limit])


def _keys(digests: Sequence[int]) -> str:
    each = ", ".join(f"(bucket << {content_words.BITS}) | {number}" for number in digests)
    return f"ARRAY[{each}]"


def _bounds(column: str, wanted: WantedWords) -> tuple[str, list[int]]:
    found = [(f"{column} > %s", wanted.after), (f"{column} < %s", wanted.before)]
    kept = [(text, bound) for text, bound in found if bound is not None]
    texts = " AND ".join(text for text, _ in kept)
    return (f" WHERE {texts}" if texts else ""), [bound for _, bound in kept]


def tail(wanted: WantedWords, readable: Sequence[str], state: IndexState) -> list[int]:
    """Those of the events that no round has indexed yet, no more than `TAIL` of them looked at."""
    bounds, params = _bounds("id", wanted)
    order = "DESC" if wanted.newest_first else "ASC"
    text = f"""{READ}{bounds or " WHERE true"} AND id > %s AND visibility = ANY(%s)
    AND NOT EXISTS (SELECT FROM journal_indexed WHERE event = journal_event.id)
    ORDER BY id {order} LIMIT %s"""
    with connection.cursor() as cursor:
        cursor.execute(text, [*params, state.upto, list(readable), TAIL])
        rows = map(EventRow._make, cursor.fetchall())
        return [row.id for row in rows if wanted.fits(row, readable)][: wanted.limit]
