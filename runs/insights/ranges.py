"""Which stretch of time the figures are of, from what stands in the address. Pure; in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PRESETS: Final[Mapping[str, tuple[str, timedelta]]] = {
    "24h": ("24 h", DAY),
    "7d": ("7 days", 7 * DAY),
    "30d": ("30 days", 30 * DAY),
    "365d": ("A year", 365 * DAY),
}
USUAL: Final = "7d"
BY_HOUR: Final = 8 * DAY
"""Up to this length a range ends with an hour, beyond it with a day."""
BY_DAY: Final = 62 * DAY
"""Up to this length what is drawn is drawn day by day, beyond it month by month."""
SPANS: Final = ("month", "day", "hour")
"""What sums are kept of, each made of whole ones of the next."""
YEARS: Final = range(2000, 2100)
LONGEST: Final = 3 * 365 * DAY


class SumPart(NamedTuple):
    """The sums of one span, such as days, that begin at `first` or later and before `last`."""

    span: str
    first: datetime
    last: datetime


class BadRange(ValueError):
    """Dates that make no range. Carries the sentence for who typed them."""


@dataclass(frozen=True, slots=True)
class InsightRange:
    """From `first` up to, and without, `last`; `preset` is empty when the dates were typed. The
    stretch of the same length directly before it is what it is compared with.
    """

    first: datetime
    last: datetime
    preset: str = ""

    @property
    def length(self) -> timedelta:
        return self.last - self.first

    @property
    def before(self) -> datetime:
        """Where the stretch before it begins."""
        return self.first - self.length

    @property
    def every(self) -> str:
        """The span of what is drawn of it: a bar or a point for each."""
        return "day" if self.length <= BY_DAY else "month"

    @property
    def stretches(self) -> list[datetime]:
        """The UTC days or months that it touches, each by its beginning."""
        found = [begin(self.first, self.every)]
        while (at := after(found[-1], self.every)) < self.last:
            found.append(at)
        return found

    @property
    def address(self) -> dict[str, str]:
        """What stands in an address for it."""
        if self.preset:
            return {"range": self.preset}
        last = self.last - timedelta(microseconds=1)
        return {"from": f"{self.first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}


def chosen(said: Mapping[str, str], now: datetime) -> InsightRange:
    """The range that an address asks for: `range`, a preset, or the days `from` and `to`, both
    included. Raises BadRange.
    """
    if said.get("from") or said.get("to"):
        return typed(said.get("from", ""), said.get("to", ""), now)
    name = said.get("range") or USUAL
    if name not in PRESETS:
        raise BadRange(f"There is no range “{name[:20]}”: there are {', '.join(PRESETS)}.")
    length = PRESETS[name][1]
    last = after(now, "hour" if length <= BY_HOUR else "day")
    return InsightRange(last - length, last, name)


def typed(first: str, last: str, now: datetime) -> InsightRange:
    """The days that somebody typed, as 2026-11-27. Raises BadRange."""
    end = day(last) + DAY if last else after(now, "day")
    begin = day(first) if first else end - PRESETS[USUAL][1]
    if begin >= end:
        raise BadRange("The first day is after the last one.")
    if end - begin > LONGEST:
        raise BadRange("A range is three years long at most.")
    return InsightRange(begin, end)


def day(text: str) -> datetime:
    try:
        found = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise BadRange(f"“{text[:20]}” is no day; write it as 2026-11-27.") from None
    if found.year not in YEARS:
        raise BadRange(f"There are no figures of the year {found.year}.")
    return found


def begin(at: datetime, span: str) -> datetime:
    """The beginning of the hour, day or month in which `at` is."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span == "hour":
        return hour
    return hour.replace(hour=0) if span == "day" else hour.replace(hour=0, day=1)


def after(at: datetime, span: str) -> datetime:
    """The beginning of the next one."""
    if span == "month":
        return begin(begin(at, span) + 31 * DAY, span)
    return begin(at, span) + (HOUR if span == "hour" else DAY)


def parts(first: datetime, last: datetime, spans: Sequence[str] = SPANS) -> list[SumPart]:
    """Whole months, what is left of whole days, and then of hours, that are together the time from
    `first` to `last`.
    """
    if first >= last or not spans:
        return []
    span, *shorter = spans
    begun = begin(first, span)
    middle, end = begun if begun == first else after(first, span), begin(last, span)
    if middle >= end:
        return parts(first, last, shorter)
    return [
        *parts(first, middle, shorter),
        SumPart(span, middle, end),
        *parts(end, last, shorter),
    ]
