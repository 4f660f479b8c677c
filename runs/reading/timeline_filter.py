"""Which rows of a timeline somebody wants to see, as it stands in the page's address, and where a
step or a time of day is. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

from console.journal.records import Stored
from runs.reading.turn_rows import TimelineRow

CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*(am|pm)?", re.IGNORECASE)
FAILURES = "failures"
NOON, FARTHEST = 12, 16 * 60


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Only what failed, only one tool's calls, or everything."""

    failures: bool = False
    tool: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "TimelineFilter":
        return cls(query.get("show", "") == FAILURES, query.get("tool", "")[:200])

    @property
    def narrowed(self) -> bool:
        return self.failures or bool(self.tool)

    @property
    def query(self) -> str:
        """The filter as the end of an address, empty for everything."""
        wanted = {"show": FAILURES if self.failures else "", "tool": self.tool}
        text = urlencode({name: value for name, value in wanted.items() if value})
        return f"?{text}" if text else ""

    @property
    def more(self) -> str:
        """The filter as a further part of an address that has a query already."""
        return self.query.replace("?", "&", 1)

    def kept(self, rows: Sequence[TimelineRow]) -> list[TimelineRow]:
        """The rows that are wanted. A gap is kept only where nothing is left out."""
        return [row for row in rows if self.keeps(row)] if self.narrowed else list(rows)

    def keeps(self, row: TimelineRow) -> bool:
        if self.failures and (row.tone != "bad" or row.sort == "gap"):
            return False
        return not self.tool or (row.sort == "call" and row.what == self.tool)


def tools(rows: Sequence[TimelineRow], offered: Iterable[str] = ()) -> list[str]:
    """The tools that these rows called, and those `offered` to the run by name, which it may call
    while the page is open.
    """
    named = {tool for tool in offered if "*" not in tool}
    return sorted({row.what for row in rows if row.sort == "call"} | named)


def step_in(text: str) -> int:
    """The number in `6` or `step 6`; 0 for anything else."""
    digits = text.strip().lower().removeprefix("step").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 8 else 0


def moment_in(text: str, began: datetime, ahead: int = 0) -> datetime | None:
    """The first moment after `began` at which a clock that is `ahead` minutes ahead of UTC shows
    `14:06`, `14:06:31` or `3:47 pm`; None for anything else.
    """
    found = CLOCK.fullmatch(text.strip())
    if found is None or abs(ahead) > FARTHEST:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= NOON:
            return None
        hour = hour % NOON + (NOON if found[4].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    there = began.astimezone(timezone(timedelta(minutes=ahead)))
    at = there.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return at if at >= there.replace(second=0, microsecond=0) else at + timedelta(days=1)


def lasts(text: str) -> timedelta:
    """How long the moment is that `moment_in` finds: a second where one is given, else a minute."""
    found = CLOCK.fullmatch(text.strip())
    return timedelta(seconds=1) if found and found[3] else timedelta(minutes=1)


def turn_at(turns: Sequence[Stored], at: datetime) -> int:
    """Where in its journal the run was then, by its turns in order: the `seq` of the newest one;
    that of the first before any; 0 where there is none.
    """
    begun = [event for event in turns if event.record.at <= at] or turns[:1]
    return begun[-1].seq if begun else 0


def row_at(rows: Sequence[TimelineRow], at: datetime, until: datetime) -> TimelineRow | None:
    """The first row that began from `at` on and before `until`; where none did, the last one that
    had begun by then, or else the first.
    """
    begun = [row for row in rows if row.at]
    within = (row for row in begun if row.at and at <= row.at < until)
    before = [row for row in begun if row.at and row.at < at]
    return next(within, None) or next(iter(before[-1:] or begun), None)
