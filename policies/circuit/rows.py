"""Rows of circuit breakers: read, locked and written in the terms of the rules. SQL only; when to
use it is decided elsewhere.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection as house_connection
from psycopg.rows import class_row

from console.journal import append, encoding
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY, JournalRecord
from policies.call_counts import CountWindow, Slot
from policies.circuit.rules import BreakerPhase, BreakerState, BreakerThresholds
from policies.patterns import ordered

MOST_NAME = 200
MOST_WORDS = 500
FIELDS = tuple(field.name for field in fields(BreakerState) if field.name != "window")
COLUMNS = ", ".join(f'"{name}"' for name in FIELDS)
SETS = ", ".join(f'"{name}" = %({name})s' for name in ("slots", *FIELDS) if name != "tool")

# as text, since Django's connections read jsonb so anyway
READ = f"SELECT slots::text, {COLUMNS} FROM policies_breaker"
NOT_CLOSED = f"{READ} WHERE phase <> 'closed'"
LOCK = f"{READ} WHERE tool = %(tool)s FOR UPDATE"
LOCK_ALL = f"{READ} WHERE tool = ANY(%(tools)s) ORDER BY tool FOR UPDATE"
WRITE = f"UPDATE policies_breaker SET {SETS} WHERE tool = %(tool)s"
MAKE = f"""INSERT INTO policies_breaker (slots, {COLUMNS})
SELECT '[]', tool, 'closed', 0, 0, NULL, '', NULL, NULL, '', '', '', NULL
    FROM unnest(%(tools)s::text[]) AS tool ON CONFLICT DO NOTHING"""

# The one statement that gives a probe away: of many callers who wait for the row's lock, all but
# the first find the condition gone.
CLAIM = f"""WITH claimed AS (
    UPDATE policies_breaker SET phase = 'half_open', probe = %(token)s, probe_until = %(until)s,
        moved_at = CASE WHEN phase = 'open' THEN %(at)s ELSE moved_at END
    WHERE tool = %(tool)s AND (
        phase = 'open' AND (open_until IS NULL OR open_until <= %(at)s)
        OR phase = 'half_open' AND (probe = '' OR probe_until IS NULL OR probe_until <= %(at)s))
    RETURNING slots::text, {COLUMNS})
SELECT * FROM claimed UNION ALL {READ} WHERE tool = %(tool)s AND NOT EXISTS (SELECT FROM claimed)"""

# columns by the names of the fields of Thresholds
POLICIES = """SELECT name, version, tools, priority, window_seconds AS "window",
    minimum_calls AS calls, failure_percent / 100::float8 AS share, open_seconds AS open_for,
    growth, longest_seconds AS longest, probe_seconds AS probe_for, successes
    FROM policies_breakerpolicy WHERE enabled"""
HOUSE_HEAD = "SELECT lease_epoch, seq FROM journal_chain WHERE id = %s FOR UPDATE"
KINDS: Mapping[BreakerPhase, str] = {
    BreakerPhase.OPEN: "breaker.opened",
    BreakerPhase.CLOSED: "breaker.closed",
    BreakerPhase.FORCED: "breaker.forced",
}


def breaker_of(row: Sequence[Any]) -> BreakerState:
    """The breaker in a row that `READ` gave."""
    slots, *rest = row
    facts = dict(zip(FIELDS, rest, strict=True))
    facts["phase"] = BreakerPhase(facts["phase"])
    return BreakerState(window=slots_of(json.loads(slots)), **facts)


def slots_of(slots: Sequence[Sequence[int]]) -> CountWindow:
    return CountWindow(tuple(Slot(*slot) for slot in slots))


def params(breaker: BreakerState) -> dict[str, Any]:
    facts = {name: getattr(breaker, name) for name in FIELDS}
    cut = {name: facts[name][:MOST_WORDS].replace("\0", "␀") for name in ("why", "last_failure")}
    slots = [[slot.number, slot.good, slot.bad, slot.retries] for slot in breaker.window.slots]
    return {**facts, **cut, "phase": breaker.phase.value, "slots": json.dumps(slots)}


async def locked_on_loop(connection: psycopg.AsyncConnection[Any], tool: str) -> BreakerState:
    """The tool's breaker, locked until the transaction ends; made when there is none yet."""
    found = await (await connection.execute(LOCK, {"tool": tool})).fetchone()
    if found is None:
        await connection.execute(MAKE, {"tools": [tool]})
        found = await (await connection.execute(LOCK, {"tool": tool})).fetchone()
    assert found is not None, "a breaker that was just made is gone"
    return breaker_of(found)


async def write_on_loop(
    connection: psycopg.AsyncConnection[Any],
    before: BreakerState,
    after: BreakerState,
    at: datetime,
) -> None:
    """Write what changed, and journal it when the breaker moved."""
    if after != before:
        await connection.execute(WRITE, params(after))
    for record in moved(before, after, at):
        await _note_on_loop(connection, record)


async def _note_on_loop(connection: psycopg.AsyncConnection[Any], record: JournalRecord) -> None:
    """One event on the house's chain, whose row stays locked until the transaction ends."""
    head = await (await connection.execute(HOUSE_HEAD, (HOUSE_KEY,))).fetchone()
    assert head is not None, "the house has no chain"
    await append.append_on_loop(
        connection,
        HOUSE,
        HOUSE_KEY,
        [encoding.row(record)],
        epoch=head[0],
        seq=head[1],
        projection={},
    )


def locked(connection: psycopg.Connection[Any], tools: Iterable[str]) -> list[BreakerState]:
    """The breakers of several tools, locked, for callers that are not on a loop; always in one
    order, so that two such callers never wait for each other in a circle.
    """
    wanted = {"tools": sorted(tools)}
    connection.execute(MAKE, wanted)
    return [breaker_of(row) for row in connection.execute(LOCK_ALL, wanted).fetchall()]


def write(connection: psycopg.Connection[Any], breakers: Iterable[BreakerState]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(WRITE, [params(breaker) for breaker in breakers])


def moved(before: BreakerState, after: BreakerState, at: datetime) -> list[JournalRecord]:
    """What the journal says of a breaker that opened or closed; a probe is journalled by the run
    that makes it.
    """
    kind = KINDS.get(after.phase, "")
    if after.phase is before.phase or not kind:
        return []
    if after.phase is BreakerPhase.CLOSED and after.by:
        kind = "breaker.reset"
    until = after.open_until.isoformat() if after.open_until else None
    data = {
        "why": after.why[:MOST_WORDS],
        "was": before.phase.value,
        "until": until,
        "trips": after.trips,
    }
    return [
        JournalRecord(
            kind,
            at,
            after.by or "supervisor",
            HOUSE_KEY,
            tool=after.tool,
            rule="breaker",
            data=data,
        )
    ]


def policies() -> tuple[BreakerThresholds, ...]:
    """Every enabled breaker policy, in order. Queries."""
    return policies_on(append.raw_connection(house_connection))


def policies_on(connection: psycopg.Connection[Any]) -> tuple[BreakerThresholds, ...]:
    """Every enabled breaker policy, in order, for whoever has a connection and no Django."""
    cursor = psycopg.Cursor(connection, row_factory=class_row(BreakerThresholds))
    return ordered(cursor.execute(POLICIES).fetchall())
