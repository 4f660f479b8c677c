"""Which events have these words, by the index: bucket after bucket of neighbouring events until a
page is full, and those that no round has indexed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from console.journal import content_words, visibility
from console.journal.content_tail import ContentTail
from console.journal.visibility import Clearance

Ways = tuple[tuple[tuple[str, str], ...], ...]
"""Ways to fit, each some words as (field, text) that an event has to have."""
LAST = (
    f"(SELECT least(seen, %s::bigint) >> {content_words.SPAN} FROM journal_indexing WHERE id = 1)"
)
"""The last bucket there is, or that is wanted."""
Sought = list[tuple[int, ...]]
"""Ways to fit as keys without their bucket, those of each visibility apart."""


class WantedId(NamedTuple):
    """A column, `run` or `correlation_id`, and the first and last id in it that are wanted."""

    column: str
    first: UUID
    last: UUID


@dataclass(frozen=True, slots=True)
class WantedWords:
    """What events have to have: every word of one of `alternatives`, each word as (field, text).
    `tail`: what is not indexed yet, where it has been read already. Events of `ids` fit as well.
    """

    alternatives: Ways
    after: int | None = None
    before: int | None = None
    newest_first: bool = False
    limit: int = 50
    tail: ContentTail | None = None
    ids: tuple[WantedId, ...] = ()

    @property
    def leads(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.alternatives or self.ids)

    def within(self, event: int) -> bool:
        return (self.after is None or event > self.after) and (
            self.before is None or event < self.before
        )


@dataclass(frozen=True, slots=True)
class BucketWalk:
    """A statement and its parameters."""

    text: str
    params: list[Any] = field(default_factory=list)


def sought(ways: Ways, clearance: Clearance) -> Sought:
    """What a reader of this clearance asks for: nothing of what they may not read."""
    readable = visibility.open_to(clearance)
    return [
        tuple(content_words.digest(who, *word) for word in way)
        for way, who in product(ways, readable)
    ]


def having(wanted: WantedWords, clearance: Clearance) -> list[int]:
    """The ids of the events that fit and that this reader may read, in order, no more than the
    limit.
    """
    keys = sought(wanted.alternatives, clearance)
    # the tail first: what is indexed meanwhile is then found twice rather than not at all
    tail = (wanted.tail or ContentTail()).having(keys)
    found = {*filter(wanted.within, tail), *walk(wanted, keys), *by_ids(wanted)}
    return sorted(found, reverse=wanted.newest_first)[: wanted.limit]


def leading(wanted: WantedWords, clearance: Clearance) -> BucketWalk:
    """The statement for the newest of them, without those of `ids`."""
    keys = sought(wanted.alternatives, clearance)
    tail = (wanted.tail or ContentTail()).having(keys)
    made = walked(wanted, keys)
    text = f"""SELECT event FROM ({made.text}) AS walked UNION SELECT unnest(%s::bigint[])
        ORDER BY event DESC LIMIT %s"""
    return BucketWalk(text, [*made.params, list(filter(wanted.within, tail)), wanted.limit])


def walk(wanted: WantedWords, keys: Sought) -> list[int]:
    if not keys:
        return []
    made = walked(wanted, keys)
    with connection.cursor() as cursor:
        cursor.execute(made.text, made.params)
        return [row[0] for row in cursor.fetchall()]


def walked(wanted: WantedWords, keys: Sought) -> BucketWalk:
    """The walk over the buckets that there are. Its inner query is fenced (OFFSET 0), so that a
    bucket is always looked up by its keys.
    """
    having_them = " OR ".join(f"keys @> {_keys(way)}" for way in keys)
    bounds, params = _bounds("event", wanted)
    order = "DESC" if wanted.newest_first else "ASC"
    first = (wanted.after or 0) >> content_words.SPAN
    series = f"{LAST}, {first}, -1" if wanted.newest_first else f"{first}, {LAST}"
    text = f"""SELECT found.event FROM generate_series({series}) AS place (bucket)
    CROSS JOIN LATERAL (SELECT event FROM
        (SELECT event FROM journal_indexed WHERE {having_them} OFFSET 0) AS had{bounds}
        ORDER BY event {order} LIMIT %s) AS found
    LIMIT %s"""
    return BucketWalk(text, [wanted.before, *params, wanted.limit, wanted.limit])


def by_ids(wanted: WantedWords) -> list[int]:
    """The events of the ids. One id's stand in order in its index; those of several are collected
    first (OFFSET 0), so that the whole journal is never walked for them.
    """
    bounds, params = _bounds("id", wanted)
    order = "DESC" if wanted.newest_first else "ASC"
    found: list[int] = []
    for column, first, last in wanted.ids:
        by = "seq" if column == "run" else "id"
        text = (
            f"{column} = %s ORDER BY {column} {order}, {by} {order} OFFSET 0"
            if first == last
            else f"{column} BETWEEN %s AND %s OFFSET 0"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT id FROM (SELECT id FROM journal_event WHERE {text}) AS of_id{bounds}
                ORDER BY id {order} LIMIT %s""",
                [*dict.fromkeys((first, last)), *params, wanted.limit],
            )
            found += [row[0] for row in cursor.fetchall()]
    return found


def _keys(digests: Sequence[int]) -> str:
    each = ", ".join(f"(bucket << {content_words.BITS}) | {number}" for number in digests)
    return f"ARRAY[{each}]"


def _bounds(column: str, wanted: WantedWords) -> tuple[str, list[int]]:
    found = [(f"{column} > %s", wanted.after), (f"{column} < %s", wanted.before)]
    kept = [(text, bound) for text, bound in found if bound is not None]
    texts = " AND ".join(text for text, _ in kept)
    return (f" WHERE {texts}" if texts else ""), [bound for _, bound in kept]
