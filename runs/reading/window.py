"""The part of a run's journal a page shows: the newest events the reader may see, or
those before a place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from console.journal import selectors
from console.journal.records import Stored
from runs.models import Run
from runs.reading import damaged_rows, erasures, redaction, story, timeline, transcript
from runs.reading.readers import PageReader
from runs.reading.story import Flying
from runs.reading.transcript import TranscriptEntry
from runs.reading.turn_rows import TimelineRow

# some forty steps: what a person reads at a sitting, drawn before the browser paints anything
EVENTS = 140
# a reader of visible events only meets few of them, so their window may reach further back
FEW = 20_000
MARGIN = 60
BEHIND = 600


@dataclass(frozen=True, slots=True)
class JournalWindow:
    """Timeline rows and transcript entries of the same turns; `earlier` is the seq before which the
    page before ends, 0 when there is none.
    """

    rows: Sequence[TimelineRow]
    entries: Sequence[TranscriptEntry]
    hidden: int = 0
    earlier: int = 0
    flying: Flying | None = None


def newest(run: Run, who: PageReader, now: datetime, before: int = 0) -> JournalWindow:
    """The last `EVENTS` events, or the last of those before `before`; begins at a plan, so that no
    call lacks its beginning.
    """
    end = min(before, run.seq + 1) if before else run.seq + 1
    start = stretch(end, who)
    found = selectors.events(run.id, clearance=who.clearance, after=start, limit=EVENTS)
    stored = erasures.told(run.id, [event for event in found if event.seq < end])
    stored = from_a_plan(stored) if start and who.sees_tools else stored
    first = stored[0].seq if stored and who.sees_tools else start + 1
    return read(stored, first, end, who, now)


def stretch(end: int, who: PageReader) -> int:
    """The seq after which the page begins that ends before `end`."""
    return max(end - 1 - (EVENTS if who.sees_tools else FEW), 0)


def since(run: Run, who: PageReader, now: datetime, after: int) -> JournalWindow:
    """Turns that began or changed after `after`; read from a little before it, so that a call in
    flight is found whole.
    """
    start = max(after - MARGIN, 0)
    stored = erasures.told(
        run.id,
        selectors.events(run.id, clearance=who.clearance, after=start, limit=BEHIND + MARGIN),
    )
    found = read(stored, start + 1, run.seq + 1, who, now)
    rows = [row for row in found.rows if row.seq > after]
    return JournalWindow(
        rows,
        [entry for entry in found.entries if entry.seq > after],
        flying=found.flying,
    )


def from_a_plan(stored: list[Stored]) -> list[Stored]:
    plans = (index for index, event in enumerate(stored) if event.record.kind == "step.planned")
    return stored[next(plans, 0) :]


def read(
    stored: Sequence[Stored], first: int, end: int, who: PageReader, now: datetime
) -> JournalWindow:
    """The window over the seqs from `first` up to `end`. A seq that is missing in `stored` is one
    that this reader may not see.
    """
    return damaged_rows.reading(lambda rows: drawn(rows, first, end, who, now), stored)


def drawn(
    stored: Sequence[Stored], first: int, end: int, who: PageReader, now: datetime
) -> JournalWindow:
    turns = story.turns(redaction.spared(stored, sees_tools=who.sees_tools))
    return JournalWindow(
        rows=timeline.rows(turns, now) if who.sees_tools else timeline.effects(turns, now),
        entries=[*with_holes(transcript.entries(turns), holes(stored, first, end), who)],
        hidden=max(end - first - len(stored), 0),
        earlier=first if first > 1 else 0,
        flying=story.flying(turns),
    )


def holes(stored: Sequence[Stored], first: int, end: int) -> dict[int, int]:
    """How many events are left out, by the seq before them."""
    seqs = [first - 1, *(event.seq for event in stored), end]
    return {before: after - before - 1 for before, after in pairwise(seqs) if after - before > 1}


def with_holes(
    shown: Sequence[TranscriptEntry], missing: dict[int, int], who: PageReader
) -> Iterable[TranscriptEntry]:
    """The entries, with a line wherever events are left out that says how many and who may see
    them. Entries begin in order of seq.
    """
    left = dict(missing)
    for entry in shown:
        for seq in [seq for seq in left if seq < entry.first]:
            yield transcript.left_out(left.pop(seq), seq + 1, sees_tools=who.sees_tools)
        yield entry
    for seq, count in left.items():
        yield transcript.left_out(count, seq + 1, sees_tools=who.sees_tools)
