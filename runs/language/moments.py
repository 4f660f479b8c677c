"""Times as people type them: `2026-11-17T15:47~5m`, `tuesday-15:47`, `today`, `9:00..10:00`. Read
into one form, and into a span of time for a clock and a zone that are given. Pure.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from runs.language import query_terms

NEAR = timedelta(minutes=5)
"""How far each way a time of day reaches that does not say it."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = "|".join((*DAYS, *(day[:3] for day in DAYS), "today", "yesterday"))
_MOMENT = re.compile(
    rf"(?:(?P<day>20\d\d-\d\d-\d\d|{_DAY})(?:(?:[t\s]|(?<=[a-z])-)\s*(?=\d)|\Z|(?=z\Z)))?"
    r"(?:(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?\s*(?P<half>[ap]m)?)?"
    r"(?P<utc>z)?"
)


class NoMoment(ValueError):
    """Text that is no time; its sentence says what one looks like."""


@dataclass(frozen=True, slots=True)
class TypedMoment:
    """A day (an ISO date or a word; empty: the last one with this hour), an hour within it (None:
    all of it), and whether both are UTC and not the reader's zone.
    """

    day: str
    hour: time | None
    utc: bool

    def __str__(self) -> str:
        said = f"{self.hour:%H:%M:%S}".removesuffix(":00") if self.hour else ""
        joint = ("T" if self.day[:1].isdecimal() else "-") if self.day and said else ""
        return f"{self.day}{joint}{said}{'Z' if self.utc else ''}"


def moment(text: str) -> TypedMoment:
    """Raises NoMoment."""
    found = _MOMENT.fullmatch(text.strip().lower())
    if not found or not (found["day"] or found["hour"]):
        raise NoMoment("A time is like 2026-11-17T15:47, tuesday-15:47, 9:30 or today.")
    if found["hour"] and not found["minute"] and not found["half"]:
        raise NoMoment(f"Is that {found['hour']}:00? A time of day has minutes, or am or pm.")
    return TypedMoment(day_named(found["day"] or ""), hour_of(found), bool(found["utc"]))


def day_named(text: str) -> str:
    if text[:1].isdecimal():
        try:
            date.fromisoformat(text)
        except ValueError as wrong:
            raise NoMoment(f"There is no day {text}.") from wrong
    return next((day for day in DAYS if text and day[:3] == text), text)


def hour_of(found: re.Match[str]) -> time | None:
    if not found["hour"]:
        return None
    hour, half = int(found["hour"]), found["half"]
    if half and not 1 <= hour <= 12:
        raise NoMoment(f"There is no {hour} {half}.")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError as wrong:
        raise NoMoment(f"There is no such time of day as {found[0]}.") from wrong


@dataclass(frozen=True, slots=True)
class SpanAsked:
    """What `at:` asks for: around one moment, or from one to another, either end open."""

    first: TypedMoment | None
    last: TypedMoment | None = None
    around: int | None = None
    ranged: bool = False

    def __str__(self) -> str:
        if self.ranged:
            return f"{self.first or ''}..{self.last or ''}"
        return f"{self.first}" + (
            "" if self.around is None else f"~{query_terms.span_text(self.around)}"
        )


def asked(text: str) -> SpanAsked:
    """Raises NoMoment."""
    if ".." in text:
        first, _, last = text.partition("..")
        if not first.strip() and not last.strip():
            raise NoMoment("A span of time needs a beginning or an end.")
        begin, end = (moment(each) if each.strip() else None for each in (first, last))
        return SpanAsked(begin, end, ranged=True)
    at, tilde, around = text.partition("~")
    try:
        return SpanAsked(moment(at), around=query_terms.span_read(around) if tilde else None)
    except NoMoment:
        raise
    except ValueError as wrong:
        raise NoMoment("After ~ stands how far each way, such as ~5m or ~2h.") from wrong


def resolved(
    wanted: SpanAsked, now: datetime, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """From when (included) until when (not included), in UTC, None where it is open; for a reader
    in `zone` whose clock is `now`.
    """
    if wanted.ranged:
        begin = bounds(wanted.first, now, zone)[0] if wanted.first else None
        return begin, bounds(wanted.last, now, zone)[1] if wanted.last else None
    assert wanted.first is not None
    begin, end = bounds(wanted.first, now, zone)
    around = wanted.around
    if around is None and wanted.first.hour is None:
        return begin, end
    near = NEAR if around is None else timedelta(seconds=around)
    return begin - near, end + near


def bounds(at: TypedMoment, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Beginning and end of the day that a moment names, in UTC; of an hour within it the first and
    the last time that it may mean, which are two where the clocks change.
    """
    where = UTC if at.utc else zone
    day = which_day(at, now.astimezone(where))
    if at.hour is None:
        return midnight(day, where), midnight(day + timedelta(days=1), where)
    local = datetime.combine(day, at.hour, where)
    times = [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(times), max(times)


def midnight(day: date, where: tzinfo) -> datetime:
    return datetime.combine(day, time(), where).astimezone(UTC)


def which_day(at: TypedMoment, now: datetime) -> date:
    """The newest such day whose hour is not still to come; an ISO date is itself."""
    today = now.date()
    later = at.hour is not None and at.hour > now.time()
    if not at.day:
        return today - timedelta(days=later)
    if at.day in ("today", "yesterday"):
        return today - timedelta(days=at.day == "yesterday")
    if at.day in DAYS:
        back = (today.weekday() - DAYS.index(at.day)) % 7
        return today - timedelta(days=back or (7 if later else 0))
    return date.fromisoformat(at.day)
