"""Each keyword of a schema by what it takes, what it refuses, and the sentence it refuses with."""

from decimal import Decimal
from typing import Any

import pytest

from policies.json_schema import ready, words
from policies.json_schema.problem import BadSchema, Problem
from tests.core.schema_problems import said

NO_TYPE = "none of array, boolean, integer, null, number, object, string"

NOT_KEPT = (
    "what the rest of the schema has looked at is not kept; say additionalProperties or items"
)

SENTENCES: list[tuple[Any, Any, str]] = [
    ({"type": "object"}, [], "the arguments must be an object, not a list"),
    ({"type": "array"}, {}, "the arguments must be a list, not an object"),
    ({"type": "string"}, 7, "the arguments must be text, not a number “7”"),
    ({"type": "integer"}, 1.5, "the arguments must be a whole number, not a number “1.5”"),
    ({"type": "number"}, "7", "the arguments must be a number, not text “7”"),
    ({"type": "number"}, True, "the arguments must be a number, not true or false"),
    ({"type": "boolean"}, 0, "the arguments must be true or false, not a number “0”"),
    ({"type": "null"}, "", "the arguments must be null, not text “”"),
    ({"type": "string"}, None, "the arguments must be text, not null"),
    ({"type": ["string", "null"]}, 7, "the arguments must be text or null, not a number “7”"),
    ({"enum": ["a", "b"]}, "c", "the arguments must be one of a, b, not text “c”"),
    ({"enum": [1, None]}, [], "the arguments must be one of 1, None, not a list"),
    ({"const": "a"}, "b", "the arguments must be a, not text “b”"),
    ({"minimum": 3}, 2, "the arguments must be at least 3, not “2”"),
    ({"exclusiveMinimum": 0.0}, -5, "the arguments must be more than 0, not “-5”"),
    ({"maximum": 3}, 3.5, "the arguments must be at most 3, not “3.5”"),
    ({"exclusiveMinimum": 3}, 3, "the arguments must be more than 3, not “3”"),
    ({"exclusiveMaximum": 3}, 3, "the arguments must be less than 3, not “3”"),
    ({"multipleOf": 0.1}, 0.25, "the arguments must be a multiple of 0.1, not “0.25”"),
    ({"minLength": 2}, "a", "the arguments must have at least 2 characters, and has 1"),
    ({"maxLength": 2}, "abc", "the arguments must have at most 2 characters, and has 3"),
    ({"minItems": 2}, [1], "the arguments must have at least 2 items, and has 1"),
    ({"maxItems": 0}, [1], "the arguments must have at most 0 items, and has 1"),
    ({"minProperties": 1}, {}, "the arguments must have at least 1 field, and has 0"),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, "the arguments must have at most 1 field, and has 2"),
    ({"pattern": "^a"}, "b", "the arguments must be text like ^a, not text “b”"),
    ({"required": ["id"]}, {}, "id is missing"),
    ({"uniqueItems": True}, [1, 1.0], "the arguments holds the same twice"),
    (
        {"contains": {"const": 1}},
        [2],
        "the arguments does not hold what it must, as often as it must",
    ),
    ({"not": {"const": 1}}, 1, "the arguments is what it must not be"),
    (False, 1, "the arguments is not allowed there"),
    (
        {"oneOf": [{"minimum": 1}, {"maximum": 5}]},
        3,
        "the arguments must fit exactly one of what it may be",
    ),
    ({"additionalProperties": False}, {"a": 1}, "a is not a known field; it takes none"),
    (
        {"properties": {"b": {}, "c": {}}, "additionalProperties": False},
        {"a": 1, "b": 1},
        "a is not a known field; it takes b, c",
    ),
    (
        {"additionalProperties": False},
        {"d": 1, "a": 1, "z": 1, "b": 1},
        "d, a, z is not a known field; it takes none",
    ),
    (
        {"properties": {"a": {"properties": {"b": False}}}},
        {"a": {"b": 1}},
        "a.b is not allowed there",
    ),
    (
        {"propertyNames": {"maxLength": 1}},
        {"ab": 1},
        "(a field's name) must have at most 1 character, and has 2",
    ),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "b is missing"),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, "b is missing"),
    ({"items": {"type": "string"}}, ["a", 7], "[1] must be text, not a number “7”"),
    ({"prefixItems": [{}, {"type": "string"}]}, [1, 2], "[1] must be text, not a number “2”"),
    ({"additionalProperties": {"type": "string"}}, {"a": [1]}, "a must be text, not a list"),
    (
        {"patternProperties": {"^x": {"type": "string"}}},
        {"xy": 1},
        "xy must be text, not a number “1”",
    ),
    ({"if": {"const": 1}, "then": False}, 1, "the arguments is not allowed there"),
    ({"if": {"const": 1}, "else": False}, 2, "the arguments is not allowed there"),
    ({"allOf": [{"minimum": 1}]}, 0, "the arguments must be at least 1, not “0”"),
    (
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}},
        1,
        "the arguments must be null, not a number “1”",
    ),
]


@pytest.mark.parametrize(("schema", "value", "sentence"), SENTENCES)
def test_a_value_that_does_not_fit_is_told_why(schema: Any, value: Any, sentence: str) -> None:
    assert said(schema, value) == [sentence]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, Decimal("2.0")),
        ({"type": "number"}, Decimal("2.5")),
        ({"type": "array"}, (1, 2)),
        ({"enum": [1]}, 1.0),
        ({"enum": [[1]]}, (1,)),
        ({"const": {"a": [1]}}, {"a": [1.0]}),
        ({"minimum": 3}, 3),
        ({"minimum": 3}, "2"),
        ({"minimum": 3}, True),
        ({"maximum": 3}, 3),
        ({"exclusiveMinimum": 3}, 4),
        ({"exclusiveMaximum": 3}, 2),
        ({"multipleOf": 0.1}, 0.3),
        ({"multipleOf": 3}, "7"),
        ({"multipleOf": 3}, True),
        ({"minLength": 1}, "a"),
        ({"minLength": 1}, []),
        ({"maxLength": 1}, "ü"),
        ({"minItems": 1}, [0]),
        ({"minItems": 1}, ""),
        ({"maxItems": 1}, [0]),
        ({"maxProperties": 1}, {"a": 1}),
        ({"minProperties": 1}, []),
        ({"uniqueItems": False}, [1, 1]),
        ({"uniqueItems": True}, "aa"),
        ({"required": ["a"]}, []),
        ({"required": True}, {}),
        ({"pattern": "^a"}, 7),
        ({"contains": {"const": 1}, "minContains": 0}, []),
        ({"contains": {"const": 1}}, {}),
        ({"contains": {"const": 1}, "maxContains": 1}, [1, 2]),
        ({"then": False}, 1),
        ({"if": {"const": 1}, "then": False}, 2),
        ({"if": {"const": 1}, "else": False}, 1),
        ({"prefixItems": [{"const": 1}], "items": False}, [1]),
        ({"prefixItems": [{"const": 1}, {"const": 2}]}, [1]),
        ({"patternProperties": {"^x": False}}, {"ax": 1}),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"xa": 1}),
        ({"dependentRequired": {"a": ["b"]}}, {"c": 1}),
        ({"format": "unheard-of"}, "x"),
        ({"unheard-of": 7}, "x"),
        (True, object()),
        ({}, None),
    ],
)
def test_a_value_that_fits_is_told_nothing(schema: Any, value: Any) -> None:
    assert said(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (7, "the schema is no schema"),
        (None, "the schema is no schema"),
        ({"type": "banana"}, f"type is {NO_TYPE}"),
        ({"type": ["string", "text"]}, f"type is {NO_TYPE}"),
        ({"type": []}, f"type is {NO_TYPE}"),
        ({"enum": "a"}, "enum must be a list"),
        ({"minimum": "1"}, "minimum must be a number"),
        ({"minimum": True}, "minimum must be a number"),
        ({"maximum": float("nan")}, "maximum must be a number"),
        ({"exclusiveMinimum": float("-inf")}, "exclusiveMinimum must be a number"),
        ({"multipleOf": 0}, "multipleOf must be a number above zero"),
        ({"multipleOf": -1}, "multipleOf must be a number above zero"),
        ({"multipleOf": float("inf")}, "multipleOf must be a number above zero"),
        ({"multipleOf": float("nan")}, "multipleOf must be a number above zero"),
        ({"minLength": -1}, "minLength must be a whole number, not below zero"),
        ({"maxLength": 1.5}, "maxLength must be a whole number, not below zero"),
        ({"minItems": "1"}, "minItems must be a whole number, not below zero"),
        ({"maxItems": float("inf")}, "maxItems must be a whole number, not below zero"),
        ({"minProperties": True}, "minProperties must be a whole number, not below zero"),
        ({"pattern": 7}, "pattern must be text"),
        ({"$ref": 7}, "$ref must be text"),
        ({"required": "id"}, "required must be a list of names"),
        ({"required": ["id", 7]}, "required must be a list of names"),
        ({"properties": []}, "properties must be an object"),
        ({"properties": {"a": 7}}, "a is no schema"),
        ({"patternProperties": []}, "patternProperties must be an object"),
        ({"dependentRequired": {"a": "b"}}, "dependentRequired must be a list of names"),
        ({"dependentSchemas": 1}, "dependentSchemas must be an object"),
        ({"prefixItems": {}}, "prefixItems must be a list of schemas"),
        ({"allOf": []}, "allOf must be a list of schemas"),
        ({"anyOf": {}}, "anyOf must be a list of schemas"),
        ({"oneOf": [7]}, "0 is no schema"),
        ({"contains": {}, "minContains": -1}, "contains must be a whole number, not below zero"),
        ({"properties": {"a": {"items": {"type": "x"}}}}, f"type of a[] is {NO_TYPE}"),
        ({"$ref": "other.json"}, "$ref refers to 'other.json', which it does not hold"),
        ({"unevaluatedItems": False}, f"unevaluatedItems cannot be used here: {NOT_KEPT}"),
        ({"unevaluatedProperties": {}}, f"unevaluatedProperties cannot be used here: {NOT_KEPT}"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: Any, why: str) -> None:
    with pytest.raises(BadSchema) as refused:
        ready.compiled(schema, strict=True)
    assert str(refused.value) == why


class TestWords:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ((), "the arguments"),
            (("a",), "a"),
            (("a", "b"), "a.b"),
            (("a", 0, "b"), "a[0].b"),
            ((0,), "[0]"),
            (("x" * 81,), "x" * 80),
        ],
    )
    def test_a_field_is_written_as_people_write_it(self, path: Any, name: str) -> None:
        assert words.field(path) == name

    @pytest.mark.parametrize(
        ("value", "quoted"),
        [
            ("a", "“a”"),
            (7, "“7”"),
            ("x" * 78, f"“{'x' * 78}”"),
            ("x" * 79, f"“{'x' * 77}…”"),
            ([1, 2], "“[1, 2]”"),
        ],
    )
    def test_a_value_is_quoted_in_eighty_characters(self, value: Any, quoted: str) -> None:
        assert words.shown(value) == quoted

    def test_arguments_that_are_no_object_are_quoted(self) -> None:
        assert words.not_an_object("[1") == (
            "The arguments must be one JSON object; what came was not: “[1”"
        )

    def test_many_names_are_cut_to_forty_and_many_choices_to_twenty(self) -> None:
        fields: dict[str, Any] = {f"n{number:02}": {} for number in range(41)}
        [sentence] = said({"properties": fields, "additionalProperties": False}, {"a": 1})
        assert sentence.endswith("n38, n39")
        [sentence] = said({"enum": [f"e{number}" for number in range(21)]}, "x")
        assert sentence.endswith("e18, e19, not text “x”")

    def test_long_patterns_constants_and_choices_are_cut(self) -> None:
        assert said({"const": "x" * 300}, "a") == [
            f"the arguments must be {'x' * 200}, not text “a”"
        ]
        assert said({"enum": ["x" * 90]}, "a") == [
            f"the arguments must be one of {'x' * 80}, not text “a”"
        ]
        assert said({"pattern": "^" + "x" * 300}, "a") == [
            f"the arguments must be text like ^{'x' * 199}, not text “a”"
        ]

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("date", "a date, such as 2026-03-14"),
            ("date-time", "a date and time with its offset, such as 2026-03-14T09:30:00Z"),
            ("time", "a time of day, such as 09:30:00"),
            ("email", "an e-mail address"),
            ("uri", "a URL"),
            ("uuid", "a UUID"),
            ("iban", "a valid iban"),
        ],
    )
    def test_a_format_is_told_with_an_example(self, name: str, told: str) -> None:
        formats: dict[str, Any] = {name: lambda text: text == "right"}
        assert said({"format": name}, "right", **formats) == []
        assert said({"format": name}, 7, **formats) == []
        assert said({"format": name}, "x", **formats) == [
            f"the arguments must be {told}, not text “x”"
        ]

    def test_an_unknown_keyword_still_gets_a_sentence(self) -> None:
        assert words.sentence(Problem(("a",), "shape", 1, 2), "the whole") == (
            "a does not meet shape of the schema"
        )

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (None, "null"),
            (True, "true or false"),
            ("", "text"),
            (0, "a number"),
            (0.5, "a number"),
            ({}, "an object"),
            ([], "a list"),
            ((), "a list"),
        ],
    )
    def test_each_kind_of_value_has_its_word(self, value: Any, kind: str) -> None:
        assert words.kind_of(value) == kind
