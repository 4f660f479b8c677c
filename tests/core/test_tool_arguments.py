"""What is said of a planner's arguments, one row a mistake: a person and a model must both
understand it.
"""

import json
from typing import Any

import pytest

from runs.tools import arguments
from runs.tools.arguments import problems

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["order", "amount"],
    "properties": {
        "order": {"type": "integer", "minimum": 1},
        "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 500},
        "to": {"type": "string", "format": "email", "maxLength": 30},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "kind": {"enum": ["standard", "express"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string"}},
            },
        },
    },
}
GOOD = {"order": 1, "amount": 2.5}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"amount": 2}, "order is missing"),
        ({**GOOD, "order": "1042"}, "order must be a whole number, not text “1042”"),
        ({**GOOD, "order": True}, "order must be a whole number, not true or false"),
        ({**GOOD, "order": 1.5}, "order must be a whole number, not a number “1.5”"),
        ({**GOOD, "order": 0}, "order must be at least 1, not “0”"),
        ({**GOOD, "amount": 0}, "amount must be more than 0, not “0”"),
        ({**GOOD, "amount": 501}, "amount must be at most 500, not “501”"),
        ({**GOOD, "amount": None}, "amount must be a number, not null"),
        (
            {**GOOD, "colour": "red"},
            "colour is not a known field; it takes amount, day, kind, lines, note, order, to, when",
        ),
        ({**GOOD, "to": "nobody"}, "to must be an e-mail address, not text “nobody”"),
        ({**GOOD, "to": "a@" + "b" * 40}, "to must have at most 30 characters, and has 42"),
        (
            {**GOOD, "when": "tomorrow"},
            (
                "when must be a date and time with its offset, such as 2026-03-14T09:30:00Z, not"
                " text “tomorrow”"
            ),
        ),
        ({**GOOD, "when": "2026-03-14T09:30:00"}, "when must be a date and time with its offset"),
        ({**GOOD, "when": "2026-13-14T09:30:00Z"}, "when must be a date and time with its offset"),
        ({**GOOD, "day": "20260314"}, "day must be a date, such as 2026-03-14"),
        ({**GOOD, "kind": "pigeon"}, "kind must be one of standard, express, not text “pigeon”"),
        ({**GOOD, "note": 3}, "note must be text or null, not a number “3”"),
        ({**GOOD, "lines": [{"sku": "a"}, {}]}, "lines[1].sku is missing"),
        ({**GOOD, "lines": [{}, {}, {}]}, "lines must have at most 2 items, and has 3"),
        ({**GOOD, "amount": float("nan")}, "amount must be a finite number, not nan"),
        (
            {**GOOD, "lines": [{"sku": "a", "weight": float("inf")}]},
            "lines[0].weight must be a finite number, not inf",
        ),
        ({**GOOD, "note": "a\x00b"}, "note holds a NUL character"),
        ({**GOOD, "note": "\ud800"}, "note holds half of a surrogate pair"),
        ({**GOOD, "bad\x00name": 1}, "(a field's name) holds a NUL character"),
        ("{'order': 1", "must be one JSON object; what came was not: “{'order': 1”"),
        (["order", 1], "must be a JSON object, not a list"),
        (None, "must be a JSON object, not null"),
        (7, "must be a JSON object, not a number"),
    ],
)
def test_each_mistake_is_named_with_its_field(args: Any, said: str) -> None:
    assert said in " | ".join(problems(SCHEMA, args))


@pytest.mark.parametrize(
    "args",
    [
        GOOD,
        {"order": 1.0, "amount": 1},
        {
            **GOOD,
            "when": "2026-03-14T09:30:00.25+02:00",
            "day": "2026-03-14",
            "to": "anna@example.com",
            "kind": "express",
            "note": None,
        },
    ],
)
def test_good_arguments_have_no_problems(args: Any) -> None:
    assert problems(SCHEMA, args) == []


def test_a_flood_of_mistakes_is_cut_to_five_sentences() -> None:
    schema = {
        "type": "object",
        "properties": {f"f{index}": {"type": "string"} for index in range(50)},
    }
    assert len(problems(schema, {f"f{index}": index for index in range(50)})) == 5


def test_long_wrong_values_are_quoted_shortly() -> None:
    said = problems(SCHEMA, {**GOOD, "kind": "x" * 5_000})[0]
    assert len(said) < 250


def test_nesting_without_end_is_a_problem_and_no_crash() -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    assert "nested more than" in problems({"type": "object"}, deep)[0]
    assert (
        "nested more than"
        in problems({"type": "object"}, json.loads('{"a":' * 400 + "1" + "}" * 400))[0]
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "no such type"},
        {"type": "int"},
        {"type": None},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "#/$defs/Gone"},
        {"minimum": "three"},
        {"maxLength": -1},
        {"multipleOf": 0},
        {"uniqueItems": "yes"},
        {"pattern": "^[\\p{L}\\p{N}_ .()-]+$"},
        {"pattern": "(?<x>a)(?!b)"},
        {"properties": None},
        {"items": 5},
    ],
)
def test_what_nobody_can_check_of_a_schema_is_left_to_the_tool_and_the_rest_is_checked(
    odd: dict[str, Any],
) -> None:
    """A server's schema must not make this process fetch an address, nor its tool useless."""
    schema = {
        "type": "object",
        "properties": {"odd": odd, "count": {"type": "integer"}},
        "required": ["count"],
        "additionalProperties": False,
    }
    assert problems(schema, {"odd": 7 if odd == {"type": "int"} else "x", "count": 1}) == []
    assert "count must be a whole number" in problems(schema, {"count": "x"})[0]
    assert problems(schema, {"odd": "x"}) != []
    assert problems(schema, {"count": 1, "more": 2}) != []


def test_what_was_not_checked_is_said() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "int"}}}
    assert problems(schema, {"a": 1}) == []
    assert "a must be a whole number" in problems(schema, {"a": "x"})[0]
    (said,) = arguments.unchecked(schema)
    assert said.startswith("what its schema says wrongly (")
    away: dict[str, Any] = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}
    assert problems(away, {"a": "anything"}) == []
    assert "'#/$defs/Gone'" in arguments.unchecked(away)[0]


def test_a_schema_within_itself_is_followed() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/Word"}},
        "$defs": {"Word": {"type": "string"}},
    }
    assert problems(schema, {"a": "b"}) == []
    assert "a must be text" in problems(schema, {"a": 1})[0]


def test_two_schemas_of_the_same_shape_do_not_share_a_verdict() -> None:
    for wanted, value in (("string", "a"), ("integer", 1)) * 50:
        schema = {"type": "object", "properties": {"a": {"type": wanted}}}
        assert problems(schema, {"a": value}) == []
        del schema


def test_a_reference_to_a_place_in_a_list_that_is_no_number_leads_nowhere() -> None:
    schema = {"anyOf": [{}], "properties": {"order": {"$ref": "#/anyOf/²"}}}
    assert arguments.problems(schema, {"order": 7}) == []
