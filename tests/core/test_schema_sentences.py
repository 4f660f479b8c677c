"""Each keyword of a schema by what it takes, what it refuses, and the sentence it refuses with."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.json_schema import ready, words
from policies.json_schema.compiler import field_of, where
from policies.json_schema.problem import BadSchema, Problem, SchemaCheck, Unresolved
from policies.json_schema.references import is_of_schemas
from policies.json_schema.work_limit import DEEPEST, TooMuch, WorkBudget

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
NO_TYPE = "none of array, boolean, integer, null, number, object, string"
NOT_KEPT = (
    "what the rest of the schema has looked at is not kept; say additionalProperties or items"
)
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def said(schema: Any, value: Any, **formats: Any) -> list[str]:
    made = ready.compiled(schema, formats, strict=True)
    return [words.sentence(problem) for problem in made.problems(value)]


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
    ({"minimum": 3}, 2, "the arguments must be at least 3, not a number “2”"),
    ({"maximum": 3}, 3.5, "the arguments must be at most 3, not a number “3.5”"),
    ({"exclusiveMinimum": 3}, 3, "the arguments must be more than 3, not a number “3”"),
    ({"exclusiveMaximum": 3}, 3, "the arguments must be less than 3, not a number “3”"),
    ({"multipleOf": 0.1}, 0.25, "the arguments must be a multiple of 0.1, not a number “0.25”"),
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
    ({"allOf": [{"minimum": 1}]}, 0, "the arguments must be at least 1, not a number “0”"),
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


class TestOlderDrafts:
    def test_a_bound_could_be_made_exclusive_by_a_flag(self) -> None:
        schema = {"maximum": 3, "exclusiveMaximum": True}
        assert said(schema, 3) == ["the arguments must be less than 3, not a number “3”"]
        assert said(schema, 2) == []
        assert said({"minimum": 3, "exclusiveMinimum": False}, 3) == []

    def test_what_stood_beside_a_reference_meant_nothing(self) -> None:
        schema = {"$ref": "#/definitions/a", "minimum": 5, "definitions": {"a": {"type": "number"}}}
        assert said({"$schema": DRAFT_7, "items": schema, **schema}, 1) == []
        assert said(schema, 1) == ["the arguments must be at least 5, not a number “1”"]

    def test_one_point_zero_was_no_whole_number_in_the_fourth(self) -> None:
        assert said({"$schema": DRAFT_4, "type": "integer"}, 1.0)
        assert said({"$schema": DRAFT_7, "type": "integer"}, 1.0) == []
        assert said({"$schema": DRAFT_4, "type": "number"}, 1.0) == []

    def test_a_list_of_items_gave_the_first_ones_and_another_keyword_the_rest(self) -> None:
        schema = {"items": [{"const": 1}], "additionalItems": {"const": 2}}
        assert said(schema, [1, 2, 2]) == []
        assert said(schema, [2]) == ["[0] must be 1, not a number “2”"]
        assert said(schema, [1, 3]) == ["[1] must be 2, not a number “3”"]
        assert said({"items": {}, "additionalItems": False}, [1]) == []

    def test_dependencies_were_names_or_a_schema(self) -> None:
        schema = {
            "$schema": DRAFT_7,
            "dependencies": {"a": ["b"], "c": "d", "e": {"maxProperties": 1}},
        }
        assert said(schema, {"a": 1}) == ["b is missing"]
        assert said(schema, {"c": 1}) == ["d is missing"]
        assert said(schema, {"e": 1, "f": 1}) == [
            "the arguments must have at most 1 field, and has 2"
        ]
        assert said({"dependencies": {"a": ["b"]}}, {"a": 1}) == []


class TestAlternatives:
    typed = {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "string"}]}

    def test_that_all_fail_by_type_are_named_once_each(self) -> None:
        assert said(self.typed, 7) == ["the arguments must be text or null, not a number “7”"]
        assert said({"oneOf": self.typed["anyOf"]}, []) == [
            "the arguments must be text or null, not a list"
        ]

    def test_of_which_one_came_further_tell_what_can_be_mended_there(self) -> None:
        schema = {
            "anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "array"},
            ]
        }
        assert said(schema, {"a": 7}) == ["a must be text, not a number “7”"]
        assert said(schema, {}) == ["a is missing"]

    def test_of_which_none_came_further_are_told_as_a_whole(self) -> None:
        schema = {"anyOf": [{"minLength": 3}, {"const": 1}, {"enum": [4]}]}
        assert said(schema, "ab") == ["the arguments must have at least 3 characters, and has 2"]
        assert said({"anyOf": [{"const": 1}, {"enum": [4]}]}, 2) == [
            "the arguments fits none of what it may be"
        ]

    def test_the_one_with_fewer_problems_is_nearer(self) -> None:
        schema = {
            "anyOf": [
                {"required": ["a", "b"]},
                {"required": ["c"]},
            ]
        }
        assert said(schema, {}) == ["c is missing"]

    def test_of_alternatives_are_told_by_the_innermost(self) -> None:
        schema = {"anyOf": [{"anyOf": [{"required": ["a"]}, {"type": "null"}]}, {"type": "null"}]}
        assert said(schema, {}) == ["a is missing"]


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


class TestPlaces:
    @pytest.mark.parametrize(
        ("place", "name"),
        [
            ((), "the schema"),
            (("type",), "type"),
            (("properties", "a", "type"), "type of a"),
            (("properties", "a", "items", "properties", "b", "pattern"), "pattern of a[].b"),
            (("$defs", "a", "enum"), "enum of a"),
            (("patternProperties", "^x"), "patternProperties"),
            (("properties", "a", "patternProperties", "^x"), "patternProperties of a"),
            (("additionalProperties", "type"), "type of *"),
            (("properties", "properties", "type"), "type of properties"),
            (("anyOf", 0, "minimum"), "minimum"),
            (("prefixItems", 1, "contains", "minimum"), "minimum of [][]"),
        ],
    )
    def test_a_keyword_is_told_with_its_field(self, place: Any, name: str) -> None:
        assert where(place) == name

    def test_a_field_without_a_name_is_none(self) -> None:
        assert field_of(("properties",)) == ""
        assert field_of(("allOf", 0)) == ""


class TestReferences:
    inner = {"type": "null"}

    @pytest.mark.parametrize(
        ("reference", "held"),
        [
            ("#/$defs/a", {"$defs": {"a": inner}}),
            ("#/$defs/a~1b~0c", {"$defs": {"a/b~c": inner}}),
            ("#/$defs/a%20b", {"$defs": {"a b": inner}}),
            ("#/prefixItems/1", {"prefixItems": [{}, inner]}),
            ("#word", {"$defs": {"a": {"$anchor": "word", **inner}}}),
            ("#word", {"$defs": {"a": {"$dynamicAnchor": "word", **inner}}}),
            (
                "https://x.example/a.json",
                {"$defs": {"a": {"$id": "https://x.example/a.json", **inner}}},
            ),
            ("a.json", {"$defs": {"a": {"$id": "https://x.example/a.json#", **inner}}}),
            ("a.json#/$defs/b", {"$defs": {"a": {"id": "/a.json", "$defs": {"b": inner}}}}),
        ],
    )
    def test_within_the_schema_are_followed(self, reference: str, held: Any) -> None:
        schema = {"items": {"$ref": reference}, **held}
        assert said({**held, "properties": {"x": {"$ref": reference}}}, {"x": None}) == []
        assert said(schema | {"prefixItems": held.get("prefixItems", [])}, []) == []
        assert said({**held, "properties": {"x": {"$ref": reference}}}, {"x": 7}) == [
            "x must be null, not a number “7”"
        ]

    @pytest.mark.parametrize(
        "reference",
        [
            "#/$defs/b",
            "#/$defs/a/type/x",
            "#/list/7",
            "#/list/x",
            "#other",
            "b.json",
            "#/list/0000000",
            "#/$defs/a/",
        ],
    )
    def test_to_what_is_not_there_are_unresolved(self, reference: str) -> None:
        schema = {"$ref": reference, "$defs": {"a": self.inner}, "list": [{}]}
        made = ready.compiled(schema, strict=False)
        with pytest.raises(Unresolved) as missing:
            made.problems(1)
        assert missing.value.reference == reference

    @pytest.mark.parametrize(
        ("address", "is_one"),
        [
            ("http://json-schema.org/draft-07/schema#", True),
            ("https://json-schema.org/draft/2020-12/schema", True),
            ("https://json-schema.org/draft-05/schema#", False),
            ("http://json-schema.org/draft-07/schema#/definitions/a", False),
            ("https://json-schema.example/draft-07/schema#", False),
        ],
    )
    def test_to_the_schema_of_schemas_are_left_to_whoever_wrote_them(
        self, address: str, is_one: bool
    ) -> None:
        assert is_of_schemas(address) is is_one
        if is_one:
            made = ready.compiled({"$ref": address}, strict=False)
            assert (made.problems(object()), made.unchecked) == ([], ("$ref",))


class TestWork:
    def test_is_spent_to_its_last_step(self) -> None:
        work = WorkBudget(3)
        work.spend(3)
        with pytest.raises(TooMuch, match=r"^it takes too long to check$"):
            work.spend(1)

    @pytest.mark.parametrize(("size", "steps"), [(0, 1), (199, 1), (200, 2), (1_000, 6)])
    def test_on_a_text_grows_with_it(self, size: int, steps: int) -> None:
        work = WorkBudget(100)
        work.spend_on("x" * size)
        assert work.left == 100 - steps

    def test_goes_a_hundred_schemas_deep(self) -> None:
        work = WorkBudget()
        for _ in range(DEEPEST):
            work.go_deeper()
        with pytest.raises(TooMuch, match="leads from one part to the next without end"):
            work.go_deeper()

    def test_of_an_alternative_is_paid_out_of_the_same_steps(self) -> None:
        trial = SchemaCheck(WorkBudget(10), most=3)
        apart = trial.apart(1)
        apart.work.spend(4)
        assert (trial.work.left, apart.most, trial.most) == (6, 1, 3)

    def test_ends_with_twenty_problems(self) -> None:
        made = ready.compiled({"items": {"type": "string"}}, strict=True)
        assert len(made.problems([1] * 50)) == 20
        assert len(ready.compiled({"required": [f"n{n}" for n in range(50)]}, strict=True)
                   .problems({})) == 20  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=5))
def test_problems_come_in_the_order_of_their_paths(value: dict[str, int]) -> None:
    made = ready.compiled({"additionalProperties": {"type": "string"}}, strict=True)
    assert [problem.path for problem in made.problems(value)] == sorted((key,) for key in value)


@given(st.data())
def test_no_json_makes_a_schema_fail_in_another_way_than_its_own(data: st.DataObject) -> None:
    """Whatever stands under a keyword: it is a schema or it is refused as none."""
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [
            None,
            True,
            False,
            0,
            -1,
            1.5,
            float("nan"),
            float("inf"),
            "",
            "a",
            "\x00",
            "\ud800",
            [],
            {},
            [1],
            ["a"],
            {"a": 1},
            [[]],
            [{}],
            {"": {}},
            "[",
            "(",
            "#",
            "%%",
            10**400,
        ]
    )
    keyword = data.draw(st.sampled_from(sorted(ready.MAKERS)))
    schema = {keyword: data.draw(odd)}
    with suppress(BadSchema, TooMuch, Unresolved):
        ready.compiled(schema, strict=False).problems(data.draw(odd))
