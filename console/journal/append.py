"""The only way into the journal: one SQL statement that fences, numbers, chains, inserts and
updates the ledger's row. Also the way back out.

It decides nothing and filters nothing: `read` is for the runtime, people read through
`console.journal.selectors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection as house_connection
from django.db.backends.base.base import BaseDatabaseWrapper

from console.journal import encoding, libpq_wire, spill
from console.journal.event_rows import READ, EventRow
from console.journal.ledger import HOUSE, Ledger
from console.journal.records import HOUSE_KEY, USER_HIDDEN, Actor, JournalRecord, Stored, text_of
from console.journal.statement import projected, statement
from console.json_value import Json

ExecuteOn = psycopg.Connection[Any] | BaseDatabaseWrapper
AT_ONCE = 64  # records of one statement; more are written by several, in one transaction


class Fenced(Exception):
    """The ledger's row is gone, or not at the epoch or seq that the writer said. Nothing was
    written.
    """


@dataclass(frozen=True, slots=True)
class Appended:
    """`seq` of the last record, the ledger's returning columns after the update, and the records as
    they will be read back.
    """

    seq: int
    returned: dict[str, Any]
    records: tuple[JournalRecord, ...]


def append(
    execute_on: ExecuteOn,
    ledger: Ledger,
    key: UUID,
    records: Sequence[JournalRecord | encoding.EncodedRow],
    *,
    epoch: int | None,
    projection: Mapping[str, object],
    seq: int | None = None,
) -> Appended:
    """Append `records` to the chain of `key` and set `projection` on its row.

    A record may come encoded already.

    Raises `Fenced` and changes nothing when `epoch` is not the row's, or `seq` not the last one:
    somebody else appended meanwhile.

    Durable on return when `execute_on` is in autocommit; part of the surrounding transaction
    otherwise.
    """
    if not records:
        raise ValueError("nothing to append")
    if unknown := set(projection) - set(ledger.projected):
        raise ValueError(
            f"{ledger.table} has no such projected column: {', '.join(sorted(unknown))}"
        )
    encoded = [
        record if isinstance(record, encoding.EncodedRow) else encoding.row(record)
        for record in records
    ]
    raw = raw_connection(execute_on)
    for insertion in (each for row in encoded for each in row.insertions()):
        psycopg.Cursor(raw).execute(*insertion)
    believed = {"lease_epoch": epoch, "seq": seq}
    fence = {column: value for column, value in believed.items() if value is not None}
    if len(encoded) <= AT_ONCE:
        return _append(raw, ledger, key, encoded, fence, projection)
    *parts, rest = [encoded[first : first + AT_ONCE] for first in range(0, len(encoded), AT_ONCE)]
    # its first statement locks the row, so the fence need not be asked again
    with raw.transaction():
        for part in parts:
            _append(raw, ledger, key, part, fence, {})
            fence = {}
        last = _append(raw, ledger, key, rest, fence, projection)
    return Appended(last.seq, last.returned, tuple(row.record for row in encoded))


def _append(
    raw: psycopg.Connection[Any],
    ledger: Ledger,
    key: UUID,
    rows: Sequence[encoding.EncodedRow],
    fence: Mapping[str, int],
    projection: Mapping[str, object],
) -> Appended:
    text, params = _composed(ledger, key, rows, fence, projection, raw.info.server_version)
    found = psycopg.RawCursor(raw).execute(text, params, prepare=True).fetchone()
    return _appended(found, ledger, key, rows, fence)


async def append_on_loop(
    connection: psycopg.AsyncConnection[Any],
    ledger: Ledger,
    key: UUID,
    rows: Sequence[encoding.EncodedRow],
    *,
    epoch: int,
    seq: int,
    projection: Mapping[str, object],
    meanwhile: Callable[[], None] | None = None,
    alone: bool = False,
) -> int:
    """`append` of encoded records on an event loop: the same statement, awaited. More than
    `AT_ONCE` records take several statements in one transaction.

    Gives the new last seq. `meanwhile` is called while the database works. `alone` says that nobody
    else wants the loop. Raises `Fenced` when epoch or seq is not the row's.
    """
    if not rows:
        raise ValueError("nothing to append")
    if len(rows) > AT_ONCE:
        async with connection.transaction():
            first, rest = rows[:AT_ONCE], rows[AT_ONCE:]
            seq = await append_on_loop(
                connection, ledger, key, first, epoch=epoch, seq=seq, projection={}
            )
            return await append_on_loop(
                connection,
                ledger,
                key,
                rest,
                epoch=epoch,
                seq=seq,
                projection=projection,
                meanwhile=meanwhile,
            )
    for insertion in (each for row in rows for each in row.insertions()):
        await connection.execute(*insertion)
    fence = {"lease_epoch": epoch, "seq": seq}
    sent = await libpq_wire.send(
        connection, *_composed(ledger, key, rows, fence, projection, connection.info.server_version)
    )
    if meanwhile:
        meanwhile()
    if not await sent.receive(standing=alone):
        raise Fenced(f"{ledger.table} {key} is not at {fence}")
    return seq + len(rows)


def _composed(
    ledger: Ledger,
    key: UUID,
    rows: Sequence[encoding.EncodedRow],
    fence: Mapping[str, int],
    projection: Mapping[str, object],
    server: int,
) -> tuple[str, list[str | None]]:
    """The statement and its parameters, for a raw cursor: parsing this many placeholders anew would
    cost as much as the statement.
    """
    text = statement(ledger, len(rows), tuple(projection), tuple(fence), server)
    params: list[str | None] = [text_of(key), *map(str, fence.values())]
    params += [projected(ledger, column, value) for column, value in projection.items()]
    for row in rows:
        params += row.params
    return text, params


def _appended(
    found: tuple[Any, ...] | None,
    ledger: Ledger,
    key: UUID,
    rows: Sequence[encoding.EncodedRow],
    fence: Mapping[str, int],
) -> Appended:
    if found is None:
        raise Fenced(f"{ledger.table} {key} is not at {dict(fence)}")
    return Appended(
        found[0],
        dict(zip(ledger.returning, found[1:], strict=True)),
        tuple(row.record for row in rows),
    )


def raw_connection(execute_on: ExecuteOn) -> psycopg.Connection[Any]:
    """The psycopg connection itself, in whatever transaction Django has open on it."""
    if isinstance(execute_on, psycopg.Connection):
        return execute_on
    execute_on.ensure_connection()
    return execute_on.connection  # type: ignore[no-any-return]


def read(
    execute_on: ExecuteOn, key: UUID, *, after: int = 0, limit: int | None = None
) -> list[Stored]:
    """The chain of `key` after `after`, in order, nothing hidden.

    Spilled results stay markers, everything else is whole.
    """
    text = f"{READ} WHERE run = %s AND seq > %s ORDER BY seq LIMIT %s"
    raw = raw_connection(execute_on)
    found = map(EventRow._make, psycopg.Cursor(raw).execute(text, (key, after, limit)).fetchall())
    return [row.stored(spill.restored(raw, row.content())) for row in found]


def note(
    *,
    kind: str,
    actor: Actor | str,
    at: datetime,
    data: Mapping[str, Json] | None = None,
    correlation_id: UUID | None = None,
    visibility: str = USER_HIDDEN,
    tool: str = "",
    outcome: str = "",
    rule: str = "",
    usd: Decimal | None = None,
) -> None:
    """Append one event to the house's own chain, on Django's connection.

    It locks that chain until the transaction ends: write it last.
    """
    who = actor if isinstance(actor, Actor) else Actor(actor)
    record = JournalRecord(
        kind,
        at,
        who.name,
        correlation_id or HOUSE_KEY,
        tool=tool,
        outcome=outcome,
        rule=rule,
        usd=usd,
        visibility=visibility,
        person=who.person,
        data=data or {},
    )
    append(house_connection, HOUSE, HOUSE_KEY, [record], epoch=None, projection={})
