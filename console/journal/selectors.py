"""How people read the journal: by keyset pages, in story order, each reader what they may read.
What they may not read is counted, never shown.
"""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from console.journal import content_search, spill, visibility
from console.journal import query as queries
from console.journal.content_search import WantedWords, Ways
from console.journal.event_rows import EventRow
from console.journal.models import Event
from console.journal.query import JournalQuery
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
SKEW = timedelta(minutes=15)
"""By how much the time of an event may differ from those written beside it."""
LED_AT_ONCE, MOST_LED = 1_000, 8
FIRST_AT = "SELECT journal_first_at(%s)"
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
    for text, wanted in (("kind = ANY(%s)", kinds), ("step = ANY(%s)", steps)):
        if wanted:
            texts.append(text)
            params.append(list(wanted))
    rows = _rows("journal_event", texts, params, "seq", limit, clearance)
    return [row.stored() for row in rows]


def hidden(run: UUID, *, clearance: Clearance) -> int:
    """How many events of a run this reader may not read."""
    with connection.cursor() as cursor:
        counted = "SELECT count(*) FROM journal_event WHERE run = %s AND NOT visibility = ANY(%s)"
        cursor.execute(counted, [run, visibility.open_to(clearance)])
        return int(cursor.fetchone()[0])


def event(number: int, *, clearance: Clearance) -> Stored | None:
    """One event by its id; None when there is none that this reader may read."""
    rows = _rows("journal_event", ["id = %s", "open"], [number], "id", 1, clearance)
    return rows[0].stored() if rows else None


def search(
    query: JournalQuery,
    *,
    clearance: Clearance,
    after: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> JournalPage:
    """Events that match, by id: those after `after`, else those before `before`, else the first
    (the newest when nothing is asked for).

    Raises `BadQuery`. Hidden events match by run, correlation and time only, since any other answer
    would tell what they hold.
    """
    texts, params = map(operator.add, queries.conditions(query, clearance), queries.during(query))
    backwards = after is None and (before is not None or query.empty)
    later, earlier = _between(query, after, before)
    if ways := queries.led_by(query):
        wanted = WantedWords(ways, later, earlier, backwards, limit + 1)
        ids = content_search.having(wanted, clearance)
        texts, params = [*texts, "id = ANY(%s)"], [*params, ids]
    for text, value in (("id > %s", later), ("id < %s", earlier)):
        if value is not None:
            texts, params = [*texts, text], [*params, value]
    by = "seq" if query.of_one_run else "id"
    order = f"{by} DESC" if backwards else by
    rows = _rows("journal_event", texts, params, order, limit + 1, clearance)
    kept, more = rows[:limit], len(rows) > limit
    if backwards:
        return _page(kept[::-1], clearance, earlier=more, later=before is not None)
    return _page(kept, clearance, earlier=after is not None, later=more)


def newest(
    condition: Q,
    *,
    clearance: Clearance,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
    ways: Ways = (),
) -> JournalPage:
    """Events that match, newest first: the newest of those before `before`, else the oldest of
    those after `after`, else the newest of all. `first` is the newest of the page, `later` whether
    there are newer ones. A keyset walk.

    What the reader may not see of them stands as hidden; the condition must ask nothing of its
    content. Where every event that matches fits one of `ways`, the index of words leads to them.
    """
    back = before is not None or after is None
    place = Q() if before is None else Q(id__lt=before)
    place = place if back else Q(id__gt=after)
    wanted = WantedWords(ways, newest_first=back, limit=limit + 1)
    wanted = replace(wanted, before=before) if back else replace(wanted, after=after)
    led = _led(condition, wanted, clearance)
    found = Event.objects.filter(condition, place).order_by("-id" if back else "id")
    ids = list(found.values_list("id", flat=True)[: limit + 1]) if led is None else led
    kept, more = ids[:limit], len(ids) > limit
    rows = _rows("journal_event", ["id = ANY(%s)"], [kept], "id DESC", None, clearance)
    if back:
        return _page(rows, clearance, earlier=more, later=before is not None)
    return _page(rows, clearance, earlier=True, later=more)


def counted(condition: Q, *, clearance: Clearance, most: int, ways: Ways = ()) -> int:
    """How many events match, counted no further than `most`."""
    led = _led(condition, WantedWords(ways, newest_first=True, limit=most), clearance)
    if led is not None:
        return len(led)
    return Event.objects.filter(condition).order_by()[:most].count()


def times(condition: Q, *, clearance: Clearance, most: int, ways: Ways = ()) -> list[datetime]:
    """When the newest of the events that match happened, newest first and no more than `most`."""
    ids = _led(condition, WantedWords(ways, newest_first=True, limit=most), clearance)
    if ids is None:
        found = Event.objects.filter(condition).order_by("-id")
        ids = list(found.values_list("id", flat=True)[:most])
    moments = Event.objects.filter(id__in=ids).order_by().values_list("ts", flat=True)
    return sorted(moments, reverse=True)


def _led(condition: Q, wanted: WantedWords, clearance: Clearance) -> list[int] | None:
    """The ids of the events that match, by the index of words. None when nothing leads to them, or
    to so many others that they are looked for one by one.
    """
    if not wanted.alternatives:
        return None
    ids: list[int] = []
    part = replace(wanted, limit=LED_AT_ONCE)
    for _ in range(MOST_LED):
        found = content_search.having(part, clearance)
        fit = Event.objects.filter(condition, id__in=found).order_by()
        ids += sorted(fit.values_list("id", flat=True), reverse=wanted.newest_first)
        if len(ids) >= wanted.limit or len(found) < LED_AT_ONCE:
            return ids[: wanted.limit]
        last = found[-1]
        part = replace(part, before=last) if wanted.newest_first else replace(part, after=last)
    return None


def _between(
    query: JournalQuery, after: int | None, before: int | None
) -> tuple[int | None, int | None]:
    """The ids between which the events lie that a page may show: by where it begins, and by the
    time asked for. A page that begins `after` an event goes on from there, else it ends `before`.
    """
    bounds = [after, before if after is None else None]
    with connection.cursor() as cursor:
        if query.since:
            cursor.execute(FIRST_AT, [query.since - SKEW])
            since = cursor.fetchone()[0]
            bounds[0] = max(since - 1 if since is not None else 0, bounds[0] or 0)
        if query.until:
            cursor.execute(FIRST_AT, [query.until + SKEW])
            until = cursor.fetchone()[0]
            bounds[1] = min((each for each in (until, bounds[1]) if each is not None), default=None)
    return bounds[0], bounds[1]


Params = Sequence[Any]


def _rows(
    table: str,
    texts: Sequence[str],
    params: Params,
    order: str,
    limit: int | None,
    clearance: Clearance,
) -> list[EventRow]:
    """`params` are those of `table` (a search within times has some), then those of `texts`."""
    where = f"WHERE {' AND '.join(texts)}" if texts else ""
    inner = table.count("%s")
    everything: list[Any] = [*params[:inner], visibility.open_to(clearance), *params[inner:], limit]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM {table} {_READER} {where} ORDER BY {order} LIMIT %s",
            everything,
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
