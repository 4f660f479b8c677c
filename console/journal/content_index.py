"""Keeps the index of what events are found by, and the names of chains beside it: made of what was
committed, outside of any step's path. Erasing and retiring take their events' words out of it.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from console.journal import chain_names, content_words, index_state
from console.journal.event_rows import READ, EventRow
from console.journal.index_state import IndexState
from console.journal.records import ALWAYS_HIDDEN, HOUSE_KEY, JournalRecord

AT_ONCE = 2_000
LOCK = 7_302_117_310
"""Held by whoever changes the index, so that no round puts back what an erasure takes out."""
NEW = f"""{READ} WHERE id > %s AND visibility <> %s
    AND NOT EXISTS (SELECT FROM journal_indexed WHERE event = journal_event.id)
    ORDER BY id LIMIT %s"""
INSERT = """INSERT INTO journal_indexed (event, keys)
    SELECT (each ->> 0)::bigint, ARRAY(SELECT jsonb_array_elements_text(each -> 1)::bigint)
    FROM jsonb_array_elements(%s::jsonb) AS told (each) ON CONFLICT DO NOTHING"""
LAST_GIVEN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_event_id_seq"
# in a statement after that: whoever has drawn an id by then had a transaction id before, and so a
# lower one
OWN = "SELECT pg_current_xact_id()::text::bigint"
# in a statement after that one. A snapshot's xmax is no such mark: transactions that began since
# the newest of those that are over are not below it
OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
TAKE_OUT = """DELETE FROM journal_indexed WHERE event IN
    (SELECT id FROM journal_event WHERE run = %s)"""
AGAIN = f"{READ} WHERE run = %s AND id <= %s AND visibility <> %s"
LAG = """SELECT extract(epoch FROM clock_timestamp() - ts)::float8 FROM journal_event
    WHERE id > %s ORDER BY id LIMIT 1"""


@dataclass(slots=True)
class IndexRound:
    """What one round did: events indexed, and whether it has come to the end of what there was."""

    events: int = 0
    ended: bool = False


def go_round(seconds: float, at_once: int = AT_ONCE) -> IndexRound:
    """Index what was committed and is not indexed yet, for so many seconds at most."""
    until, done = time.monotonic() + seconds, IndexRound()
    while not done.ended and time.monotonic() < until:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                break
            done.events += _batch(cursor, done, at_once)
    return done


def _batch(cursor: Any, done: IndexRound, at_once: int) -> int:
    state = index_state.read()
    _settle(cursor, state)
    cursor.execute(NEW, [max(state.upto, 0), ALWAYS_HIDDEN, at_once])
    rows = list(map(EventRow._make, cursor.fetchall()))
    insert(cursor, rows)
    for row in rows:
        state.follow(row.ts)
    done.ended = len(rows) < at_once
    last = rows[-1].id if rows else state.upto
    state.upto = max(state.upto, state.settled if done.ended else min(last, state.settled))
    state.seen = max(state.seen, state.upto, last)
    index_state.write(cursor, state)
    return len(rows)


def _settle(cursor: Any, state: IndexState) -> None:
    """Move the mark behind which nothing can be committed any more: ids are drawn in one order and
    committed in another.
    """
    given, own, oldest = (_number(cursor, asked) for asked in (LAST_GIVEN, OWN, OLDEST))
    if state.waiting is not None and state.waiting_for is not None:
        if oldest >= state.waiting_for:
            state.settled = max(state.settled, state.waiting)
        elif own >= state.waiting_for:
            return
        # else another cluster's transactions are waited for: the database was restored
    state.waiting, state.waiting_for = given, own
    if oldest >= own:
        state.settled = max(state.settled, given)


def _number(cursor: Any, asked: str) -> int:
    cursor.execute(asked)
    return int(cursor.fetchone()[0])


_guarded: set[str] = set()


def guard(kinds: Iterable[str]) -> None:
    """Say which kinds of events name tools in their details, although everybody may read them:
    these details are found only by those who may see tools.
    """
    _guarded.update(kinds)


OtherNames = Callable[[JournalRecord], Iterable[tuple[str, str]]]
"""Gives what an event can be found by that its envelope does not say, each as (field, text)."""
_named: list[OtherNames] = []


def name(others: OtherNames) -> None:
    """Say what else events can be found by. Whoever changes what it gives makes the index anew."""
    _named.append(others)


def keys(row: EventRow) -> list[int]:
    record = row.stored().record
    return content_words.keys(
        row.id, record, frozenset(_guarded), _others(record), of_house=row.run == HOUSE_KEY
    )


def names(row: EventRow) -> set[int]:
    """Those of its keys that are names, without their bucket."""
    record = row.stored().record
    return content_words.names(record, frozenset(_guarded), _others(record))


def _others(record: JournalRecord) -> Iterable[tuple[str, str]]:
    return itertools.chain.from_iterable(named(record) for named in _named)


def insert(cursor: Any, rows: Sequence[EventRow]) -> None:
    """Put these events into the index; those that are in it stay as they are."""
    told = [(row.id, keys(row)) for row in rows]
    if told:
        parts = ",".join(f"[{number},{keys}]" for number, keys in told)
        cursor.execute(INSERT, [f"[{parts}]"])
        chain_names.note(cursor, rows, names)


def forget(chain: UUID) -> None:
    """Take the events of a chain out of the index, before they are deleted. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(TAKE_OUT, [chain])
        chain_names.forget(cursor, [chain])


def erased(chain: UUID) -> None:
    """Take the content of a chain out of the index; its envelopes are still found. In the
    transaction that erased it.
    """
    forget(chain)
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, [chain, index_state.read().seen, ALWAYS_HIDDEN])
        insert(cursor, list(map(EventRow._make, cursor.fetchall())))


def rebuild() -> None:
    """Begin anew: the clock indexes every event again. Searches meanwhile find what it has come to,
    and say so.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("TRUNCATE journal_indexed, journal_named")
        index_state.write(cursor, IndexState())


def lag() -> float:
    """Seconds since the oldest event that no round has met; 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(LAG, [index_state.read().seen])
        found: Sequence[float] | None = cursor.fetchone()
    return max(found[0], 0.0) if found else 0.0
