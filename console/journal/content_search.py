"""Which events have these words, by the index: bucket after bucket of neighbouring events until a
page is full, and those that no round has indexed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
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
    found = {*filter(wanted.within, tail), *walk(wanted, clearance), *by_ids(wanted)}
    return sorted(found, reverse=wanted.newest_first)[: wanted.limit]


def leading(wanted: WantedWords, clearance: Clearance) -> BucketWalk:
    """The statement for the newest of them, without those of `ids`."""
    keys = sought(wanted.alternatives, clearance)
    tail = list(filter(wanted.within, (wanted.tail or ContentTail()).having(keys)))
    made = walked(wanted, clearance)
    if not tail:
        return made
    text = f"""SELECT event FROM ({made.text}) AS walked UNION SELECT unnest(%s::bigint[])
        ORDER BY event DESC LIMIT %s"""
    return BucketWalk(text, [*made.params, tail, wanted.limit])


def walk(wanted: WantedWords, clearance: Clearance) -> list[int]:
    if not sought(wanted.alternatives, clearance):
        return []
    made = walked(wanted, clearance)
    with connection.cursor() as cursor:
        cursor.execute(made.text, made.params)
        return [row[0] for row in cursor.fetchall()]


def walked(wanted: WantedWords, clearance: Clearance) -> BucketWalk:
    """The walk over the buckets that there are. Its inner query is fenced (OFFSET 0), so that a
    bucket is always looked up by its keys.
    """
    having_them = looked_up(wanted.alternatives, clearance)
    bounds, params = _bounds("event", wanted)
    order = "DESC" if wanted.newest_first else "ASC"
    first = (wanted.after or 0) >> content_words.SPAN
    series = f"{LAST}, {first}, -1" if wanted.newest_first else f"{first}, {LAST}"
    places = f"SELECT {content_words.COMMON} FROM generate_series({series}) AS number"
    text = f"""SELECT found.event FROM ({places}) AS place (bucket)
    CROSS JOIN LATERAL (SELECT event FROM
        (SELECT event FROM journal_indexed WHERE {having_them} OFFSET 0) AS had{bounds}
        ORDER BY event {order} LIMIT %s) AS found
    LIMIT %s"""
    return BucketWalk(text, [wanted.before, *params, wanted.limit, wanted.limit])


def looked_up(ways: Ways, clearance: Clearance) -> str:
    """The condition that leads the index to events that fit one of the ways. Where these are all
    combinations of some words, each word is looked up once, not once for each combination. No event
    has words of two visibilities.
    """
    places = [tuple(dict.fromkeys(words)) for words in zip(*ways, strict=False)]
    if all_combinations(ways, places):
        readable = visibility.open_to(clearance)
        each = ([content_words.digest(who, *word) for who in readable for word in words]
                for words in places)  # fmt: skip
        return " AND ".join(f"keys && {_keys(digests)}" for digests in each)
    return " OR ".join(f"keys @> {_keys(way)}" for way in sought(ways, clearance))


def all_combinations(ways: Ways, places: Sequence[Sequence[tuple[str, str]]]) -> bool:
    """Whether the ways are one word of each of these places, combined. One way of several words is
    none: PostgreSQL looks for the rarest of them alone.
    """
    several = len(ways) > 1 or len(places) == 1
    return several and prod(map(len, places)) == len(ways) and {*product(*places)} == {*ways}


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
    each = ", ".join(f"bucket | {number}" for number in digests)
    return f"ARRAY[{each}]"


def _bounds(column: str, wanted: WantedWords) -> tuple[str, list[int]]:
    found = [(f"{column} > %s", wanted.after), (f"{column} < %s", wanted.before)]
    kept = [(text, bound) for text, bound in found if bound is not None]
    texts = " AND ".join(text for text, _ in kept)
    return (f" WHERE {texts}" if texts else ""), [bound for _, bound in kept]
