"""Tools' schemas as every provider takes them: what is good stays as it is, what a provider is
known to refuse does not go out, and nothing at all can break it.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from console.json_value import Json
from policies.json_schema.portable_schema import NOT_ON_TOP, portable

KEYWORDS = st.sampled_from(
    "type properties items required enum pattern anyOf allOf oneOf not $ref description format"
    " additionalProperties default minimum $defs patternProperties const nullable".split()
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(
        ["object", "string", "int", "#/$defs/x", "https://x.example/s.json", r"^\p{L}+$", "x", ""]
    )
)
ANY: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=14,
)
ORDINARY: dict[str, Json] = {
    "type": "object",
    "description": "Pay it back",
    "properties": {
        "order_id": {"type": "integer", "minimum": 1},
        "reason": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]},
        "how": {"enum": ["card", "voucher"], "default": "card"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        "type": {"type": ["string", "null"]},
    },
    "required": ["order_id", "how"],
    "additionalProperties": False,
    "$defs": {"Line": {"type": "object", "properties": {"n": {"type": "number"}}}},
}


def test_an_ordinary_schema_goes_out_as_it_is() -> None:
    assert portable(ORDINARY) == ORDINARY


@given(st.dictionaries(KEYWORDS, ANY, max_size=5))
def test_whatever_a_tool_says_an_object_with_properties_goes_out(schema: dict[str, Any]) -> None:
    sent = portable(schema)
    assert sent["type"] == "object"
    assert isinstance(sent["properties"], dict)
    assert not set(NOT_ON_TOP) & sent.keys()
    assert "$ref" not in sent
    assert portable(sent) == sent


WELL_FORMED: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "int", "array", "object", "any"])}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.text("ab"), inner)},
        optional={"anyOf": st.lists(inner), "required": st.lists(st.text("ab"), unique=True)},
    ),
    max_leaves=10,
)


@given(WELL_FORMED)
def test_what_goes_out_is_json_schema_even_when_the_tools_was_not_quite(schema: Any) -> None:
    Draft202012Validator.check_schema(portable(schema))


@pytest.mark.parametrize(
    ("given_type", "sent"),
    [
        ("int", "integer"),
        ("Float", "number"),
        ("str", "string"),
        ("bool", "boolean"),
        ("dict", "object"),
        (["int", "none", "any"], ["integer", "null"]),
        ("any", None),
        (None, None),
        ([], None),
        (7, None),
    ],
)
def test_types_go_out_by_their_right_names_or_not_at_all(given_type: Any, sent: Any) -> None:
    assert field({"type": given_type}) == ({} if sent is None else {"type": sent})


def field(schema: Any) -> Any:
    properties = portable({"type": "object", "properties": {"x": schema}})["properties"]
    assert isinstance(properties, dict)
    return properties["x"]


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string", "pattern": r"^[\p{L}\p{N}_ .()-]+$"}, {"type": "string"}),
        ({"type": "string", "pattern": "(?i)yes"}, {"type": "string"}),
        ({"type": "string", "pattern": "^a(?!b)"}, {"type": "string"}),
        ({"type": "string", "pattern": 5}, {"type": "string"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "array", "items": [{"type": "string"}]}, {"type": "array", "items": {}}),
        ({"$ref": "https://schemas.example/x.json"}, {}),
        ({"enum": []}, {}),
        (True, {}),
        (None, {}),
        ({"type": "object", "properties": None}, {"type": "object", "properties": {}}),
        ({"anyOf": []}, {}),
        ({"required": "x", "description": 5}, {}),
        ({"additionalProperties": "no"}, {}),
        ({"minimum": "three", "maximum": 5, "multipleOf": 0, "maxLength": -1}, {"maximum": 5}),
        ({"uniqueItems": "yes", "minItems": True, "format": 7}, {}),
    ],
)
def test_what_providers_are_known_to_refuse_is_said_more_loosely(schema: Any, sent: Any) -> None:
    assert field(schema) == sent


@pytest.mark.parametrize("word", ["anyOf", "oneOf", "allOf"])
def test_ways_to_put_the_arguments_become_their_fields(word: str) -> None:
    ways: list[Json] = [
        {"properties": {"id": {"type": "integer"}}, "required": ["id"]},
        {"properties": {"name": {"type": "string"}}},
    ]
    sent = portable({word: ways, "properties": {"limit": {"type": "int"}}, "required": ["gone"]})
    assert sent == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "limit": {"type": "integer"},
        },
    }


def test_a_schema_that_only_names_a_definition_is_that_definition() -> None:
    defined: dict[str, Json] = {"type": "object", "properties": {"id": {"type": "integer"}}}
    sent = portable({"$ref": "#/$defs/Args", "$defs": {"Args": defined}})
    assert sent["properties"] == {"id": {"type": "integer"}}


def test_a_schema_without_an_end_has_one() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(200):
        deep = {"type": "object", "properties": {"x": deep}}
    assert str(portable(deep)).count("properties") < 40
