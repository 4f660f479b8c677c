"""The cells of a row: what a person types or picks there, and the JSON that it stands for.

Pure. A cell never changes a stored value by showing it: what it could not give back as it was, it
does not show.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from console.json_value import Json

CellChoices = Callable[[], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCell:
    """A text on one line. `key` names it within its row. `size`: short, middle, rest or whole, by
    the room it takes. `standard`: what it holds in a row that nobody filled in.
    """

    looks: ClassVar[str] = "line"
    key: str
    label: str
    size: str = "middle"
    standard: str = ""

    def given(self, typed: str) -> bool:
        """Whether this is more than an empty cell."""
        return bool(typed.strip())

    def shown(self, value: Json) -> str | None:
        """The stored value as it stands in the cell; None when it cannot."""
        fits = isinstance(value, str) and value and value == " ".join(value.splitlines()).strip()
        return str(value) if fits else None

    def read(self, typed: str) -> Json:
        """What was typed, as it is stored. Raises ValueError with what is wrong with it."""
        return typed.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCell(RowCell):
    """A text of any number of lines, kept to its last space. `code`: in a fixed width."""

    looks: ClassVar[str] = "text"
    size: str = "whole"
    code: bool = False

    def given(self, typed: str) -> bool:
        return bool(typed)

    def shown(self, value: Json) -> str | None:
        return value if isinstance(value, str) and value and "\r" not in value else None

    def read(self, typed: str) -> Json:
        return typed.replace("\r\n", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCell(RowCell):
    looks: ClassVar[str] = "number"
    size: str = "short"

    def shown(self, value: Json) -> str | None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return json.dumps(value) if number else None

    def read(self, typed: str) -> Json:
        return number(typed, self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickCell(RowCell):
    """One of what there is. `means`: what choices stand for that are more than their own text."""

    looks: ClassVar[str] = "pick"
    choices: CellChoices
    means: Mapping[str, Json] | None = None

    def stored(self) -> dict[str, Json]:
        return {word: (self.means or {}).get(word, word) for word, _ in self.choices()}

    def shown(self, value: Json) -> str | None:
        found = (
            word
            for word, meant in self.stored().items()
            if type(meant) is type(value) and meant == value
        )
        return next(found, None)

    def read(self, typed: str) -> Json:
        if typed not in (known := self.stored()):
            raise ValueError(f"“{typed}” is no {self.label.lower()} that can be chosen.")
        return known[typed]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesCell(RowCell):
    """Names, separated by spaces or commas."""

    def shown(self, value: Json) -> str | None:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            return None
        line = " ".join(value)
        return line if value and self.read(line) == value else None

    def read(self, typed: str) -> Json:
        return list(typed.replace(",", " ").split())


def number(typed: str, label: str) -> int | float:
    """The number that was typed. Raises ValueError for anything else, and for what is too large to
    be one.
    """
    try:
        found = json.loads(typed)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, int | float) or isinstance(found, bool) or not isfinite(found):
        raise ValueError(f"{label} is a number, such as 3 or 0.25, not “{typed.strip()}”.")
    return found
