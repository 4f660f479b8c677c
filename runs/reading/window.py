"""The part of a run's journal a page shows: the newest few hundred events the reader may see, or those before a place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.journal import selectors
from console.journal.records import Stored
from console.journal.selectors import Hidden
from runs.models import Run
from runs.reading import story, timeline, transcript
from runs.reading.readers import Reader
from runs.reading.timeline import Row
from runs.reading.transcript import Entry

EVENTS = 400
MARGIN = 60
BEHIND = 600
Entries = Sequence[Stored | Hidden]


@dataclass(frozen=True, slots=True)
class Window:
    """Timeline rows and transcript entries of the same turns; `earlier` is where the page before ends, 0 when there is none."""

    rows: Sequence[Row]
    entries: Sequence[Entry]
    hidden: int = 0
    earlier: int = 0
    flight_timeout: float | None = None


def newest(run: Run, who: Reader, now: datetime, before: int = 0) -> Window:
    """The last `EVENTS` events, or the last of those before `before`; begins at a plan, so that no call lacks its beginning."""
    page = selectors.tail(run.id, clearance=who.clearance, before=before or None, limit=EVENTS)
    shown = from_a_plan(page.entries) if page.earlier else page.entries
    first = next((entry.seq for entry in shown if isinstance(entry, Stored)), 0)
    return read(shown, who, now, earlier=first if page.earlier else 0)


def since(run: Run, who: Reader, now: datetime, after: int) -> Window:
    """Turns that began or changed after `after`; read from a little before it, so that a call in flight is found whole."""
    page = selectors.events(run.id, clearance=who.clearance, after=max(after - MARGIN, 0), limit=BEHIND + MARGIN)
    found = read(page.events, who, now)
    rows = [row for row in found.rows if row.seq > after]
    return Window(rows, [entry for entry in found.entries if entry.seq > after], flight_timeout=found.flight_timeout)


def from_a_plan(entries: Entries) -> Entries:
    plans = (index for index, entry in enumerate(entries) if isinstance(entry, Stored) and entry.record.kind == "step.planned")
    return entries[next(plans, 0) :]


def read(entries: Entries, who: Reader, now: datetime, earlier: int = 0) -> Window:
    turns = story.turns(entry for entry in entries if isinstance(entry, Stored))
    flying = next((turn for turn in reversed(turns) if turn.in_flight), None)
    timeout = flying.first.data.get("timeout") if flying else None
    return Window(
        rows=timeline.rows(turns, now) if who.sees_tools else timeline.marks(turns, now),
        entries=[*with_hidden(transcript.entries(turns), entries, who)],
        hidden=sum(entry.count for entry in entries if isinstance(entry, Hidden)),
        earlier=earlier,
        flight_timeout=float(timeout) if timeout else None,
    )


def with_hidden(shown: Sequence[Entry], entries: Entries, who: Reader) -> Iterable[Entry]:
    """The entries with a line wherever something is left out, saying how much and for whom it is."""
    after: dict[str, Hidden] = {}
    last = ""
    for entry in entries:
        if isinstance(entry, Hidden):
            after[last] = entry
        else:
            last = story.place(entry)[0]
    if hidden := after.get(""):
        yield transcript.left_out(hidden.count, "", sees_tools=who.sees_tools)
    for entry in shown:
        yield entry
        if hidden := after.get(entry.key):
            yield transcript.left_out(hidden.count, entry.key, sees_tools=who.sees_tools)
