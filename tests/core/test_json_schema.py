"""Schemas and values from whoever wants to hold the house up: the same verdict as a full validator,
within counted work.
"""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator

from policies.json_schema import bounds, ready, words
from policies.json_schema.problem import BadSchema, Unresolved
from policies.json_schema.work_limit import TooMuch

NAMES = st.sampled_from(["a", "b", "ab", "c1", ""])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.sampled_from([0.5, 1.0, 2.5, -1.0]),
    st.sampled_from(["", "a", "ab", "b1", "ü"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
PATTERNS = st.sampled_from(["^a", "b$", "^[a-b]+$", "[0-9]", "^(a|b)*$", "ü", r"\d", r"^\w?$"])
SMALL = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    listed = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=4),
            "const": VALUES,
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "minimum": st.integers(-2, 5),
            "exclusiveMaximum": st.integers(-2, 5),
            "minLength": SMALL,
            "maxLength": SMALL,
            "pattern": PATTERNS,
            "minItems": SMALL,
            "maxItems": SMALL,
            "uniqueItems": st.booleans(),
            "items": inner,
            "prefixItems": listed,
            "contains": inner,
            "minContains": SMALL,
            "maxContains": SMALL,
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
            "additionalProperties": inner,
            "propertyNames": inner,
            "required": st.lists(NAMES, max_size=2, unique=True),
            "minProperties": SMALL,
            "maxProperties": SMALL,
            "dependentRequired": st.dictionaries(
                NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2
            ),
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=2),
            "allOf": listed,
            "anyOf": listed,
            "oneOf": listed,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


SCHEMAS = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)


@given(SCHEMAS, VALUES)
def test_it_says_yes_and_no_where_a_full_validator_does(schema: Any, value: Any) -> None:
    said = ready.compiled(schema, strict=True).problems(value)
    assert (not said) == Draft202012Validator(schema).is_valid(value), (schema, value)
    assert all(words.sentence(problem) for problem in said)


@pytest.mark.parametrize(
    ("validator", "schema", "value"),
    [
        (
            Draft4Validator,
            {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "maximum": 3,
                "exclusiveMaximum": True,
            },
            3,
        ),
        (
            Draft4Validator,
            {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"},
            1.0,
        ),
        (
            Draft7Validator,
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "items": [{"type": "string"}],
                "additionalItems": False,
            },
            ["a", 1],
        ),
        (
            Draft7Validator,
            {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}},
            {"a": 1},
        ),
        (
            Draft7Validator,
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "dependencies": {"a": {"minProperties": 2}},
            },
            {"a": 1},
        ),
        (
            Draft7Validator,
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "definitions": {"w": {"type": "string"}},
                "$ref": "#/definitions/w",
                "maxLength": 1,
            },
            "ab",
        ),
    ],
)
def test_what_older_drafts_meant_is_meant(validator: Any, schema: Any, value: Any) -> None:
    assert (not ready.compiled(schema, strict=True).problems(value)) == validator(schema).is_valid(
        value
    )


@pytest.mark.parametrize(
    ("schema", "fits", "does_not"),
    [
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}, "x", 1),
        ({"$ref": "#word", "$defs": {"x": {"$anchor": "word", "type": "string"}}}, "x", 1),
        (
            {
                "$ref": "https://example.com/w",
                "$defs": {"x": {"$id": "https://example.com/w", "type": "string"}},
            },
            "x",
            1,
        ),
        (
            {"properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}},
            {"next": {"next": {"n": 1}}},
            {"next": {"next": {"n": "x"}}},
        ),
    ],
)
def test_references_within_a_schema_are_followed(schema: Any, fits: Any, does_not: Any) -> None:
    made = ready.compiled(schema, strict=True)
    assert made.problems(fits) == []
    assert made.problems(does_not)


def test_a_reference_to_elsewhere_is_never_fetched() -> None:
    schema = {"not": {"$ref": "http://127.0.0.1:9/schema.json"}}
    with pytest.raises(Unresolved):
        ready.compiled(schema, strict=False).problems({})
    with pytest.raises(BadSchema, match="refers to"):
        ready.compiled(schema, strict=True)


SLOW = ["^(a+)+$", "^(a|a)*$", "(.*a){20}$", r"^(\w+\s?)*$", "^(([a-z])+.)+[A-Z]([a-z])+$"]


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_that_would_backtrack_for_ever_answers(pattern: str) -> None:
    made = ready.compiled({"type": "string", "pattern": pattern}, strict=True)
    assert made.problems("a" * 40_000 + "!")


@pytest.mark.parametrize(
    "pattern",
    ["^(?=a)b", "(?<!x)y", r"(a)\1", "[a-z", "(a{1000}){1000}", "a" * 2_001, r"\p{Nonsense}"],
)
def test_a_pattern_that_cannot_be_bounded_is_refused_or_left_to_whoever_wrote_it(
    pattern: str,
) -> None:
    schema = {"properties": {"name": {"type": "string", "pattern": pattern}}}
    with pytest.raises(BadSchema, match="pattern of name cannot be used here"):
        ready.compiled(schema, strict=True)
    left = ready.compiled(schema, strict=False)
    assert left.unchecked == ("pattern of name",)
    assert left.problems({"name": "anything"}) == []
    assert left.problems({"name": 1})


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"^\p{L}+$", "Größe", "1"),
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^[[a]+$", "[a", "b"),
        (r"^[a&&b]+$", "a&b", "c"),
        (r"^{\d+}$", "{12}", "12"),
        (r"^\/a\/$", "/a/", "a"),
        (r"^\u00e9$", "é", "e"),
        (r"^(?<word>a)$", "a", "b"),
        (r"^\cA$", "\x01", "A"),
        (r"^a$", "a", "a\n"),
        (r"^x{2,3}$", "xx", "x"),
    ],
)
def test_patterns_mean_what_they_mean_in_javascript(pattern: str, fits: str, does_not: str) -> None:
    made = ready.compiled({"pattern": pattern}, strict=True)
    assert made.problems(fits) == []
    assert made.problems(does_not)


def test_what_depends_on_an_unchecked_part_refuses_nobody() -> None:
    hidden = {"pattern": "^(?=a)"}
    for schema in (
        {"not": hidden},
        {"oneOf": [hidden, {"type": "string"}]},
        {"if": hidden, "then": False},
        {"contains": hidden, "maxContains": 1},
    ):
        made = ready.compiled(schema, strict=False)
        assert made.problems(["b", "b"] if "contains" in schema else "b") == []
        assert "pattern" in made.unchecked[0]
    assert (
        ready.compiled(
            {"additionalProperties": False, "patternProperties": {"^(?=a)": {}}}, strict=False
        ).problems({"b": 1})
        == []
    )


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, True], True),
        ([1, 1.0], False),
        ([0, False, None, "", [], {}], True),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], False),
        (["1", 1], True),
    ],
)
def test_items_are_unique_by_their_value(items: list[Any], unique: bool) -> None:
    assert (ready.compiled({"uniqueItems": True}, strict=True).problems(items) == []) is unique


def doubling(depth: int) -> Any:
    defs: dict[str, Any] = {
        f"d{place}": {"anyOf": [{"$ref": f"#/$defs/d{place + 1}"}] * 2} for place in range(depth)
    }
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{depth}": False}}


HOSTILE = {
    "references that double at each step": (doubling(40), {}),
    "a schema that leads to itself": ({"$ref": "#"}, {}),
    "two that lead to each other": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {},
    ),
    "many alternatives for many items": (
        {"items": {"anyOf": [{"const": place} for place in range(500)]}},
        [-1] * 19_000,
    ),
    "many names for many objects": (
        {"items": {"required": [f"n{place}" for place in range(5_000)]}},
        [{}] * 9_000,
    ),
    "many patterns for many fields": (
        {"patternProperties": {f"^x{place}": {} for place in range(400)}},
        {f"y{place}": 1 for place in range(9_000)},
    ),
    "a pattern with many places on long texts": (
        {"items": {"pattern": "[ab]*a[ab]{300}c"}},
        ["ab" * 4_000] * 200,
    ),
    "contains within contains": (
        {"contains": {"contains": {"contains": False}}},
        [[[1] * 60] * 20] * 15,
    ),
    "nothing fits anywhere": ({"items": {"not": {"anyOf": [{}] * 400}}}, [1] * 19_000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_would_take_too_long_is_not_checked_to_its_end(what: str) -> None:
    schema, value = HOSTILE[what]
    made = ready.compiled(json.loads(json.dumps(schema)), strict=False)
    began = time.process_time()  # of this process alone, however busy the machine is
    with suppress(TooMuch):
        made.problems(value)
    assert time.process_time() - began < 2, "unbounded, each of these takes minutes"


def test_fifteen_thousand_objects_that_must_differ_are_too_many_or_quick() -> None:
    assert bounds.flaw([{"a": place} for place in range(15_000)]) is not None
    assert (
        ready.compiled({"uniqueItems": True}, strict=True).problems(
            [{"a": place} for place in range(9_000)]
        )
        == []
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([0] * 20_001, "too large"),
        ({"a": "x" * 2_000_001}, "too large"),
        ({"a" * 2_000_001: 1}, "too large"),
        ({"n": 10**400}, "more digits"),
        ({"n": float("nan")}, "finite"),
    ],
)
def test_what_is_too_large_is_not_even_asked_about(value: Any, said: str) -> None:
    flaw = bounds.flaw(value)
    assert flaw is not None
    assert said in flaw[1]


def test_a_schema_too_large_to_be_used_is_none() -> None:
    with pytest.raises(BadSchema, match="too large"):
        ready.compiled({"enum": [str(place) for place in range(60_000)]}, strict=False)
    deep: Any = {}
    for _ in range(300):
        deep = {"not": deep}
    with pytest.raises(BadSchema, match="too deep"):
        ready.compiled(deep, strict=False)


@pytest.mark.parametrize("step", [1e-300, 0.1, 10**200])
def test_multiples_of_huge_and_tiny_numbers_are_answered(step: float) -> None:
    made = ready.compiled({"multipleOf": step}, strict=True)
    assert isinstance(made.problems(1e308), list)
    assert made.problems(0) == []


@pytest.mark.parametrize("more", [{}, {"enum": ["a", "b"]}])
@pytest.mark.parametrize("nullable", [True, False])
def test_what_openapi_calls_nullable_may_be_null(more: dict[str, Any], nullable: bool) -> None:
    field = {"type": "string", "nullable": nullable, **more}
    found = ready.compiled({"type": "object", "properties": {"a": field}}, strict=True)
    assert bool(found.problems({"a": None})) is not nullable
    assert not found.problems({"a": "b"})
    assert found.problems({"a": 5})
