"""When the events of a query happened, as bars over time: each leads to the query for its own
stretch. Counted from the newest events that match, so no longer than a page takes to find them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runs.language import query_terms
from runs.language.query_terms import Query, Term
from runs.search import run_terms
from runs.search.asker import Asker

BARS = 60
WIDE, HIGH = 1_000, 40
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=each) for each in (1, 60, 3_600, 86_400))
WIDTHS = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY,
    7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY,
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BrushBar:
    """One stretch with events: where it stands in a box of `WIDE` by `HIGH`, the query of it, and
    what it says.
    """

    x: float
    y: float
    height: float
    query: str
    words: str


@dataclass(frozen=True, slots=True)
class TimeBrush:
    """`first` and `last` are what the box spans, `every` how long a bar is. `newest`: how many
    events were counted, where there are more; 0 where all were.
    """

    bars: Sequence[BrushBar]
    width: float
    first: datetime
    last: datetime
    every: str
    newest: int


def brush(
    query: Query, counted: Sequence[datetime], asker: Asker, *, whole: bool
) -> TimeBrush | None:
    """The bars of these times, newest first, which are all there are where they are the `whole`;
    None of fewer than two. Raises Mistake for a time that cannot be.
    """
    if len(counted) < 2:
        return None
    more = not whole
    begin, end = asked(query, asker)
    first = min(counted) if begin is None or more else begin
    last = max(counted) if end is None else min(end, asker.now)
    if last <= first:
        first, last = min(counted), max(counted)
    step = next(each for each in WIDTHS if (last - first) / each <= BARS - 2 or each is WIDTHS[-1])
    return drawn(query, Counter((at - EPOCH) // step for at in counted), step, first, last, more)


def drawn(
    query: Query, counts: Counter[int], step: timedelta, first: datetime, last: datetime, more: bool
) -> TimeBrush:
    begin, end = (first - EPOCH) // step, (last - EPOCH) // step
    begin, end = min(begin, *counts), max(end, *counts)
    width, top = WIDE / (end - begin + 1), max(counts.values())
    bars = [
        bar(query, place, number, step, (place - begin) * width, number / top)
        for place, number in sorted(counts.items())
    ]
    every = query_terms.span_text(int(step.total_seconds()))
    newest = sum(counts.values()) if more else 0
    edges = EPOCH + begin * step, EPOCH + (end + 1) * step
    return TimeBrush(bars, round(max(width - 1, 1), 1), *edges, every, newest)


def bar(query: Query, place: int, number: int, step: timedelta, x: float, share: float) -> BrushBar:
    begin = EPOCH + place * step
    height = round(max(share * (HIGH - 2), 1), 1)
    words = f"{number:,} from {begin:%Y-%m-%d %H:%M:%S} UTC"
    return BrushBar(round(x, 1), HIGH - height, height, narrowed(query, begin, begin + step), words)


def asked(query: Query, asker: Asker) -> tuple[datetime | None, datetime | None]:
    """From when until when a query asks, as far as it says."""
    begins: list[datetime] = []
    ends: list[datetime] = []
    for term in query.terms:
        if term.negative:
            continue
        if term.name == "at":
            begin, end = run_terms.window(term, asker)
            begins += [begin] if begin else []
            ends += [end] if end else []
        if term.name == "age":
            at = asker.now - term.span
            (begins if term.relation.startswith("<") else ends).append(at)
    return max(begins, default=None), min(ends, default=None)


def narrowed(query: Query, begin: datetime, end: datetime) -> str:
    """The text of the query with this stretch of time in place of its own."""
    kept = (term for term in query.terms if term.negative or term.name not in ("at", "age"))
    span = f"{begin:%Y-%m-%dT%H:%M:%S}Z..{end:%Y-%m-%dT%H:%M:%S}Z"
    return query_terms.text_of(Query((*kept, Term("at", (span,)))))
