"""The names under which events are found, of chains that are still being written: whoever has to
look into such chains one by one leaves out those that cannot have what is asked for.

Kept by whoever indexes events, of every event of a chain that is indexed or, once the chain is
over, of none.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from console.journal.event_rows import READ, EventRow
from console.journal.records import ALWAYS_HIDDEN

AT_ONCE = 200
"""Chains whose events are read together."""
NAMED = """SELECT chain FROM unnest(%s::uuid[]) AS wanted (chain)
    WHERE EXISTS (SELECT FROM journal_named WHERE journal_named.chain = wanted.chain)"""
INSERT = """INSERT INTO journal_named (key, chain)
    SELECT * FROM unnest(%s::bigint[], %s::uuid[]) ON CONFLICT DO NOTHING"""
FORGET = "DELETE FROM journal_named WHERE chain = ANY(%s)"
ALL = f"{READ} WHERE run = ANY(%s) AND visibility <> %s"
EventNames = Callable[[EventRow], Iterable[int]]
"""Gives the keys of an event's names, without their bucket."""
StillWritten = Callable[[Collection[UUID]], Iterable[UUID]]
_going: list[StillWritten] = []


def follow(going: StillWritten) -> None:
    """Say which of some chains are still being written."""
    if going not in _going:
        _going.append(going)


def note(cursor: Any, rows: Sequence[EventRow], names: EventNames) -> None:
    """Keep the names of events that were indexed. A chain that has none may have been over before,
    and goes on: all its events are read.
    """
    chains = {row.run for row in rows}
    going = set(itertools.chain.from_iterable(each(chains) for each in _going))
    forget(cursor, chains - going)
    cursor.execute(NAMED, [list(going)])
    named = {chain for (chain,) in cursor.fetchall()}
    _insert(cursor, (row for row in rows if row.run in named), names)
    begin(cursor, going - named, names)


def begin(cursor: Any, chains: Iterable[UUID], names: EventNames) -> None:
    """Keep the names of all events of these chains."""
    left = iter(sorted(chains))
    while some := list(itertools.islice(left, AT_ONCE)):
        cursor.execute(ALL, [some, ALWAYS_HIDDEN])
        _insert(cursor, map(EventRow._make, cursor.fetchall()), names)


def _insert(cursor: Any, rows: Iterable[EventRow], names: EventNames) -> None:
    if told := sorted({(name, row.run) for row in rows for name in names(row)}):
        cursor.execute(INSERT, [list(column) for column in zip(*told, strict=True)])


def forget(cursor: Any, chains: Iterable[UUID]) -> None:
    if gone := list(chains):
        cursor.execute(FORGET, [gone])
