"""Where in a value a problem is said to be, how references lead there, how much work is allowed."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.json_schema import ready
from policies.json_schema.compiler import field_of, where
from policies.json_schema.problem import BadSchema, SchemaCheck, Unresolved
from policies.json_schema.references import is_of_schemas
from policies.json_schema.work_limit import DEEPEST, TooMuch, WorkBudget
from tests.core.schema_problems import said


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
