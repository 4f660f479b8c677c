"""The values that fields take, each read into the one form in which it is kept and written.
Pure.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from runs.language import moments, query_terms
from runs.language.query_fields import QueryField, Shape

SHORTEST_ID = 4
_NUMBER = re.compile(r"\$?(\d{1,12}(?:\.\d{1,9})?)([km]?)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)%?", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
TIMES = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(eq=False)
class BadValue(ValueError):
    """A value that its field does not take: why, and what may stand there instead."""

    sentence: str
    instead: str = ""


def kept(field: QueryField, said: str) -> str:
    """The value as it is kept and written. Raises BadValue, or NoMoment for a time that is none."""
    match field.shape:
        case Shape.CLOSED:
            return closed(field, said)
        case Shape.NUMBER:
            return number(field, said)
        case Shape.PERCENT:
            return percent(said)
        case Shape.SPAN:
            return span(said)
        case Shape.MOMENT:
            return str(moments.asked(said))
        case Shape.ID:
            return beginning(said)
        case Shape.OPEN:
            return said
    raise ValueError(field.shape)


def closed(field: QueryField, said: str) -> str:
    word = said.lower()
    for each in (word, word.replace("-", "_"), re.sub(r"[\s_]", "-", word)):
        if each in field.values:
            return each
    near = next(iter(get_close_matches(word, field.values, 1, 0.6)), "")
    hint = f" Did you mean {near}?" if near else f" It takes {', '.join(field.values)}."
    raise BadValue(f"there is no {field.name} {said}.{hint}", near)


def number(field: QueryField, said: str) -> str:
    found = _NUMBER.fullmatch(said.lower().replace("_", ""))
    if not found:
        raise BadValue(f"{field.name} is compared with a number, as in {field.example}.")
    return plain(Decimal(found[1]) * TIMES[found[2]])


def plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text.lstrip("0") or "0"


def percent(said: str) -> str:
    found = _PERCENT.fullmatch(said)
    if not found:
        raise BadValue("limit is compared with a part of it, as in limit>80%.")
    return f"{plain(Decimal(found[1]))}%"


def span(said: str) -> str:
    try:
        return query_terms.span_text(query_terms.span_read(said))
    except ValueError as bad:
        raise BadValue("A span of time is like 30s, 5m, 1h30m or 7d.") from bad


def beginning(said: str) -> str:
    """The first digits of an id, without its dashes."""
    digits = said.lower().replace("-", "")
    if not _HEX.fullmatch(digits):
        raise BadValue("An id is made of the digits 0-9 and a-f.")
    if len(digits) < SHORTEST_ID:
        raise BadValue(f"At least {SHORTEST_ID} characters of an id are needed.")
    return digits
