"""A ledger of the tests' own, and records to append to it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from console.journal.append import append
from console.journal.ledger import HOUSE, Ledger
from console.journal.records import JournalRecord

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
# the house's table serves any chain
DESK = Ledger("journal_chain", projected=("lease_epoch",), returning=("lease_epoch",))


def chain(epoch: int = 1, key: UUID | None = None) -> UUID:
    """A new chain, on Django's connection."""
    key = key or uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_chain (id, seq, head, lease_epoch) VALUES (%s, 0, '', %s)",
            [key, epoch],
        )
    return key


def record(number: int = 0, data: Mapping[str, Any] | None = None, **changes: Any) -> JournalRecord:
    at = AT + timedelta(seconds=number)
    made = JournalRecord(
        "call.returned",
        at,
        "tool",
        UUID(int=9),
        step=number,
        tool="get_order",
        data=data or {"call": f"{number}.1", "result": "ok"},
    )
    return replace(made, **changes)


def write(key: UUID, *records: JournalRecord) -> None:
    append(
        connection,
        HOUSE,
        key,
        records or [record(1), record(2), record(3)],
        epoch=None,
        projection={},
    )
