"""Where a run's events are kept: the ledger over the run's row, and events as journal records and
back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from console.journal import encoding
from console.journal.encoding import Row
from console.journal.ledger import Ledger
from console.journal.records import Record, Stored, text_of
from runs.engine import codec, ids
from runs.engine.engine_errors import Unreadable
from runs.engine.events import CallReturned, Event
from runs.engine.fold import START, fold
from runs.engine.projection import COLUMNS
from runs.engine.state import State
from runs.runtime.lease import Lease

LEASE = ("lease_owner", "lease_expires_at", "takes", "crashes", "suspect")
WIDTHS = {"tool": 200, "stop_detail": 2_000}
RUNS = Ledger(table="runs_run", projected=(*COLUMNS, *LEASE), widths=WIDTHS)


@dataclass(frozen=True, slots=True)
class Origin:
    """What every event of a run carries in its envelope: whose it is.

    `principal` is the person's opaque id as text.
    """

    run: UUID
    correlation_id: UUID
    agent: str
    principal: str


def origin(lease: Lease) -> Origin:
    """Of a run in hand."""
    return Origin(
        lease.run,
        lease.correlation_id,
        str(lease.snapshot.get("name", "")),
        str(lease.principal_id or ""),
    )


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
    """What the far side calls the thing that a call made or found: the `id` of its result, when it
    gave one.
    """
    if not isinstance(event, CallReturned) or not isinstance(event.result, Mapping):
        return ""
    found = event.result.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def rows(events: Sequence[Event], origin: Origin) -> tuple[list[Row], Sequence[Event]]:
    """The events as journal rows, and as whoever reads them back will see them: the very ones that
    were given, but for those that had to be cleaned, and for markers of large results.
    """
    records = [record(event, origin) for event in events]
    encoded = [encoding.row(each) for each in records]
    if all(row.record is written for written, row in zip(records, encoded, strict=True)):
        return encoded, events
    return encoded, [
        event if row.record is written else read(row.record) or event
        for event, written, row in zip(events, records, encoded, strict=True)
    ]


def events(stored: Iterable[Stored]) -> list[Event]:
    """The engine's events among journal rows, in order, but for those whose content was erased.

    Raises Unreadable.
    """
    return [event for _, event in numbered(stored)]


def replayed(stored: Iterable[Stored], state: State = START) -> tuple[State, list[Event]]:
    """The state after journal rows, and their events.

    Raises Unreadable with the row that does not fit.
    """
    found = []
    for row, event in numbered(stored):
        try:
            state = fold(state, event)
        except Exception as error:
            raise unreadable(row, error) from error
        found.append(event)
    return state, found


def numbered(stored: Iterable[Stored]) -> Iterator[tuple[Stored, Event]]:
    for row in stored:
        if row.erased:
            continue
        try:
            event = read(row.record)
        except Exception as error:
            raise unreadable(row, error) from error
        if event is not None:
            yield row, event


def unreadable(row: Stored, error: Exception) -> Unreadable:
    return Unreadable(row.seq, row.record.kind, f"{type(error).__name__}: {error}")


def read(record: Record) -> Event | None:
    return codec.decode(
        record.kind, {name: getattr(record, name) for name in codec.COLUMNS}, record.data
    )
