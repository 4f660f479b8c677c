"""Where a run's events are kept: the ledger over the run's row, and events as journal records and back."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from console.journal import encoding
from console.journal.encoding import Row
from console.journal.ledger import Ledger
from console.journal.records import Record, Stored, text_of
from runs.engine import codec, ids
from runs.engine.events import Event
from runs.engine.projection import COLUMNS

LEASE = ("lease_owner", "lease_expires_at")
WIDTHS = {"tool": 200, "stop_detail": 2_000}
RUNS = Ledger(table="runs_run", projected=(*COLUMNS, *LEASE), widths=WIDTHS)


def record(event: Event, run: UUID, correlation_id: UUID) -> Record:
    """The event as a journal record; its span is the call's, or the step's."""
    columns, data = codec.encode(event)
    place = data.get("call") or columns.get("step")
    span = ids.span_id(text_of(run), str(place)) if place else ""
    return Record(kind=event.kind, correlation_id=correlation_id, data=data, span=span, **columns)


def rows(events: Sequence[Event], run: UUID, correlation_id: UUID) -> tuple[list[Row], list[Event]]:
    """The events as journal rows, and as whoever reads them back will see them: cleaned where they had to be, large results as markers."""
    records = [record(event, run, correlation_id) for event in events]
    encoded = [encoding.row(each) for each in records]
    kept = [
        event if row.record is written else read(row.record) or event for event, written, row in zip(events, records, encoded, strict=True)
    ]
    return encoded, kept


def events(stored: Iterable[Stored]) -> list[Event]:
    """The engine's events among journal rows, in order."""
    found = (read(row.record) for row in stored)
    return [event for event in found if event is not None]


def read(record: Record) -> Event | None:
    return codec.decode(record.kind, {name: getattr(record, name) for name in codec.COLUMNS}, record.data)
