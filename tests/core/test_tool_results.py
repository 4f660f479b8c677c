"""What tools give back, as JSON; and secrets, which never are."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from runs.tools.results import jsonable


class Colour(StrEnum):
    RED = "red"


class Shape(BaseModel):
    side: Decimal
    colour: Colour


@dataclasses.dataclass
class Parcel:
    weight: Decimal
    parts: tuple[Shape, ...]


class Rude:
    def __repr__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (Decimal("19.90"), 19.9),
        (Decimal("12345678901234567.89"), "12345678901234567.89"),
        (float("nan"), "nan"),
        (Decimal("Infinity"), "Infinity"),
        (2**70, 2**70),
        (datetime(2026, 3, 14, 9, 30, tzinfo=UTC), "2026-03-14T09:30:00+00:00"),
        (date(2026, 3, 14), "2026-03-14"),
        (timedelta(minutes=2), 120.0),
        (Colour.RED, "red"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"),
        ({"b", "a"}, ["a", "b"]),
        ({1: "one"}, {"1": "one"}),
        (b"text", "text"),
        (
            Parcel(Decimal("1.5"), (Shape(side=Decimal(2), colour=Colour.RED),)),
            {"weight": 1.5, "parts": [{"side": 2.0, "colour": "red"}]},
        ),
    ],
)
def test_values_become_the_json_a_person_expects(value: Any, expected: Any) -> None:
    assert jsonable(value) == expected


def test_money_keeps_its_digits_in_the_text_that_is_written() -> None:
    assert (
        json.dumps(jsonable({"amount": Decimal("1999999999999.99")}))
        == '{"amount": 1999999999999.99}'
    )


def test_bytes_that_are_no_text_are_marked_and_kept_when_small() -> None:
    kept = jsonable(b"\xff\xfe")
    assert kept["$bytes"] == 2
    assert kept["base64"] == "//4="
    assert "base64" not in jsonable(b"\xff" * 100_000)


@pytest.mark.parametrize("value", [object(), Rude(), (each for each in [1]), lambda: 1, int])
def test_what_is_not_json_is_marked_and_never_an_exception(value: Any) -> None:
    marked = jsonable({"inner": value})["inner"]
    assert marked["why"] == "not JSON"
    json.dumps(marked)


def test_a_value_that_holds_itself_comes_to_an_end() -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    assert "nested too deep" in json.dumps(jsonable(loop))
