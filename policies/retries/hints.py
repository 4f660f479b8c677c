"""What the answer of a failed call says about trying again: its HTTP status, its Retry-After, its
message. Pure and bounded.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from console.json_value import Json

DEPTH = 3
MOST_FIELDS = 40
MOST_TEXT = 2_000
MESSAGES = frozenset(
    {
        "error",
        "message",
        "detail",
        "details",
        "reason",
        "errormessage",
        "description",
        "title",
        "errors",
        "msg",
    }
)
STATUSES = frozenset(
    {"status", "statuscode", "code", "httpstatus", "errorcode", "httpcode", "httpstatuscode"}
)
WAITS: Mapping[str, float] = {
    "retryafter": 1.0,
    "retryafterseconds": 1.0,
    "retryaftersec": 1.0,
    "retryin": 1.0,
    "retrydelay": 1.0,
    "retryafterms": 0.001,
    "retryaftermilliseconds": 0.001,
    "retrydelayms": 0.001,
}
MOMENTS = frozenset(
    {"retryat", "resetat", "resetsat", "nextretryat", "availableat"}
    | {"ratelimitreset", "xratelimitreset", "reset"}
)
"""Fields that say when rather than how long."""
HOLDERS = frozenset({"details", "errors"})
"""Lists that are about the failure, and no data."""
EPOCH, MILLIS = 10**9, 10**12
"""A larger number is no count of seconds but a moment since 1970, in seconds or milliseconds."""
A_DAY, A_YEAR = 86_400, 366 * 86_400
UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
REASONS = (
    "bad|unauthori[sz]ed|forbidden|not|method|request|conflict|gone|too|unprocessable|internal"
    "|service|gateway|client|server|error"
)
STATUS = re.compile(
    rf"^\W{{0,3}}([45]\d\d)(?=$|[:,;-]| -| (?:{REASONS})\b)"
    r"|\b(?:http(?:/\d(?:\.\d)?)?|(?:status|error|response)(?: code)?)\W{1,3}([45]\d\d)\b",
    re.IGNORECASE,
)
WAIT = re.compile(
    r"\b(?:re-?try(?:ing)?[-_ ]?(?:after|in|again in|delay)"
    r"|re-?try (?:\w+ ){1,4}(?:after|in)"
    r"|(?:try|again|wait)(?: again)?(?: in| for| after)?|available(?: again)? (?:in|after)"
    r"|allowed(?: again)? in|cool-?down(?: period)?(?: of)?|back-?off(?: for)?"
    r"|(?:limits?|quota) (?:will (?:be )?)?resets? (?:in|after))"
    r"\W{1,3}"
    r"(?:about |another |at least )?"
    r"(?:((?:\d{1,7}(?:\.\d{1,9})?(?:ms|h|m|s)){2,5})\b"
    r"|(\d{1,7}(?:\.\d{1,9})?|(?<=in )an?(?= (?:minute|hour)))"
    r" ?(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)?\b)"
    r"(?![-:/.]\d| ?(?:days?|weeks?|am|pm)\b"
    r"| ?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    re.IGNORECASE,
)
PART = re.compile(
    r"(\d{1,7}(?:\.\d{1,9})?) ?(milliseconds?|ms|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
    r"(?![a-z])",
    re.IGNORECASE,
)
"""One part of a duration: the `6m` and the `0s` of `6m0s`, as Go and Protocol Buffers write it."""
MORE = re.compile(r",? (?:and )?(\d{1,5}) ?(minutes?|mins?|seconds?|secs?)\b", re.IGNORECASE)
"""What follows on the hours or minutes of a duration in words."""
DATE = re.compile(
    r"\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d)"
    r" GMT\b"
)
ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ASKS = re.compile(
    r"re-?try|try again|again (?:at|after)|available|resets? (?:at|on)", re.IGNORECASE
)


def retry_after(result: Json, error: str, at: datetime) -> float | None:
    """Seconds that the answer asks to wait before the next attempt; None when it does not say."""
    for key, value in named(result):
        if key in MOMENTS and (moment := moment_of(value, at)) is not None:
            return moment
        factor = WAITS.get(key)
        if factor is not None and (found := waited(value, factor, at)) is not None:
            return found
    for text in (error, result if isinstance(result, str) else "", *messages(result)):
        if (found := waited_in(text[:MOST_TEXT], at)) is not None:
            return found
    return None


def waited(value: Json, factor: float, at: datetime) -> float | None:
    """Seconds in the value of a Retry-After: a number, its text, or a date."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        if value >= EPOCH and factor == 1.0:
            return moment_of(value, at)
        return float(value) * factor if 0 <= value < EPOCH else None
    if isinstance(value, Mapping):  # as Protocol Buffers write a duration
        return waited(value.get("seconds"), 1.0, at)
    if not isinstance(value, str):
        return None
    text = value.strip()[:80]
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", text):
        return float(text) * factor
    written = duration(text)
    return until(text, at) if written is None else written


def duration(text: str) -> float | None:
    """Seconds of a duration with units, such as `34.07s`, `20ms` or `1h2m3s`; None for anything
    else.
    """
    text = text.removeprefix("PT")  # as ISO 8601 begins them
    parts = PART.findall(text)
    if not parts or PART.sub("", text).strip():
        return None
    return sum(float(amount) * UNITS[unit(word)] for amount, word in parts)


def waited_in(text: str, at: datetime) -> float | None:
    if found := WAIT.search(text):
        if found[1]:
            return duration(found[1])
        amount = 1.0 if found[2][0] in "aA" else float(found[2])
        seconds = amount * UNITS[unit(found[3] or "s")]
        more = MORE.match(text, found.end()) if found[3] else None
        return seconds + (float(more[1]) * UNITS[unit(more[2])] if more else 0.0)
    return until(text, at) if ASKS.search(text) else None


def unit(word: str) -> str:
    lowered = word.lower()
    return "ms" if lowered == "ms" or lowered.startswith("mill") else lowered[0]


def moment_of(value: Json, at: datetime) -> float | None:
    """Seconds to a moment: a date, or a number of seconds or milliseconds since 1970. Of numbers
    only those near to now are moments.
    """
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value.strip()[:20])
    if isinstance(value, str):
        return until(value[:80], at)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < EPOCH:
        return None
    seconds = (value / 1_000 if value >= MILLIS else value) - at.timestamp()
    return max(0.0, seconds) if -A_DAY <= seconds <= A_YEAR else None


def until(text: str, at: datetime) -> float | None:
    """Seconds to the date in a text (as HTTP or ISO 8601 write it), not below zero."""
    when = http_date(text) or iso_date(text)
    return max(0.0, (when - at).total_seconds()) if when else None


def http_date(text: str) -> datetime | None:
    if not (found := DATE.search(text)):
        return None
    day, month, year, hour, minute, second = found.groups()
    return made(int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))


def made(*parts: int) -> datetime | None:
    """The date, None when it does not exist."""
    year, month, day, hour, minute, second = parts
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def iso_date(text: str) -> datetime | None:
    found = ISO.search(text)
    try:
        return datetime.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def status(result: Json, error: str) -> int | None:
    """The HTTP status that a result carries in a field, or that an error names."""
    for key, value in named(result):
        if key in STATUSES and (found := code(value)) is not None:
            return found
    named_in = STATUS.search((error or (result if isinstance(result, str) else ""))[:MOST_TEXT])
    return int(named_in[1] or named_in[2]) if named_in else None


def code(value: Json) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[45]\d\d", value.strip()[:8]):
        value = int(value)
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600
        else None
    )


def messages(result: Json) -> list[str]:
    """Texts in a result that are its message rather than its data."""
    return [
        value[:MOST_TEXT]
        for key, value in named(result)
        if key in MESSAGES and isinstance(value, str)
    ]


def named(value: Json, depth: int = DEPTH) -> Iterator[tuple[str, Json]]:
    """The fields of a result and of the objects in it, names bare: `Retry-After` as retryafter.

    Lists are somebody's data, unless they are named for what went wrong.
    """
    if not isinstance(value, Mapping) or depth == 0:
        return
    for key, each in list(value.items())[:MOST_FIELDS]:
        name = re.sub(r"[^a-z0-9]", "", str(key)[:60].lower())
        yield name, each
        yield from named(each, depth - 1)
        if name in HOLDERS and isinstance(each, list):
            for inner in each[:MOST_FIELDS]:
                yield from named(inner, depth - 1)
