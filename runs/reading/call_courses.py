"""What the journal says of the calls of one tool, to be compared with what its far side lists.

Bounded: however long the journal is, no more than its newest `ROWS` events are looked at, and the
calls that a listed effect names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from console.journal import content_erasure
from console.journal.records import HOUSE_KEY, JournalRecord
from runs.engine import reconciliation
from runs.engine.ids import idempotency_key
from runs.engine.ports import ListedEffect
from runs.engine.reconciliation import KINDS, CallCourse
from runs.models import Run

ROWS = 200_000
STAND_INS = ["recording", "drill"]
READ = """
SELECT run, ts, kind, step, tool, verdict, data::json ->> 'call', data::json ->> 'retry_at',
       (data::json ->> 'silent')::boolean
FROM journal_event
WHERE kind = ANY(%s) AND data IS NOT NULL AND {} ORDER BY run, seq
"""
LATELY = READ.format(
    "id > (SELECT coalesce(max(id), 0) FROM journal_event) - %s AND ts >= %s AND tool = %s"
    " AND run NOT IN (SELECT id FROM runs_run WHERE drill)"
)
NAMED = READ.format("run = ANY(%s) AND data::json ->> 'call' = ANY(%s)")
OLDEST = """
SELECT ts FROM journal_event
WHERE id = (SELECT min(id) FROM journal_event
            WHERE id > (SELECT max(id) FROM journal_event) - %s)
  AND EXISTS (SELECT FROM journal_event WHERE id <= (SELECT max(id) FROM journal_event) - %s)
"""
ERASED = "SELECT DISTINCT run FROM journal_event WHERE run = ANY(%s) AND kind = %s"
RETIRED = """
SELECT data::json ->> 'run' FROM journal_event
WHERE kind = 'run.retired' AND run = %s AND data::json ->> 'run' = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class KnownCalls:
    """The calls that the journal tells of. `passed_over` are the keys of those that it tells no
    more of, since they were erased or their run was retired.
    """

    calls: Sequence[CallCourse]
    passed_over: frozenset[str]


def reaches_back_to(since: datetime) -> datetime:
    """The time from which on the events that are looked at are all there are: `since`, or later
    where the journal has grown by more than is looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, [ROWS, ROWS])
        row = cursor.fetchone()
    return max(since, row[0].astimezone(UTC)) if row else since


def known(tool: str, effects: Iterable[ListedEffect], since: datetime) -> KnownCalls:
    """The tool's calls since then, and every call that an effect names."""
    lately = courses(LATELY, [list(KINDS), ROWS, since, tool])
    places = {reconciliation.named(effect.key) for effect in effects} - {None}
    wanted = {
        place
        for place in places
        if place is not None and idempotency_key(str(place[0]), place[1]) not in lately
    }
    named = of_places(wanted) if wanted else {}
    unknown = [place for place in wanted if idempotency_key(str(place[0]), place[1]) not in named]
    return KnownCalls([*{**lately, **named}.values()], told_no_more(unknown))


def of_places(places: Iterable[tuple[UUID, str]]) -> Mapping[str, CallCourse]:
    runs, calls = zip(*places, strict=True)
    return courses(NAMED, [list(KINDS), list(set(runs)), list(set(calls))])


def courses(query: str, params: Sequence[Any]) -> Mapping[str, CallCourse]:
    """The calls whose intent is among the rows found, by their keys."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = cursor.fetchall()
    left_out = with_stand_ins({row[0] for row in rows})
    calls: dict[tuple[UUID, str], list[JournalRecord]] = {}
    for run, of_run in groupby(rows, lambda row: row[0]):
        for row in () if run in left_out else of_run:
            calls.setdefault((run, row[6]), []).append(record(row))
    found = (reconciliation.course(str(run), records) for (run, _), records in calls.items())
    return {course.key: course for course in found if course is not None}


def with_stand_ins(runs: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the runs in which something stood in for their tools, a recording or a drill, and
    had no effect at any far side.
    """
    found = Run.objects.filter(pk__in=list(runs), snapshot__has_any_keys=STAND_INS)
    return frozenset(found.values_list("pk", flat=True))


def record(row: Sequence[Any]) -> JournalRecord:
    """A row as the little that is asked of its record."""
    run, at, kind, step, tool, verdict, call, retry_at, silent = row
    return JournalRecord(
        kind,
        at.astimezone(UTC),
        "",
        run,
        step=step,
        tool=tool,
        verdict=verdict,
        data={"call": call, "retry_at": retry_at, "silent": bool(silent)},
    )


def told_no_more(places: Sequence[tuple[UUID, str]]) -> frozenset[str]:
    """The keys of those calls whose run was erased or retired."""
    if not places:
        return frozenset()
    runs = list({run for run, _ in places})
    with connection.cursor() as cursor:
        cursor.execute(ERASED, [runs, content_erasure.KIND])
        gone = {str(row[0]) for row in cursor.fetchall()}
        cursor.execute(RETIRED, [HOUSE_KEY, list(map(str, runs))])
        gone |= {row[0] for row in cursor.fetchall()}
    return frozenset(idempotency_key(str(run), call) for run, call in places if str(run) in gone)


def living(runs: Iterable[str]) -> frozenset[str]:
    """Those of these runs that the house has."""
    wanted = [run for run in runs if run]
    found = Run.objects.filter(pk__in=wanted).values_list("pk", flat=True) if wanted else ()
    return frozenset(map(str, found))
