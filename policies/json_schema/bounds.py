"""Values that no schema is asked about: too large or too deep, numbers JSON does not have, text no
database takes. Iterative.
"""

import math
from collections.abc import Mapping
from decimal import Decimal

from console.json_value import Json
from policies.json_schema.problem import Path

MOST_VALUES = 20_000
MOST_CHARACTERS = 2_000_000
DEEPEST = 32
LARGEST_BITS = 1_024
TOO_LARGE = "are too large to be checked"
NAME = "(a field's name)"


def flaw(
    value: Json, *, values: int = MOST_VALUES, characters: int = MOST_CHARACTERS
) -> tuple[Path, str] | None:
    """The first flaw, with its path and what is wrong: `must be a finite number, not nan`. None
    when there is none.
    """
    open_: list[tuple[Path, Json]] = [((), value)]
    while open_:
        path, here = open_.pop()
        values -= 1
        if isinstance(here, Mapping | list | tuple):
            if len(path) > DEEPEST:
                return path[:3], f"is nested more than {DEEPEST} deep"
            if len(here) + len(open_) > values:
                return (), TOO_LARGE
            if isinstance(here, Mapping):
                characters -= sum(map(len, map(str, here)))
                if wrong := next(filter(None, (_of_text(str(key)) for key in here)), ""):
                    return (*path, NAME), wrong
            open_ += _within(path, here)
        elif isinstance(here, str):
            characters -= len(here)
        if wrong := _of_scalar(here):
            return path, wrong
        if characters < 0:
            return (), TOO_LARGE
    return None


def _within(path: Path, here: Json) -> list[tuple[Path, Json]]:
    """The entries of a container, the last first."""
    if isinstance(here, Mapping):
        return [((*path, str(key)), each) for key, each in reversed(list(here.items()))]
    return [((*path, index), here[index]) for index in range(len(here) - 1, -1, -1)]


def _of_scalar(value: Json) -> str:
    return _of_text(value) if isinstance(value, str) else _of_number(value)


def _of_text(text: str) -> str:
    if text.isascii():
        return "holds a NUL character" if "\x00" in text else ""
    if "\x00" in text:
        return "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which is not text"
    return ""


def _of_number(value: Json) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be a finite number, not {value}"
    if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
        return "has more digits than a number may have"
    if isinstance(value, Decimal) and (not value.is_finite() or not -400 < value.adjusted() < 400):
        return f"must be a finite number of a common size, not {str(value)[:40]}"
    return ""
