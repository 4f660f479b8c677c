"""Rows of policies become what the rules understand, field for field."""

from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace

import pytest

from policies.from_row import from_row


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    colour: Colour
    most: float | None = None
    seconds: float = 30.0


def row(**other: object) -> SimpleNamespace:
    stored = {"id": 7, "name": "a", "colour": "red", "most": None, "seconds": 1.0, "note": "x"}
    return SimpleNamespace(**stored | other)


def test_each_field_is_read_from_the_column_of_its_name_and_words_become_members() -> None:
    made = from_row(Rule, row())
    assert made == Rule("a", Colour.RED, None, 1.0)
    assert made.colour is Colour.RED


def test_what_is_given_goes_before_the_column_and_needs_none() -> None:
    stored = row()
    del stored.seconds
    assert from_row(Rule, stored, seconds=2.5, name="b") == Rule("b", Colour.RED, None, 2.5)


def test_a_field_without_a_column_is_no_default_but_a_mistake() -> None:
    stored = row()
    del stored.seconds
    with pytest.raises(AttributeError, match="seconds"):
        from_row(Rule, stored)


def test_a_word_that_nobody_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="'blue' is not a valid Colour"):
        from_row(Rule, row(colour="blue"))
