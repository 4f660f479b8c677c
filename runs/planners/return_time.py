"""When a provider that turned a request away says that it may be asked again: in its headers, in a
field of the body, in its words.

Pure. Whoever reads a status and nothing more comes back too soon, and is turned away again.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from console.json_value import Json
from policies.retries import hints

OWN_WORD: Final[Mapping[str, float]] = {
    "retry-after-ms": 0.001,
    "x-ms-retry-after-ms": 0.001,
    "retry-after": 1.0,
}
"""Headers that are an answer to the question, each with the seconds of its unit."""
LIMITS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("x-ratelimit-", ("-requests", "-tokens", "")),
    ("anthropic-ratelimit-", ("-requests", "-tokens", "-input-tokens", "-output-tokens")),
    ("ratelimit-", ("",)),
)
"""Whose headers count down to the reset of a limit: OpenAI's and those who do as it does (the kind
at the end), Anthropic's (the kind in the middle), the IETF's draft.
"""
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
    told = [own(headers, at), in_body(body, at), reset(headers, at) if limited else None]
    return next((each for each in told if each is not None), None)


def own(headers: Mapping[str, str], at: datetime) -> float | None:
    for name, factor in OWN_WORD.items():
        value = headers.get(name)
        if value is not None and (found := hints.waited(value, factor, at)) is not None:
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
    counters = [each for maker, kinds in LIMITS for each in counted(headers, maker, kinds, at)]
    if not counters:
        return None
    least = min(share for share, _ in counters)
    return max(wait for share, wait in counters if share == least)


def counted(
    headers: Mapping[str, str], maker: str, kinds: tuple[str, ...], at: datetime
) -> Iterator[tuple[float, float]]:
    """The share that is left and the seconds to the reset, of each limit that this maker names."""
    for kind in kinds:

        def header(what: str, kind: str = kind) -> str:
            middle = maker.startswith("anthropic")
            name = f"{maker}{kind[1:]}-{what}" if middle else f"{maker}{what}{kind}"
            return headers.get(name, "").strip()

        wait = until(header("reset"), at)
        if wait is not None:
            yield share(header("remaining"), header("limit")), wait


def share(remaining: str, limit: str) -> float:
    """What is left of a limit; where nobody says, nothing."""
    left, whole = number(remaining), number(limit)
    if left is None:
        return 0.0
    return left / whole if whole else left


def number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII) else None


def until(value: str, at: datetime) -> float | None:
    """A reset's value: seconds, a duration, a date, or a moment since 1970 in seconds or
    milliseconds.
    """
    moment = number(value)
    if moment is not None and moment >= EPOCH:
        moment = moment / 1_000 if moment >= MILLIS else moment
        return max(0.0, (datetime.fromtimestamp(moment, UTC) - at).total_seconds())
    return hints.waited(value, 1.0, at) if value else None
