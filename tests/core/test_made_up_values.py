"""Values made up from a schema fit it, whatever the tool."""

from typing import Any

import pytest

from runs.tools import arguments, made_up_values, registry

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]},
    {
        "type": "object",
        "properties": {"n": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}},
        "required": [],
    },
    {
        "type": "object",
        "properties": {"to": {"type": "string", "format": "email", "maxLength": 254}},
        "required": ["to"],
    },
    {
        "type": "object",
        "properties": {"who": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Who"}]}},
        "required": ["who"],
        "$defs": {"Who": {"type": "string", "minLength": 12, "maxLength": 14}},
    },
    {
        "type": "object",
        "properties": {
            "kind": {"enum": ["late", "lost"]},
            "lines": {"type": "array", "minItems": 2, "items": {"type": "boolean"}},
        },
        "required": ["kind", "lines"],
    },
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_made_up_value_fits_its_schema(schema: dict[str, Any]) -> None:
    assert arguments.problems(schema, made_up_values.value(schema)) == []


def test_every_tool_of_the_demo_can_be_called_with_made_up_arguments() -> None:
    wrong = {
        name: arguments.problems(each.spec.schema, made_up_values.value(each.spec.schema))
        for name, each in registry.discover().items()
        if each.function.__module__.startswith("runs.demo")
    }
    assert len(wrong) > 20
    assert {name: found for name, found in wrong.items() if found} == {}


def test_what_is_wanted_stands_in_its_place_within_the_bounds_of_the_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "amount": {"type": "number", "maximum": 100},
            "to": {"type": "string"},
            "note": {"type": "string"},
        },
        "required": ["amount"],
    }
    made = made_up_values.value(schema, {"amount": 4_900, "to": "thief@example.org"})
    assert made == {"amount": 100, "to": "thief@example.org"}
