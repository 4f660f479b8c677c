"""What older drafts of JSON Schema say otherwise, and what alternatives refuse with."""

from tests.core.schema_problems import said

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


class TestOlderDrafts:
    def test_a_bound_could_be_made_exclusive_by_a_flag(self) -> None:
        schema = {"maximum": 3, "exclusiveMaximum": True}
        assert said(schema, 3) == ["the arguments must be less than 3, not “3”"]
        assert said(schema, 2) == []
        assert said({"minimum": 3, "exclusiveMinimum": False}, 3) == []

    def test_what_stood_beside_a_reference_meant_nothing(self) -> None:
        schema = {"$ref": "#/definitions/a", "minimum": 5, "definitions": {"a": {"type": "number"}}}
        assert said({"$schema": DRAFT_7, "items": schema, **schema}, 1) == []
        assert said(schema, 1) == ["the arguments must be at least 5, not “1”"]

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
