"""The place of each row of a timeline on the axis that they share. Pure."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from runs.reading.turn_rows import TimelineRow

WRAP = 30
THIN = 0.008
BARLESS = frozenset({"gap", "mark"})


def placed(found: list[TimelineRow]) -> list[TimelineRow]:
    """Rows with their place on the axis, which only work takes up: an hour of waiting does not
    squeeze a second of it, wherever a bar began before the wait or ended after it. The axis wraps
    like a line of text after `WRAP` bars, so that a thousand steps keep the scale of ten. One scale
    holds for all; the page's own script draws the same when rows are added.
    """
    gaps = [(one.start, one.end) for one in found if one.sort == "gap"]
    bars = {
        one.key: (worked(one.start, gaps), worked(one.end, gaps))
        for one in found
        if one.sort not in BARLESS
    }
    first = min((start for start, _ in bars.values()), default=0)
    line = max(max((end - first for _, end in bars.values()), default=0), 1) / -(
        -max(len(bars), 1) // WRAP
    )
    anew = begun_lines({key: (start - first) // line for key, (start, _) in bars.items()})
    return [
        replace(on_axis(one, *bars[one.key], first, line), anew=one.key in anew)
        if one.key in bars
        else one
        for one in found
    ]


def begun_lines(lines: Mapping[str, float]) -> set[str]:
    """The rows, by key, with which another line of the axis begins, by the line that each is on."""
    farthest = itertools.accumulate(lines.values(), max, initial=0.0)
    return {key for (key, at), before in zip(lines.items(), farthest, strict=False) if at > before}


def worked(at: int, gaps: Sequence[tuple[int, int]]) -> int:
    """The time `at` without the idle time before it."""
    return at - sum(min(at, end) - start for start, end in gaps if start < at)


def on_axis(one: TimelineRow, start: int, end: int, first: int, line: float) -> TimelineRow:
    return replace(
        one,
        x=percent((start - first) % line, line),
        width=percent(max(end - start, line * THIN), line),
    )


def percent(part: float, whole: float) -> str:
    return f"{min(max(part / whole, 0), 1) * 100:.2f}"
