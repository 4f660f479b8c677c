"""A query as its terms, and the text of each: `text_of` is what the box, the address and a saved
view hold. Pure.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

LOOKS_LIKE_A_FIELD = re.compile(r"[A-Za-z][\w-]*(?::|[<>]=?)", re.ASCII)
LONGEST_SPAN = 100 * 365 * 86_400
_SPAN = re.compile(r"(?:\d{1,6}[wdhms])+", re.ASCII)
UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `name` is a field's, empty for free text; `relation` is `:` or a comparison;
    any of `values` is enough. `start` and `end` are its place in what was typed.

    A number's value is plain digits, a span's its longest units, percent ends in `%`.
    """

    name: str
    values: tuple[str, ...]
    relation: str = ":"
    negative: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def value(self) -> str:
        return self.values[0]

    @property
    def number(self) -> Decimal:
        """What a number or a part in percent is compared with."""
        return Decimal(self.value.removesuffix("%"))

    @property
    def span(self) -> timedelta:
        """What a span of time is compared with."""
        return timedelta(seconds=seconds_of(self.value))


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that all have to hold, in the order in which they were typed; none is everything."""

    terms: tuple[Term, ...] = ()

    def without(self, term: Term) -> "Query":
        return Query(tuple(each for each in self.terms if each is not term))

    def named(self, *names: str) -> "list[Term]":
        return [term for term in self.terms if term.name in names]

    @property
    def free(self) -> "list[Term]":
        """The terms that are free text."""
        return self.named("")


def seconds_of(span: str) -> int:
    return sum(int(digits) * UNITS[unit] for digits, unit in re.findall(r"(\d+)([wdhms])", span))


def span_read(text: str) -> int:
    """The seconds of a span that somebody typed. Raises ValueError for what is none, or is longer
    than a hundred years.
    """
    said = text.strip().lower()
    if not _SPAN.fullmatch(said) or seconds_of(said) > LONGEST_SPAN:
        raise ValueError(text)
    return seconds_of(said)


def span_text(seconds: int) -> str:
    """`90` is `1m30s`; nothing is `0s`."""
    found, rest = [], seconds
    for unit, size in UNITS.items():
        whole, rest = divmod(rest, size)
        if whole:
            found.append(f"{whole}{unit}")
    return "".join(found) or "0s"


def text_of(query: Query) -> str:
    """The query as one line, which reads as the same query."""
    return " ".join(map(term_text, query.terms))


def term_text(term: Term) -> str:
    said = (
        free_text(term.value)
        if not term.name
        else f"{term.name}{term.relation}{','.join(map(listed_text, term.values))}"
    )
    return f"-{said}" if term.negative else said


def free_text(value: str) -> str:
    bare = not (value.startswith("-") or '"' in value or LOOKS_LIKE_A_FIELD.match(value))
    return value if bare and not any(map(str.isspace, value)) and value else quoted(value)


def listed_text(value: str) -> str:
    """A value in a list: bare when neither space, comma nor quote is in it."""
    bare = value and not any(char in ',"' or char.isspace() for char in value)
    return value if bare else quoted(value)


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
