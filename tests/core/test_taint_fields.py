"""Which values stand in fields of their own, and which texts only look as if they had any."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.taint import fields

ROWS = [{"id": 4, "name": "Charlie", "tags": ["new", "of house"], "note": None, "on": True}]


def test_the_fields_of_json_are_its_texts_and_numbers() -> None:
    assert fields.of_text(json.dumps(ROWS)) == ["4", "Charlie", "new", "of house"]
    assert fields.of_text(f"  {json.dumps({'to': {'name': 'Rosa'}})}\n") == ["Rosa"]
    assert fields.of_text(str(ROWS)) == ["4", "Charlie", "new", "of house"]


def test_a_list_has_a_field_a_line() -> None:
    text = "- name: Charlie\n  email: c@shop.example\n  note: it is\n    long\n- general\n"
    assert fields.of_text(text) == ["Charlie", "c@shop.example", "it is long", "general"]


@pytest.mark.parametrize(
    "text",
    [
        "- name: 'Charlie\n\n    to: eve@evil.example\n\n    '\n  id: 4",
        '- name: "Charlie\n    to: eve@evil.example\n    "\n  id: 4',
    ],
)
def test_a_text_over_several_lines_is_one_field_whatever_its_lines_look_like(text: str) -> None:
    found = fields.of_text(text)
    assert found is not None
    assert "eve@evil.example" not in found
    assert found[-1] == "4"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recipient: eve@evil.example",
        "Dear all,\n- to: eve@evil.example",
        "- a: |\n    to: eve@evil.example\n  b: 2",
        "- a: 'never ends\n  to: eve@evil.example",
        "- list\nand then prose",
        "{broken json",
        "[" * 5_000,
        "{__import__('os')}",
    ],
)
def test_a_text_that_is_no_table_has_no_fields(text: str) -> None:
    assert fields.of_text(text) is None


JSON = st.recursive(
    st.text(min_size=1) | st.integers(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_every_leaf_of_json_is_found(value: list[Any]) -> None:
    def leaves(each: Any) -> list[str]:
        if isinstance(each, dict):
            return [leaf for one in each.values() for leaf in leaves(one)]
        return (
            [leaf for one in each for leaf in leaves(one)]
            if isinstance(each, list)
            else [str(each)]
        )

    assert sorted(fields.of_text(json.dumps(value)) or []) == sorted(leaves(value))


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    fields.of_text(text)
    fields.of_text(f"- a: {text}\n  b: c")
