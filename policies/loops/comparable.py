"""Turns arguments and results into what can be compared: canonical text, text without clocks and
ids, words, marks.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any
from zlib import crc32

from console.journal.canonical_json import writer

WORD = re.compile(r"[^\W_]+")
# the same for ASCII, many times as fast: what is no letter or digit becomes a space
PARTED = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
# What differs each time although nothing has changed: moments, epoch numbers, durations, UUIDs,
# digests. One pass, entered at the first letter or digit of a word only, since most of a text is
# neither.
VOLATILE = re.compile(
    r"[0-9a-f](?<!\w\w)(?:"
    r"(?<=\d)(?:\d{3}-\d\d-\d\d[T"
    r" ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{9,}\b|\d*(?:\.\d+)?"
    r" ?(?:(?:seconds?|secs?|ms|minutes?)\b|(?:s|min|h|hours?|days?) ago\b)"
    r"|\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d"
    r"|(?<=\[\d)\d:\d\d:\d\d(?:\.\d+)?(?=\]))"
    r"|[0-9a-f]{7}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|[0-9a-f]{23,}\b)"
)
# the same in a form that only its field's name gives away: the mark of a request, how long it took
PASSING = re.compile(
    r'(\\?"(?:x[-_])?(?:'
    r"(?:request|trace|span|correlation|invocation)[-_]?id|traceparent|trace|etag|nonce"
    r"|(?:took|elapsed|duration|latency|uptime)(?:[-_]?(?:time|ms|millis|secs?|seconds|s))?"
    r"|(?:server|response|query|execution|processing)[-_]?time(?:[-_]?(?:ms|millis|s))?"
    r"|polls|poll[-_]?count"
    r'|timestamp)\\?"\s*:\s*)(?:\\?"[^"\\\s]{0,120}\\?"|-?\d[\d.eE+-]{0,40})',
    re.IGNORECASE,
)
# arguments that mark one request rather than say what is asked for
NONCES = frozenset(
    "nonce idempotencykey clientrequestid clientrequesttoken clienttoken correlationid traceid"
    " spanid traceparent attempt attemptnumber attemptno attempts retry retrycount retrynumber"
    " cachebuster requestedat sentat calledat requesttime".split()
)
# the names of fields are the form of an answer, not what it says
KEY = re.compile(r'"[A-Za-z_]\w*"\s*:')
NOTHING = re.compile(
    r"(?i)\W*(?:null|none|nil|undefined|empty|0|not found|no"
    r" (?:results?|data|match(?:es)?|records?)(?: found)?)?\W*"
)
LONGEST_NOTHING = 80
GAP = re.compile(r"\[\s*\]|\{\s*\}")
SPACE = 1 << 19
# A longer argument is prose, not something picked from a list. Tokens are what spaces part: a path,
# an address, a number or an id is one, however many words stand in it.
SHORT_VALUE, LONG_VALUE = 5, 120
# one line that begins as a path or an address does, and has another separator: a name with spaces
PLACE = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]*://|[~.]{0,2}[/\\]|[a-z]:[/\\])[^\n]*[/\\.][^\n]*")


_written = writer(", ", ": ", default=str)


def canonical(args: Mapping[str, Any] | str) -> str:
    """Arguments as one text that does not depend on their order."""
    if isinstance(args, str):
        return args
    return _written(args)


def without_nonces(args: Mapping[str, Any] | str) -> Mapping[str, Any] | str:
    """Arguments without those that mark one request; all of them when there are no others."""
    if isinstance(args, str):
        return args
    kept = {key: value for key, value in args.items() if not _is_nonce(str(key))}
    return kept or args


def _is_nonce(name: str) -> bool:
    return "".join(letter for letter in name.lower() if letter.isalnum()) in NONCES


def plain(text: str, limit: int) -> str:
    """The beginning of a text with everything that changes by itself struck out."""
    return VOLATILE.sub("#", PASSING.sub(r"\1#", text[:limit]))


def is_nothing(text: str) -> bool:
    """Whether a result is empty: `[]`, `{}`, `null`, `No results found.`"""
    return len(text) <= LONGEST_NOTHING and NOTHING.fullmatch(text) is not None


def has_gap(text: str) -> bool:
    """Whether a list or an object in it is empty, as in `{"page": 9, "found": 12, "items": []}`."""
    return GAP.search(text) is not None


@dataclass(frozen=True, slots=True)
class Marks:
    """A text as numbers below `SPACE`, the same in every process: its words, and its pairs of
    neighbours.

    Pairs say whether a text is new: after some pages of anything most words are known, their
    combinations are not.
    """

    words: frozenset[int]
    pairs: frozenset[int]


def marks(text: str, echo: Set[int] = frozenset()) -> Marks:
    """What a text says.

    The names of JSON fields are its form, and left out; so is `echo`, words it only gives back.
    """
    found = words_in(KEY.sub(" ", text))
    number = {word: crc32(word.encode()) & (SPACE - 1) for word in set(found)}
    row = [mark for mark in map(number.__getitem__, found) if mark not in echo]
    words = frozenset(row)
    return Marks(
        words, frozenset([(one * 31 + two) & (SPACE - 1) for one, two in pairwise(row)]) or words
    )


def words_in(text: str) -> list[str]:
    """The words of a text in small letters, in order."""
    return text.translate(PARTED).split() if text.isascii() else WORD.findall(text.lower())


def digest(text: str) -> bytes:
    """A digest that tells texts of any length apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def values(args: Any) -> Iterator[str]:
    """The scalars of arguments, however deep, as text."""
    if isinstance(args, Mapping):
        for value in args.values():
            yield from values(value)
    elif isinstance(args, (list, tuple)):
        for value in args:
            yield from values(value)
    else:
        yield str(args)


def is_token(value: str) -> bool:
    """Whether a value designates something rather than says something: one token or a few, or a
    path or an address, which may have spaces in it.
    """
    tokens = value.split(maxsplit=SHORT_VALUE)
    if len(tokens) <= 1 or PLACE.fullmatch(value):
        return True
    return len(tokens) <= SHORT_VALUE and len(value) <= LONG_VALUE


def picked(args: Mapping[str, Any] | str) -> frozenset[int] | None:
    """The words of all argument values, None when one of them is prose: prose is composed, not
    picked from a list.
    """
    if isinstance(args, str):
        return None
    found: list[str] = []
    for value in values(args):
        if not is_token(value):
            return None
        found += words_in(value)
    return frozenset(crc32(word.encode()) & (SPACE - 1) for word in found)
