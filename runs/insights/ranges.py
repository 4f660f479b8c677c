"""Which stretch of time the figures are of, from what stands in the address. Pure; in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

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
"""Up to this length the figures are made of hours, beyond it of whole days."""
YEARS: Final = range(2000, 2100)
LONGEST: Final = 3 * 365 * DAY


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
    def days(self) -> list[datetime]:
        """The UTC days it touches, each by its beginning."""
        begin = whole(self.first, DAY)
        return [begin + number * DAY for number in range(-(-(self.last - begin) // DAY))]

    @property
    def address(self) -> dict[str, str]:
        """What stands in an address for it."""
        if self.preset:
            return {"range": self.preset}
        last = self.last - timedelta(microseconds=1)
        return {"from": f"{self.first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}

    @property
    def span(self) -> str:
        """The sums it is made of: those of hours, or of days."""
        return "hour" if self.length <= BY_HOUR else "day"


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
    step = HOUR if length <= BY_HOUR else DAY
    last = whole(now, step) + step
    return InsightRange(last - length, last, name)


def typed(first: str, last: str, now: datetime) -> InsightRange:
    """The days that somebody typed, as 2026-11-27. Raises BadRange."""
    end = day(last) + DAY if last else whole(now, DAY) + DAY
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


def whole(at: datetime, step: timedelta) -> datetime:
    """The beginning of the hour or day in which `at` is."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if step == HOUR else hour.replace(hour=0)
