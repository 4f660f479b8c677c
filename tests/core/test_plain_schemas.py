"""The short way to valid arguments: it may say yes only where the validator does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runs.tools.plain_schemas import plain

KINDS = st.sampled_from(
    ["string", "integer", "number", "boolean", "null", "array", "object", ["string", "null"]]
)
NAMES = st.sampled_from(["a", "b", "c"])
FIELDS = st.fixed_dictionaries(
    {"type": KINDS},
    optional={"description": st.just("words"), "minimum": st.just(3), "enum": st.just([1, "x"])},
)
SCHEMAS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["object", "object", "array"]),
        "properties": st.dictionaries(NAMES, FIELDS, max_size=3),
    },
    optional={
        "required": st.lists(NAMES, unique=True, max_size=2),
        "additionalProperties": st.booleans(),
        "minProperties": st.just(2),
        "title": st.just("t"),
    },
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-5, 5),
    st.sampled_from(["", "x"]),
    st.just([]),
    st.just({}),
)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES, max_size=4)


@given(SCHEMAS, ARGUMENTS)
def test_it_says_yes_only_where_the_validator_does(
    schema: dict[str, Any], args: dict[str, Any]
) -> None:
    short = plain(schema)
    if short is not None and short.fits(args):
        assert Draft202012Validator(schema).is_valid(args)


@pytest.mark.parametrize(
    ("args", "fits"),
    [
        ({"n": 1, "who": "anna"}, True),
        ({"n": 1}, True),
        ({"who": "anna"}, False),
        ({"n": True}, False),
        ({"n": 1.5}, False),
        ({"n": 1, "more": 2}, False),
    ],
)
def test_what_most_tools_take_is_seen_at_once(args: dict[str, Any], fits: bool) -> None:
    schema = {
        "type": "object",
        "title": "Refund",
        "properties": {
            "n": {"type": "integer", "title": "N"},
            "who": {"type": "string", "default": ""},
        },
        "required": ["n"],
        "additionalProperties": False,
    }
    short = plain(schema)
    assert short is not None
    assert short.fits(args) is fits
