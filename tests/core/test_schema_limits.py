"""How large and how deep a value may be, how costly a pattern, and where exactly that ends."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.json_schema import bounds, linear_regex, ready
from policies.json_schema.equality_key import canonical
from policies.json_schema.kinds import is_finite, is_number, kind_of
from policies.json_schema.linear_regex import BadPattern, LinearPattern
from policies.json_schema.problem import BadSchema
from policies.json_schema.work_limit import TooMuch, WorkBudget


def nested(levels: int, inner: Any = 0) -> Any:
    return inner if not levels else [nested(levels - 1, inner)]


class TestAFlaw:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            0,
            -1.5,
            "",
            "text",
            "ünïcode 漢 😀",
            "\t\n\x01\x7f",
            [],
            {},
            (),
            [[]],
            {"a": {"b": [1, "c", None]}},
            2**1024 - 1,
            -(2**1024) + 1,
            1.7e308,
            5e-324,
            Decimal("1.5"),
            Decimal("9e399"),
            Decimal("1e-399"),
        ],
    )
    def test_is_not_found_in_what_can_be_checked(self, value: Any) -> None:
        assert bounds.flaw(value) is None

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (float("nan"), "must be a finite number, not nan"),
            (float("inf"), "must be a finite number, not inf"),
            (float("-inf"), "must be a finite number, not -inf"),
            (2**1024, "has more digits than a number may have"),
            (-(2**1024), "has more digits than a number may have"),
            (Decimal("NaN"), "must be a finite number of a common size, not NaN"),
            (Decimal("Infinity"), "must be a finite number of a common size, not Infinity"),
            (Decimal("1e400"), "must be a finite number of a common size, not 1E+400"),
            (Decimal("1e-400"), "must be a finite number of a common size, not 1E-400"),
            ("a\x00b", "holds a NUL character"),
            ("é\x00", "holds a NUL character"),
            ("\ud800", "holds half of a surrogate pair, which is not text"),
            ("a\udfff", "holds half of a surrogate pair, which is not text"),
        ],
    )
    def test_of_one_value_is_told_wherever_it_stands(self, value: Any, why: str) -> None:
        assert bounds.flaw(value) == ((), why)
        assert bounds.flaw({"a": [0, {"b": value}]}) == (("a", 1, "b"), why)

    def test_of_a_long_number_shows_forty_characters(self) -> None:
        found = bounds.flaw(Decimal(f"{'9' * 60}e500"))
        assert found is not None
        assert found[1] == f"must be a finite number of a common size, not 9.{'9' * 38}"

    @pytest.mark.parametrize("name", ["a\x00", "\ud800"])
    def test_of_a_fields_name_is_told_without_the_name(self, name: str) -> None:
        found = bounds.flaw({"a": {name: 1}})
        assert found is not None
        assert found[0] == ("a", "(a field's name)")

    def test_of_several_the_first_is_told(self) -> None:
        assert bounds.flaw({"a": [1, "\x00"], "b": "\x00"}) == (
            ("a", 1),
            "holds a NUL character",
        )

    def test_is_nesting_beyond_thirty_two(self) -> None:
        assert bounds.flaw(nested(33)) is None
        assert bounds.flaw(nested(34)) == ((0, 0, 0), "is nested more than 32 deep")
        assert bounds.flaw({"a": nested(33)}) == (("a", 0, 0), "is nested more than 32 deep")
        assert bounds.flaw(nested(33, {})) == ((0, 0, 0), "is nested more than 32 deep")

    def test_is_a_value_too_many(self) -> None:
        assert bounds.flaw([0] * 4, values=5) is None
        assert bounds.flaw([0] * 5, values=5) == ((), "are too large to be checked")
        assert bounds.flaw([[0], [0], [0]], values=7) is None
        assert bounds.flaw([[0], [0], [0]], values=6) == ((), "are too large to be checked")

    def test_is_a_character_too_many_in_texts_and_names_together(self) -> None:
        value = {"ab": "cde", "f": ["g"]}
        assert bounds.flaw(value, characters=7) is None
        assert bounds.flaw(value, characters=6) == ((), "are too large to be checked")

    def test_is_found_without_recursion(self) -> None:
        deep: Any = 0
        for _ in range(100_000):
            deep = [deep]
        assert bounds.flaw(deep) == ((0, 0, 0), "is nested more than 32 deep")


class TestKinds:
    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            ("", "string"),
            (None, "null"),
            (True, "boolean"),
            (0, "integer"),
            (1.0, "integer"),
            (1.5, "number"),
            (Decimal(2), "integer"),
            (Decimal("2.5"), "number"),
            ({}, "object"),
            ([], "array"),
            ((), "array"),
            (object(), ""),
            (b"", ""),
            ({1}, ""),
            (1e300, "integer"),
            (-0.0, "integer"),
            (float("inf"), "number"),
        ],
    )
    def test_each_value_has_one(self, value: Any, kind: str) -> None:
        assert kind_of(value) == kind

    def test_whole_floats_are_numbers_to_the_fourth_draft(self) -> None:
        assert kind_of(1.0, whole_floats=False) == "number"
        assert kind_of(1, whole_floats=False) == "integer"

    @pytest.mark.parametrize(
        ("value", "number", "finite"),
        [
            (0, True, True),
            (10**400, True, True),
            (1.5, True, True),
            (Decimal(1), True, True),
            (float("nan"), True, False),
            (float("-inf"), True, False),
            (Decimal("inf"), True, False),
            (True, False, False),
            ("1", False, False),
            (None, False, False),
        ],
    )
    def test_a_number_may_be_too_odd_to_measure_by(
        self, value: Any, number: bool, finite: bool
    ) -> None:
        assert (is_number(value), is_finite(value)) == (number, finite)


class TestACanonicalText:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, 1.0),
            (Decimal("1.50"), 1.5),
            ({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0}),
            ([1, (2,)], (1, [2])),
            (0, -0.0),
        ],
    )
    def test_is_the_same_for_equal_values(self, one: Any, other: Any) -> None:
        assert canonical(one, WorkBudget()) == canonical(other, WorkBudget())

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, True),
            (0, False),
            (0, None),
            ("1", 1),
            ("null", None),
            ("", None),
            ([], {}),
            ([1, 2], [2, 1]),
            (["a,b"], ["a", "b"]),
            ("a", ["a"]),
            ({"a": 1}, {"a": "1"}),
            ('a"', "a"),
            (0.1, 0.10000000000000002),
            ("[1]", [1]),
        ],
    )
    def test_differs_for_different_values(self, one: Any, other: Any) -> None:
        assert canonical(one, WorkBudget()) != canonical(other, WorkBudget())

    def test_costs_what_the_value_is_large(self) -> None:
        work = WorkBudget(100)
        canonical([1, {"a": "x" * 200}], work)
        assert work.left == 100 - 4 - 2
        with pytest.raises(TooMuch):
            canonical([0] * 10, WorkBudget(10))


def refused(source: str) -> str:
    with pytest.raises(BadPattern) as why:
        LinearPattern(source)
    return str(why.value)


LOOKS = "it looks ahead or behind, which takes an engine that can be made to run for ever"
BACK = (
    "it refers back to what it has matched, which takes an engine that can be made to run for ever"
)
EMPTY = "it has an empty class, which matches nothing or anything"
TOO_LARGE = "its counted repetitions multiply to more than can be held"


class TestAPattern:
    @pytest.mark.parametrize(
        ("source", "why"),
        [
            ("a(?=b)", LOOKS),
            ("a(?!b)", LOOKS),
            ("(?<=a)b", LOOKS),
            ("(?<!a)b", LOOKS),
            (r"(a)\1", BACK),
            (r"(a)\9", BACK),
            (r"(?<x>a)\k<x>", BACK),
            (r"[\1]", BACK),
            ("[]", EMPTY),
            ("[^]", EMPTY),
            ("[a", "it has a class without its end"),
            ("[", "it has a class without its end"),
            (r"[a\]", "it has a class without its end"),
            ("a{100000}", TOO_LARGE),
            ("(a{200}){200}", TOO_LARGE),
            (r"\d{200}", TOO_LARGE),
            ("a" * 2_001, "it has more than 2,000 characters"),
        ],
    )
    def test_that_cannot_be_run_here_says_why(self, source: str, why: str) -> None:
        assert refused(source) == why

    @pytest.mark.parametrize("source", ["(a", "a)", "*a", "[b-a]", r"\p{Nonsense}", "a{2,1}"])
    def test_that_is_none_says_so_in_one_line(self, source: str) -> None:
        why = refused(source)
        assert why.startswith("it is no pattern: ")
        assert "\n" not in why
        assert not why.endswith(".")

    @pytest.mark.parametrize(
        ("source", "size", "width"),
        [
            ("", 0, 1),
            ("^$", 0, 1),
            ("abc", 3, 3),
            ("a|b", 2, 2),
            ("a*b+c?", 3, 3),
            (r"\.", 1, 1),
            (r"\d", 80, 1),
            (r"\p{L}", 80, 1),
            ("é", 3, 1),
            ("a{3}", 3, 3),
            ("a{2,5}", 5, 5),
            ("a{2,}", 2, 2),
            ("a{0}", 1, 1),
            ("(ab){3}", 6, 6),
            ("(a(bc){2}){3}", 15, 15),
            ("[abc]", 4, 1),
            ("[^abc]", 6, 1),
            (r"[\d-]", 82, 1),
            ("x(ab)y{2}", 5, 5),
            ("(?:ab){2}", 4, 4),
            ("a(?i)b{2}", 3, 3),
            ("ab{2}c{3}", 6, 6),
            ("(?<n>ab){2}", 4, 4),
            (r"\u0041{2}", 2, 2),
            ("(ab)c{2}", 4, 4),
        ],
    )
    def test_costs_what_it_is_when_its_repetitions_are_written_out(
        self, source: str, size: int, width: int
    ) -> None:
        made = LinearPattern(source)
        assert (made.source, made.size, made.width) == (source, size, width)

    def test_of_two_thousand_characters_and_of_size_ten_thousand_is_still_run(self) -> None:
        assert LinearPattern("a" * 2_000).width == 2_000
        assert LinearPattern("(a{100}){100}").size == 10_000
        assert refused("(a{100}){100}b") == TOO_LARGE

    @pytest.mark.parametrize(
        ("source", "fits", "does_not"),
        [
            (r"^\cJ$", "\n", "J"),
            (r"^\cj$", "\n", "j"),
            (r"^\0$", "\x00", "0"),
            (r"^a\Z", "a", "a\n"),
            (r"^\u{1F600}$", "😀", "u"),
            (r"^[\b]$", "\b", "b"),
            (r"^[~&]$", "~", "a"),
            (r"^[\d-x]$", "-", "5x"),
            (r"^[a-c]$", "b", "-"),
            (r"^[\w.-]$", "-", " "),
            (r"^}{$", "}{", "}"),
            (r"^\/$", "/", "\\"),
            (r"^.$", "é", "\n"),
            (r"^(?i)a$", "A", "b"),
            (r"^[^\s-]$", "a", "-"),
            (r"^[[]$", "[", "]"),
            (r"^[\]]$", "]", "["),
            (r"^\p{Lu}$", "É", "é"),
            (r"^\P{Lu}$", "é", "É"),
            (r"b", "abc", "ac"),
        ],
    )
    def test_means_what_it_means_in_javascript(self, source: str, fits: str, does_not: str) -> None:
        made = LinearPattern(source)
        assert made.found_in(fits, WorkBudget())
        assert not made.found_in(does_not, WorkBudget())

    def test_may_be_read_without_regard_to_case(self) -> None:
        assert LinearPattern("^ab$", ignoring_case=True).found_in("AB", WorkBudget())
        assert not LinearPattern("^ab$").found_in("AB", WorkBudget())

    def test_pays_for_each_place_that_a_character_is_held_against(self) -> None:
        work = WorkBudget(1_000)
        LinearPattern("a{50}").found_in("b" * 200, work)
        assert work.left == 1_000 - (1 + 200 * 50 // 100)
        with pytest.raises(TooMuch):
            LinearPattern("a{50}").found_in("b" * 200, WorkBudget(100))

    def test_is_made_ready_once(self) -> None:
        assert linear_regex.compiled("^once$") is linear_regex.compiled("^once$")

    def test_of_one_schema_share_their_room(self) -> None:
        half = "(a{100}){100}"
        two = {"allOf": [{"pattern": half}, {"pattern": half}]}
        assert ready.compiled(two, strict=True).unchecked == ()
        three = {"allOf": [*two["allOf"], {"pattern": "b"}]}
        with pytest.raises(BadSchema, match="too many or too large together"):
            ready.compiled(three, strict=True)
        assert ready.compiled(three, strict=False).unchecked == ("pattern",)

    @given(st.text(alphabet=r"ab[]()^$.*+?{}|\\-,1d", max_size=25), st.text("ab1-", max_size=10))
    def test_of_any_signs_is_run_or_refused(self, source: str, text: str) -> None:
        with suppress(BadPattern):
            made = LinearPattern(source)
            assert made.found_in(text, WorkBudget()) in (True, False)
            assert made.size >= made.width - 1


def fits(schema: Any) -> bool:
    return ready.compiled(schema, strict=True).problems("a") == []


class TestASchemasSize:
    def test_is_told_by_its_values(self) -> None:
        assert fits({"enum": ["a"] * 49_900})
        with pytest.raises(BadSchema, match=r"^it is too large or too deep to be used$"):
            ready.compiled({"enum": ["a"] * 50_001}, strict=True)

    def test_is_told_by_its_characters(self) -> None:
        assert fits({"description": "a" * 999_000})
        with pytest.raises(BadSchema, match="too large"):
            ready.compiled({"description": "a" * 1_000_001}, strict=True)
        with pytest.raises(BadSchema, match="too large"):
            ready.compiled({"a" * 1_000_001: 1}, strict=True)

    def test_is_told_by_its_depth(self) -> None:
        def deep(levels: int) -> Any:
            return {} if not levels else {"items": deep(levels - 1)}

        assert fits(deep(64))
        with pytest.raises(BadSchema, match="too deep"):
            ready.compiled(deep(65), strict=True)

    def test_that_calls_itself_ends_with_the_value(self) -> None:
        tree = {"properties": {"next": {"$ref": "#"}}, "required": ["id"]}
        made = ready.compiled(tree, strict=True)
        assert made.problems({"id": 1, "next": {"id": 2}}) == []
        assert [problem.path for problem in made.problems({"id": 1, "next": {}})] == [
            ("next", "id")
        ]

    def test_that_calls_itself_for_ever_is_too_much(self) -> None:
        made = ready.compiled({"$ref": "#"}, strict=True)
        with pytest.raises(TooMuch, match="leads from one part to the next without end"):
            made.problems(1)
