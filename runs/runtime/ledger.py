"""Where a run's events are kept: the ledger over the run's row, and events as journal records and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from console.journal import encoding
from console.journal.encoding import Row
from console.journal.ledger import Ledger
from console.journal.records import Record, Stored, text_of
from runs.engine import codec, ids
from runs.engine.events import CallReturned, Event
from runs.engine.projection import COLUMNS

LEASE = ("lease_owner", "lease_expires_at")
WIDTHS = {"tool": 200, "stop_detail": 2_000}
RUNS = Ledger(table="runs_run", projected=(*COLUMNS, *LEASE), widths=WIDTHS)


@dataclass(frozen=True, slots=True)
class Origin:
    """What every event of a run carries in its envelope: whose it is. `principal` is the person's opaque id as text."""

    run: UUID
    correlation_id: UUID
    agent: str
    principal: str


def record(event: Event, origin: Origin) -> Record:
    """The event as a journal record; its span is the call's, or the step's."""
    columns, data = codec.encode(event)
    place = data.get("call") or columns.get("step")
    return Record(
        kind=event.kind,
        correlation_id=origin.correlation_id,
        agent=origin.agent,
        principal=origin.principal,
        external_id=external_id(event),
        data=data,
        span=ids.span_id(text_of(origin.run), str(place)) if place else "",
        **columns,
    )


def external_id(event: Event) -> str:
    """What the far side calls the thing that a call made or found: the `id` of its result, when it gave one."""
    if not isinstance(event, CallReturned) or not isinstance(event.result, Mapping):
        return ""
    found = event.result.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def rows(events: Sequence[Event], origin: Origin) -> tuple[list[Row], list[Event]]:
    """The events as journal rows, and as whoever reads them back will see them: cleaned where they had to be, large results as markers."""
    records = [record(event, origin) for event in events]
    encoded = [encoding.row(each) for each in records]
    kept = [
        event if row.record is written else read(row.record) or event for event, written, row in zip(events, records, encoded, strict=True)
    ]
    return encoded, kept


def events(stored: Iterable[Stored]) -> list[Event]:
    """The engine's events among journal rows, in order, but for those whose content was erased."""
    found = (read(row.record) for row in stored if not row.erased)
    return [event for event in found if event is not None]


def read(record: Record) -> Event | None:
    return codec.decode(record.kind, {name: getattr(record, name) for name in codec.COLUMNS}, record.data)
