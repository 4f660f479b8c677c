"""The search terms for an argument's value: the forms that show it was copied, and those that prove
a person said it. Pure.
"""

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from policies.taint.normal_form import NUMBER, decoded, numbers, readings_of, spaced, worded

SHORTEST = 4
# characters of a value that may be looked for across separators; with digits in it, six
COMPACT_FROM = 8
LONGEST_PHRASE = 300
LARGEST = 10**30
SMALL = 100  # whole numbers below are everywhere
COMMON = frozenset(
    "true false null none yes high medium low open closed other unknown default standard"
    " normal".split()
)

EMAIL = re.compile(r"[a-z0-9._%+'-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
LINK = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>|\\^`{}]{1,2000}|www\.[^\s\"'<>|\\^`{}]{1,2000}"
)
ACCOUNT = re.compile(r"(?<![a-z0-9])(?:[a-z]{2}\d{2}[ -]?)?\d(?:[ .-]?[a-z0-9]){7,33}(?![a-z0-9])")
DOMAIN = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
MONEY = re.compile(
    r"\s*+(?:[a-z]{3}\s?|[$€£¥])?\s*+-?(\d[\d.,'"
    r" ]{0,40}+)\s*+(?:[a-z]{3}|[$€£¥]|dollars|euros)?\s*+"
)
LONGEST_MONEY = 200
SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}://(?:www\.)?|www\.")
MOST_PATTERNS = 2_000


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """`phrases` are looked for among words, `compact` across separators; `together` counts when all
    its parts are there.

    `literal` and `account` are for trust, which is strict: the address as it is, the account's
    digits and letters.
    """

    phrases: tuple[str, ...] = ()
    compact: str = ""
    together: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    literal: str = ""
    account: str = ""


class TooMuchToSearch(Exception):
    """So many values in so long a history that the answer would take too long. The text says so,
    without a full stop.
    """


def patterns(value: object) -> list[SearchTerms]:
    """What to look for: the value itself, or the addresses, links and accounts within longer prose.

    Empty: too common to carry anything.

    Raises TooMuchToSearch.
    """
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int | float | Decimal):
        return _number(frozenset(numbers(plain_number(value))))
    plain = decoded(str(value)).strip()
    if (found := _money(plain)) is not None:
        return found
    inside = [_address(text) for text in few(EMAIL, plain)] + [
        _link(text) for text in few(LINK, plain)
    ]
    if len(plain) > LONGEST_PHRASE or (inside and not _whole(plain)):
        inside += [
            _phrase(text)
            for text in few(ACCOUNT, plain)
            if sum(map(str.isdigit, text)) >= COMPACT_FROM
        ]
    if inside and _whole(plain):
        return inside
    return inside + ([_phrase(plain)] if _telling(plain) else [])


def few(pattern: re.Pattern[str], plain: str) -> list[str]:
    """The terms, unless there are more than can be searched for. Raises TooMuchToSearch."""
    found = [match[0] for match in islice(pattern.finditer(plain), MOST_PATTERNS + 1)]
    if len(found) > MOST_PATTERNS:
        raise TooMuchToSearch(
            f"a value with more than {MOST_PATTERNS:,} addresses or numbers is too much to look for"
        )
    return found


def said(value: object) -> list[SearchTerms]:
    """The terms for asking whether somebody said the value; here even the most common
    value counts.
    """
    if value is None or isinstance(value, bool) or value == "":
        return []
    return patterns(value) or [_exactly(value)]


def addresses(plain: str) -> set[str]:
    """Every e-mail address and link in a decoded text."""
    return set(EMAIL.findall(plain)) | {_bare(text) for text in LINK.findall(plain)}


def amounts(text: str) -> bool:
    """Whether the text is nothing but a number or an amount of money."""
    plain = decoded(text).strip()
    return MONEY.fullmatch(plain) is not None if len(plain) <= LONGEST_MONEY else False


def plain_number(value: float | Decimal) -> str:
    """A number without exponent, as texts write it; empty for a value that no text would write."""
    if not isinstance(value, int) and not math.isfinite(value):
        return ""
    if not -LARGEST < value < LARGEST:
        return ""
    return str(value) if isinstance(value, int) else f"{Decimal(str(value)):f}"


def _exactly(value: object) -> SearchTerms:
    plain = decoded(
        plain_number(value) if isinstance(value, int | float | Decimal) else str(value)
    ).strip()
    found = NUMBER.fullmatch(plain.lstrip("-+"))
    return (
        SearchTerms(numbers=frozenset(readings_of(found[0])))
        if found
        else SearchTerms(phrases=(worded(plain),), literal=_literal(plain))
    )


def _number(readings: frozenset[str]) -> list[SearchTerms]:
    small = all("." not in reading and int(reading) < SMALL for reading in readings)
    return [] if small else [SearchTerms(numbers=readings)]


def _money(plain: str) -> list[SearchTerms] | None:
    """An amount or number written as text; None for anything else."""
    found = MONEY.fullmatch(plain) if len(plain) <= LONGEST_MONEY else None
    if found is None:
        return None
    digits = found[1].replace(" ", "").rstrip(".,'")
    readings = frozenset(readings_of(digits)) if NUMBER.fullmatch(digits) else frozenset()
    if not readings:
        return None
    long = (
        sum(map(str.isdigit, digits)) >= COMPACT_FROM - 2
        and "." not in digits
        and "," not in digits
    )
    return [replace(_phrase(plain), numbers=readings)] if long else _number(readings)


def _whole(plain: str) -> bool:
    return EMAIL.fullmatch(plain) is not None or LINK.fullmatch(plain) is not None


def _telling(plain: str) -> bool:
    compact = worded(plain).replace(" ", "")
    return len(compact) >= SHORTEST and len(plain) <= LONGEST_PHRASE and plain not in COMMON


def _address(plain: str) -> SearchTerms:
    """The terms of an address: also as `anna at example dot com`, and as name and domain in two
    places.
    """
    name, _, domain = plain.partition("@")
    spelled = f"{name} at {domain.replace('.', ' dot ')}"
    phrases = (worded(plain), worded(spelled), worded(f"{name} at {domain}"))
    return SearchTerms(
        phrases, _compact(plain), (worded(name), worded(domain)), literal=spaced(plain)
    )


def _link(plain: str) -> SearchTerms:
    """The terms of a link: also its host alone, since what follows may be what somebody wants to
    carry out.
    """
    bare = _bare(plain)
    host = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return SearchTerms((worded(bare), worded(host)), _compact(bare), literal=spaced(bare))


def _bare(plain: str) -> str:
    return SCHEME.sub("", plain, count=1).rstrip("/.,;:!?)")


def _phrase(plain: str) -> SearchTerms:
    digits = sum(map(str.isdigit, plain))
    account = (
        worded(plain).replace(" ", "") if digits >= COMPACT_FROM - 2 and not _sharp(plain) else ""
    )
    return SearchTerms((worded(plain),), _compact(plain), literal=_literal(plain), account=account)


def _compact(plain: str) -> str:
    joined = worded(plain).replace(" ", "")
    enough = COMPACT_FROM - 2 if any(map(str.isdigit, joined)) else COMPACT_FROM
    return joined if len(joined) >= enough else ""


def _literal(plain: str) -> str:
    return spaced(plain) if _sharp(plain) else ""


def _sharp(plain: str) -> bool:
    """Whether it is an address of some kind: its dots and signs are part of it, and a similar one
    is another.
    """
    return any(sign in plain for sign in "@/") or DOMAIN.fullmatch(plain) is not None
