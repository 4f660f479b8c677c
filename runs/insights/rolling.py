"""Adding new events of runs to the sums: a round of the clock, and all anew from the journal.

Which runs have new events is told by the newest ids of the journal, with a margin for those that
were given before and committed after. What is added of a run is told by its own chain, in which
nothing comes late: so a round that is made twice, or by two clocks, adds nothing twice. Fire drills
and incidents count in no figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from console.journal import database_clock, pool
from runs.insights import ranges
from runs.insights.tally import KINDS, RolledEvent, amounts
from runs.snapshots import SHADOW

MARGIN: Final = timedelta(seconds=60)
"""How long a transaction may take that writes events, before its events could be missed."""
AT_ONCE: Final = 20_000
"""Ids that are looked at in one go."""
RUNS: Final = 200
"""Runs that are added in one transaction."""
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('insights'))"
POSITION: Final = "SELECT event FROM insights_rollupposition WHERE id = 1"
MOVE: Final = """INSERT INTO insights_rollupposition (id, event, at) VALUES (1, %s, %s)
    ON CONFLICT (id) DO UPDATE SET event = greatest(insights_rollupposition.event, excluded.event),
        at = excluded.at"""
NEWEST: Final = "SELECT id, run, ts FROM journal_event WHERE id > %s ORDER BY id LIMIT %s"
DUE: Final = """SELECT r.id, coalesce(k.seq, 0), r.seq, NOT r.drill AND NOT r.snapshot ? %s
    FROM runs_run r LEFT JOIN insights_rolledrun k ON k.run = r.id
    WHERE r.id = ANY(%s) AND r.seq > coalesce(k.seq, 0)"""
EVENTS: Final = """SELECT e.kind, e.ts, e.agent, e.tool, e.model, e.outcome, e.verdict,
        CASE WHEN e.kind IN ('run.stopped', 'run.paused') THEN e.data::json ->> 'reason' END,
        e.rule,
        CASE WHEN e.kind = 'call.decided' THEN extract(epoch FROM e.ts - (
            SELECT a.ts FROM journal_event a WHERE a.run = e.run AND a.seq < e.seq
                AND a.kind = 'call.asked' AND a.span = e.span ORDER BY a.seq DESC LIMIT 1))::float8
            ELSE e.duration_us / 1e6::float8 END,
        e.usd,
        CASE WHEN e.kind = 'step.planned' THEN (e.data::json ->> 'saved')::numeric END
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS due (run, first, last)
    JOIN journal_event e ON e.run = due.run AND e.seq > due.first AND e.seq <= due.last
    WHERE e.kind = ANY(%s) OR e.usd > 0"""
ADD: Final = """INSERT INTO insights_rollup (span, at, noun, agent, name, measure, amount)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::numeric[])
    ON CONFLICT (span, at, noun, agent, name, measure)
    DO UPDATE SET amount = insights_rollup.amount + excluded.amount"""
ROLLED: Final = """INSERT INTO insights_rolledrun (run, seq)
    SELECT * FROM unnest(%s::uuid[], %s::bigint[])
    ON CONFLICT (run) DO UPDATE SET seq = excluded.seq"""
WHOLE: Final = """SELECT k.run, 0, k.seq, true FROM insights_rolledrun k
    JOIN runs_run r ON r.id = k.run WHERE NOT r.drill AND NOT r.snapshot ? %s"""
KEPT: Final = "SELECT span, at, noun, agent, name, measure, amount FROM insights_rollup"
TABLES: Final = ("insights_rollup", "insights_rolledrun", "insights_rollupposition")


class DueRun(NamedTuple):
    """A run with events after `first`, up to `last`, that are in no sum; `counts` is false of one
    that plays at something.
    """

    run: UUID
    first: int
    last: int
    counts: bool


class SumKey(NamedTuple):
    span: str
    at: datetime
    noun: str
    agent: str
    name: str
    measure: str


def go_round(seconds: float = inf) -> int:
    """Add what is new, for so long at most; how many runs had something."""
    now, added, end = database_clock.now(), 0, monotonic() + seconds
    with pool.pool().connection() as connection:
        row = connection.execute(POSITION).fetchone()
        seen = settled = row[0] if row else 0
        while monotonic() < end and (found := newest(connection, seen)):
            added += add(connection, {run for _, run, _ in found})
            seen = found[-1][0]
            settled = max([settled, *(number for number, _, at in found if at < now - MARGIN)])
            connection.execute(MOVE, (settled, now))
    return added


def newest(connection: psycopg.Connection[Any], seen: int) -> list[tuple[int, UUID, datetime]]:
    """The next events after that id: id, run, time."""
    found: list[Any] = connection.execute(NEWEST, (seen, AT_ONCE)).fetchall()
    return found


def rebuild() -> int:
    """Make all sums anew from the journal; how many runs had something."""
    with pool.pool().connection() as connection, connection.transaction():
        connection.execute(LOCK)
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
    return go_round()


def differences() -> list[tuple[SumKey, Decimal, Decimal]]:
    """Where the sums are not what the journal says of the runs that are in them: the sum, what it
    has, what it should have. Reads the whole journal.
    """
    with pool.pool().connection() as connection, connection.transaction():
        connection.execute(LOCK)
        with connection.cursor(name="rolled") as rolled:
            said: defaultdict[SumKey, Decimal] = defaultdict(Decimal)
            rolled.execute(WHOLE, (SHADOW,))
            while rows := rolled.fetchmany(RUNS):
                due = [DueRun(*row) for row in rows]
                for key, amount in summed(read(connection, due)).items():
                    said[key] += amount
        kept = {SumKey(*row[:-1]): row[-1] for row in connection.execute(KEPT)}
    none = Decimal(0)
    return [
        (key, kept.get(key, none), said.get(key, none))
        for key in sorted(kept.keys() | said.keys())
        if kept.get(key, none) != said.get(key, none)
    ]


def add(connection: psycopg.Connection[Any], runs: Iterable[UUID]) -> int:
    """Add what is new of these runs; how many had something."""
    asked, added = sorted(runs), 0
    for first in range(0, len(asked), RUNS):
        with connection.transaction():
            connection.execute(LOCK)
            rows = connection.execute(DUE, (SHADOW, asked[first : first + RUNS])).fetchall()
            due = [DueRun(*row) for row in rows]
            write(connection, summed(read(connection, [each for each in due if each.counts])))
            connection.execute(ROLLED, ([each.run for each in due], [each.last for each in due]))
            added += len(due)
    return added


def read(connection: psycopg.Connection[Any], due: Sequence[DueRun]) -> list[RolledEvent]:
    columns = [[each[place] for each in due] for place in range(3)]
    rows = connection.execute(EVENTS, (*columns, list(KINDS))).fetchall()
    return [event(row) for row in rows]


def event(row: Sequence[Any]) -> RolledEvent:
    kind, at, agent, tool, model, outcome, verdict, said, rule, seconds, usd, saved = row
    return RolledEvent(
        kind, at, agent, tool, model, outcome, verdict, said or "", rule, seconds, usd, saved
    )


def summed(events: Iterable[RolledEvent]) -> Mapping[SumKey, Decimal]:
    """What the events add, by the sums they add to."""
    found: defaultdict[SumKey, Decimal] = defaultdict(Decimal)
    for each in events:
        begun = [(span, ranges.begin(each.at, span)) for span in ranges.SPANS]
        for noun, name, measure, amount in amounts(each):
            for span, at in begun:
                found[SumKey(span, at, noun, each.agent, name, measure)] += amount
    return found


def write(connection: psycopg.Connection[Any], sums: Mapping[SumKey, Decimal]) -> None:
    """Add the sums to those that are there, in one order, so that two clocks cannot block each
    other.
    """
    if not sums:
        return
    keys = sorted(sums)
    columns = [[each[place] for each in keys] for place in range(len(SumKey._fields))]
    connection.execute(ADD, (*columns, [sums[each] for each in keys]))
