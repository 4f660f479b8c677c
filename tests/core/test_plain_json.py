"""A JSON value as a person reads it: nothing of it is lost, and what is short comes first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import plain_json

ORDER = {
    "address": "2 Cooper's Lane, Falmouth, ME 04105",
    "customer": {"name": "Quentin Moreau"},
    "lines": [{"name": "Clip light", "price": 93.0}, {"name": "Postage", "price": 12.5}],
    "refunded": 0,
    "total": 118.0,
}


def test_a_line_begins_with_what_is_short() -> None:
    line = plain_json.in_line(ORDER, 90)
    assert line.startswith("refunded: 0 · total: 118.0 · customer: name: Quentin Moreau")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ([], "none"),
        ({}, "none"),
        ([{"slug": "damage"}], "slug: damage"),
        (["a", "b"], "2, the first: a"),
        ("as it\nis", "as it is"),
        (False, "false"),
    ],
)
def test_a_line_says_how_many_and_the_first(value: Any, line: str) -> None:
    assert plain_json.in_line(value, 90) == line


def test_in_full_each_value_has_a_line_under_its_name() -> None:
    assert plain_json.in_full(ORDER) == (
        "address: 2 Cooper's Lane, Falmouth, ME 04105\n"
        "customer:\n  name: Quentin Moreau\n"
        "lines:\n  - name: Clip light\n    price: 93.0\n  - name: Postage\n    price: 12.5\n"
        "refunded: 0\n"
        "total: 118.0"
    )


def test_a_text_of_several_lines_keeps_them() -> None:
    assert plain_json.in_full({"body": "first\nsecond", "topic": "damage"}) == (
        "body:\n  first\n  second\ntopic: damage"
    )


def test_what_is_empty_is_said_and_no_number_is() -> None:
    assert plain_json.in_full({"refunds": [], "paid": 0}) == "refunds: none\npaid: 0"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.integers(0, 30))
def test_every_number_stands_in_full_however_deep_it_lies(value: Any, depth: int) -> None:
    held: Any = {"value": value, "number": 271828}
    for _ in range(depth):
        held = [held]
    assert "271828" in plain_json.in_full(held)
    assert "\n" not in plain_json.in_line(held, 90)
