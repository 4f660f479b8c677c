"""How people read the journal: by keyset pages, in story order, each reader what they may read.
What they may not read is counted, never shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from console.journal import any_of, content_search, spill, visibility
from console.journal.content_search import WantedWords
from console.journal.event_rows import EventRow
from console.journal.models import Event
from console.journal.records import Stored
from console.journal.visibility import Clearance

_PLAIN = {"id", "run", "seq", "ts", "correlation_id", "visibility"}
_BLANK = {
    "data": "NULL",
    "tokens_in": "0",
    "tokens_out": "0",
    "step": "NULL",
    "usd": "NULL",
    "duration_us": "NULL",
}
_NOTHING = "''"


def _column(name: str) -> str:
    """The column, or what stands for it, so that what a reader may not see never leaves the
    database.
    """
    return (
        name
        if name in _PLAIN
        else f"CASE WHEN open THEN {name} ELSE {_BLANK.get(name, _NOTHING)} END"
    )


_COLUMNS = ", ".join(map(_column, EventRow._fields))
ANYTHING = WantedWords(())
LED_AT_ONCE = (100, 1_000, 3_000, 4_000)
"""How many events are led to at first, and how many more when too few of them match."""
_READER = "CROSS JOIN LATERAL (SELECT visibility = ANY(%s) AS open) AS reader"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Adjacent events that this reader may not see. `ids` are given to those who may look at them
    one by one.
    """

    count: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class JournalPage:
    """A part of the journal. `first` and `last` are ids to page by (None when it is empty);
    `earlier` and `later`: whether there is more.
    """

    entries: tuple[Stored | Hidden, ...]
    first: int | None = None
    last: int | None = None
    earlier: bool = False
    later: bool = False

    @property
    def events(self) -> list[Stored]:
        return [entry for entry in self.entries if isinstance(entry, Stored)]

    @property
    def hidden(self) -> int:
        return sum(entry.count for entry in self.entries if isinstance(entry, Hidden))


def events(
    run: UUID,
    *,
    clearance: Clearance,
    after: int = 0,
    limit: int | None = None,
    kinds: Sequence[str] = (),
    steps: Sequence[int] = (),
) -> list[Stored]:
    """What this reader may read of a run after seq `after`, in order; only of some kinds or steps
    when these are given. Spilled values are markers.
    """
    texts, params = ["run = %s", "seq > %s", "open"], [run, after]
    if kinds:
        texts.append("kind = ANY(%s)")
        params.append(list(kinds))
    if isinstance(steps, range) and steps.step == 1 and steps:
        texts.append("step BETWEEN %s AND %s")
        params += [steps[0], steps[-1]]
    elif steps:
        texts.append("step = ANY(%s)")
        params.append(list(steps))
    rows = _rows(texts, params, "seq", limit, clearance)
    return [row.stored() for row in rows]


def hidden(run: UUID, *, clearance: Clearance) -> int:
    """How many events of a run this reader may not read."""
    with connection.cursor() as cursor:
        counted = "SELECT count(*) FROM journal_event WHERE run = %s AND NOT visibility = ANY(%s)"
        cursor.execute(counted, [run, visibility.open_to(clearance)])
        return int(cursor.fetchone()[0])


def event(number: int, *, clearance: Clearance) -> Stored | None:
    """One event by its id; None when there is none that this reader may read."""
    rows = _rows(["id = %s", "open"], [number], "id", 1, clearance)
    return rows[0].stored() if rows else None


def newest(
    condition: Q,
    *,
    clearance: Clearance,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
    led: WantedWords = ANYTHING,
) -> JournalPage:
    """Events that match, newest first: the newest of those before `before`, else the oldest of
    those after `after`, else the newest of all. `first` is the newest of the page, `later` whether
    there are newer ones. A keyset walk.

    What the reader may not see of them stands as hidden; the condition must ask nothing of its
    content. Every event that matches fits `led`, by whose words the index leads to them.
    """
    back = before is not None or after is None
    wanted = replace(
        led,
        newest_first=back,
        limit=limit + 1,
        before=lower(led.before, before) if back else led.before,
        after=led.after if back else higher(led.after, after),
    )
    ids = found(condition, wanted, clearance)
    kept, more = ids[:limit], len(ids) > limit
    rows = _rows(["id = ANY(%s)"], [kept], "id DESC", None, clearance)
    if back:
        return _page(rows, clearance, earlier=more, later=before is not None)
    return _page(rows, clearance, earlier=True, later=more)


def found(condition: Q, wanted: WantedWords, clearance: Clearance) -> list[int]:
    """The ids of the events that match, in order, no more than are wanted."""
    ids = _led(condition, wanted, clearance) if wanted.leads else None
    if ids is not None:
        return ids
    return list(_walked(condition, wanted).values_list("id", flat=True)[: wanted.limit])


def _walked(condition: Q, wanted: WantedWords) -> QuerySet[Event]:
    place = Q() if wanted.before is None else Q(id__lt=wanted.before)
    place &= Q() if wanted.after is None else Q(id__gt=wanted.after)
    matching = Event.objects.filter(condition, place)
    return matching.order_by("-id" if wanted.newest_first else "id")


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """The newest events that match, each by id and time, and whether there are no others."""

    events: Sequence[tuple[int, datetime]]
    whole: bool

    @property
    def ids(self) -> list[int]:
        """Newest first."""
        return [event for event, _ in self.events]

    @property
    def times(self) -> list[datetime]:
        """When they happened, newest first."""
        return sorted((at for _, at in self.events), reverse=True)


def known(
    condition: Q, *, clearance: Clearance, most: int, led: WantedWords = ANYTHING
) -> KnownEvents:
    """The newest events that match, no more than `most`. Where the index leads to many others, only
    those among as many events as are wanted: a look into each takes its time.
    """
    wanted = replace(led, newest_first=True, limit=most + 1)
    if not wanted.leads:
        walked = list(_walked(condition, wanted).values_list("id", "ts")[: wanted.limit])
        return KnownEvents(walked[:most], len(walked) <= most)
    events = content_search.having(wanted, clearance)
    fit = sorted(fitting(condition, events).values_list("id", "ts"), reverse=True)
    return KnownEvents(fit[:most], len(events) <= most)


def fitting(condition: Q, events: Sequence[int]) -> QuerySet[Event]:
    """Those of the events that match."""
    return Event.objects.filter(condition, any_of.ids(events)).order_by()


def _led(condition: Q, wanted: WantedWords, clearance: Clearance) -> list[int] | None:
    """The ids of the events that match, by the index of words. None when it leads to so many others
    that they are looked for one by one.
    """
    ids: list[int] = []
    part = wanted
    for some in LED_AT_ONCE:
        part = replace(part, limit=max(some, wanted.limit))
        led = content_search.having(part, clearance)
        fit = fitting(condition, led).values_list("id", flat=True)
        ids += sorted(fit, reverse=wanted.newest_first)
        if len(ids) >= wanted.limit or len(led) < part.limit:
            return ids[: wanted.limit]
        last = led[-1]
        part = replace(part, before=last) if part.newest_first else replace(part, after=last)
    return None


def lower(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def higher(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


Params = Sequence[Any]


def _rows(
    texts: Sequence[str],
    params: Params,
    order: str,
    limit: int | None,
    clearance: Clearance,
) -> list[EventRow]:
    where = " AND ".join(texts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM journal_event {_READER} WHERE {where}"
            f" ORDER BY {order} LIMIT %s",
            [visibility.open_to(clearance), *params, limit],
        )
        return list(map(EventRow._make, cursor.fetchall()))


def _page(
    rows: Sequence[EventRow], clearance: Clearance, *, earlier: bool, later: bool
) -> JournalPage:
    if not rows:
        return JournalPage((), earlier=earlier, later=later)
    return JournalPage(tuple(_entries(rows, clearance)), rows[0].id, rows[-1].id, earlier, later)


def _entries(rows: Sequence[EventRow], clearance: Clearance) -> Iterator[Stored | Hidden]:
    seen = set(visibility.open_to(clearance))
    for open_, group in groupby(rows, lambda row: row.visibility in seen):
        if open_:
            yield from (row.stored() for row in group)
        else:
            ids = [row.id for row in group]
            yield Hidden(len(ids), tuple(ids) if visibility.may_look(clearance) else ())


def markers(stored: Stored) -> dict[str, Any]:
    """The markers of an event's spilled values, by key."""
    return {key: dict(mark) for key, mark in spill.markers(stored.record.data).items()}
