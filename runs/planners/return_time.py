"""When a provider that turned a request away says that it may be asked again: in its headers, in a
field of the body, in its words.

Pure. Whoever reads a status and nothing more comes back too soon, and is turned away again.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from console.json_value import Json
from policies.retries import hints

OWN_WORD: Final[Mapping[str, float]] = {
    "retry-after-ms": 0.001,
    "x-ms-retry-after-ms": 0.001,
    "retry-after": 1.0,
}
"""Headers that are an answer to the question, each with the seconds of its unit."""
COUNTER: Final = re.compile(
    r"(?:x-|anthropic-)?ratelimit\w{0,20}-(?:[\w-]{1,40}-)?reset(?:-[\w-]{1,40})?"
)
"""The headers that count down to the reset of a limit: its kind stands at the end with OpenAI and
those who do as it does (`-reset-tokens-minute`), in the middle with Anthropic (`-tokens-reset`),
and nowhere in the IETF's older drafts. Its newer ones have one header for all of it.
"""
ITEM: Final = re.compile(r"\b(t|reset|r|remaining|q|limit) ?= ?(\d{1,15})\b")
EPOCH: Final = 1_000_000_000
"""A larger number is no count of seconds but a moment since 1970."""
MILLIS: Final = 1_000_000_000_000
FORMS: Final = 40
"""Items of a list in a body that are looked through."""


def seconds(headers: Mapping[str, str], body: Json, at: datetime, *, limited: bool) -> float | None:
    """Seconds from `at` until it may be asked again; None when nothing says so.

    The counters of its limits are believed only when it was a limit that turned the request away:
    they stand in every answer, also in those to a provider's own trouble.
    """
    counters = [reset(each, at) for each in (headers, within(body)) if limited]
    told = [own(headers, at), own(within(body), at), in_body(body, at), *counters]
    return next((each for each in told if each is not None), None)


def within(body: Json) -> dict[str, str]:
    """The headers of whoever stands behind a gateway, where its error hands them on."""
    for name in ("error", "metadata", "headers"):
        body = body.get(name) if isinstance(body, Mapping) else None
    told = body if isinstance(body, Mapping) else {}
    return {str(name).lower(): str(value) for name, value in told.items()}


def own(headers: Mapping[str, str], at: datetime) -> float | None:
    for name, factor in OWN_WORD.items():
        value = headers.get(name)
        if value is not None and (found := until(value, at, factor)) is not None:
            return found
    return None


def in_body(body: Json, at: datetime) -> float | None:
    """A field or the words of the body, also of what stands in a list there, as Google's details
    do.
    """
    found = [hints.retry_after(each, "", at) for each in parts(body)]
    return next((each for each in found if each is not None), None)


def parts(body: Json) -> Iterator[Json]:
    """The body, and each object in the lists of its error."""
    if isinstance(body, list):
        for each in body[:FORMS]:
            yield from parts(each)
        return
    inner = body.get("error") if isinstance(body, Mapping) else None
    for holder in (inner, body):
        details = holder.get("details") if isinstance(holder, Mapping) else None
        if isinstance(details, list):
            yield from details[:FORMS]
    yield body


def reset(headers: Mapping[str, str], at: datetime) -> float | None:
    """How many seconds until the limit is reset of which the smallest share is left; of several
    limits the longest.
    """
    counters = [*counted(headers, at), *drafted(headers.get("ratelimit", ""))]
    if not counters:
        return None
    least = min(share for share, _ in counters)
    return max(wait for share, wait in counters if share == least)


def counted(headers: Mapping[str, str], at: datetime) -> Iterator[tuple[float, float]]:
    """The share that is left and the seconds to the reset, of each limit that has headers."""
    for name, value in headers.items():
        found = COUNTER.fullmatch(name.lower())
        if found and (wait := until(value.strip(), at)) is not None:
            left, whole = (
                headers.get(name.lower().replace("reset", word), "").strip()
                for word in ("remaining", "limit")
            )
            yield share(left, whole), wait


def drafted(value: str) -> Iterator[tuple[float, float]]:
    """Shares and seconds in the IETF's one header: `"minute";r=0;t=30`, or, in one of its drafts,
    `limit=9, remaining=0, reset=30`.
    """
    several = value.split(",") if ";" in value else [value]
    for each in several:
        items = {name[0]: text for name, text in ITEM.findall(each.lower().replace("reset", "t"))}
        if "t" in items:
            yield share(items.get("r", ""), items.get("q", items.get("l", ""))), float(items["t"])


def share(remaining: str, limit: str) -> float:
    """What is left of a limit; where nobody says, nothing."""
    left, whole = number(remaining), number(limit)
    if left is None:
        return 0.0
    return left / whole if whole else left


def number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII) else None


def until(value: str, at: datetime, factor: float = 1.0) -> float | None:
    """What a header says of when: in units of `factor` seconds, as a duration, a date, or a moment
    since 1970 in seconds or milliseconds.
    """
    moment = number(value.strip())
    if moment is not None and moment >= EPOCH:
        moment = moment / 1_000 if moment >= MILLIS else moment
        return max(0.0, moment - at.timestamp())
    return hints.waited(value, factor, at) if value else None
