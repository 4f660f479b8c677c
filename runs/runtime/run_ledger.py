"""Where a run's events are kept: the ledger over the run's row, and events as journal records and
back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from console.journal import encoding
from console.journal.encoding import EncodedRow
from console.journal.ledger import Ledger
from console.journal.records import JournalRecord, SpilledValue, Stored, text_of
from runs.engine import codec, ids
from runs.engine.engine_errors import Unreadable
from runs.engine.events import CallReturned, RunEvent
from runs.engine.fold import START, fold
from runs.engine.projection import COLUMNS
from runs.engine.state import RunState
from runs.runtime.lease import Lease

LEASE = ("lease_owner", "lease_expires_at", "takes", "crashes", "suspect")
WIDTHS = {"tool": 200, "stop_detail": 2_000}
columns_of = attrgetter(*codec.COLUMNS)
RUNS = Ledger(table="runs_run", projected=(*COLUMNS, *LEASE), widths=WIDTHS)


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """The part of the envelope that all events of a run share. `principal` is the person's opaque
    id as text.
    """

    run: UUID
    correlation_id: UUID
    agent: str
    principal: str


def origin(lease: Lease) -> EventOrigin:
    """The origin of the events of a held run."""
    return EventOrigin(
        lease.run,
        lease.correlation_id,
        str(lease.snapshot.get("name", "")),
        str(lease.principal_id or ""),
    )


def record(event: RunEvent, origin: EventOrigin) -> JournalRecord:
    """The event as a journal record; its span is the call's, or the step's."""
    columns, data = codec.encode(event)
    place = data.get("call") or columns.get("step")
    return JournalRecord(
        kind=event.kind,
        correlation_id=origin.correlation_id,
        agent=origin.agent,
        principal=origin.principal,
        external_id=external_id(event),
        data=data,
        span=ids.span_id(text_of(origin.run), str(place)) if place else "",
        beside=beside(event) if isinstance(event, CallReturned) and event.pictures else (),
        **columns,
    )


def beside(event: CallReturned) -> tuple[SpilledValue, ...]:
    """The bytes of its pictures, which the journal keeps beside the event and erases with it."""
    return tuple(
        SpilledValue(bytes.fromhex(each.sha256), each.salt, each.size, each.content)
        for each in event.pictures
        if each.content
    )


def external_id(event: RunEvent) -> str:
    """The far side's own name for what a call made or found: the `id` of its result, if there is
    one.
    """
    if not isinstance(event, CallReturned) or not isinstance(event.result, Mapping):
        return ""
    found = event.result.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def rows(
    events: Sequence[RunEvent], origin: EventOrigin
) -> tuple[list[EncodedRow], Sequence[RunEvent]]:
    """The events as journal rows, and the events as they will be read back: the same ones, except
    where content was cleaned or a large result became a marker.
    """
    records = [record(event, origin) for event in events]
    encoded = [encoding.row(each) for each in records]
    if all(row.record is written for written, row in zip(records, encoded, strict=True)):
        return encoded, events
    return encoded, [
        event if row.record is written else read(row.record) or event
        for event, written, row in zip(events, records, encoded, strict=True)
    ]


def events(stored: Iterable[Stored]) -> list[RunEvent]:
    """The engine's events among journal rows, in order, without those whose content was erased.
    Raises Unreadable.
    """
    return [event for _, event in numbered(stored)]


def replayed(stored: Iterable[Stored], state: RunState = START) -> tuple[RunState, list[RunEvent]]:
    """The state after these journal rows, and their events. Raises Unreadable with the row that
    does not fit.
    """
    found = []
    for row, event in numbered(stored):
        try:
            state = fold(state, event)
        except Exception as error:
            raise unreadable(row, error) from error
        found.append(event)
    return state, found


def numbered(stored: Iterable[Stored]) -> Iterator[tuple[Stored, RunEvent]]:
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


def read(record: JournalRecord) -> RunEvent | None:
    columns = dict(zip(codec.COLUMNS, columns_of(record), strict=True))
    return codec.decode(record.kind, columns, record.data)
