"""What the loop detector compares: which texts are alike, what it remembers of a call, which words
are new.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.loops import comparable
from policies.loops.comparable import Marks
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import CallObserved
from policies.loops.past_calls import alike, closest_ask, remembered
from policies.loops.seen_filter import EMPTY, GENERATION
from tests.core.past_calls import PROSE, call


class TestComparing:
    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("at 2026-03-14T09:30:00Z", "at #"),
            ("at 2026-03-14 09:30", "at #"),
            ("at 2026-03-14T09:30:00.125+01:00", "at #"),
            ("on 2026-03-14", "on 2026-03-14"),
            ("epoch 1700000000", "epoch #"),
            ("order 12345678", "order 12345678"),
            ("took 12.5 seconds", "took #"),
            ("took 3ms, 4 minutes", "took #, #"),
            ("3 rows", "3 rows"),
            ("id 123e4567-e89b-12d3-a456-426614174000", "id #"),
            ("sha 0123456789abcdef01234567", "sha #"),
            ("sha 0123456789abcdef012345", "sha 0123456789abcdef012345"),
            ("x0123456789abcdef01234567", "x0123456789abcdef01234567"),
        ],
    )
    def test_strikes_out_what_changes_by_itself(self, text: str, left: str) -> None:
        assert comparable.plain(text, 100) == left

    def test_looks_at_the_beginning(self) -> None:
        assert comparable.plain("abcdef", 3) == "abc"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "  ",
            "[]",
            "{}",
            "null",
            "None.",
            "nil",
            "0",
            '"empty"',
            "Not found",
            "no results",
            "No results found.",
            "no matches",
            "No data",
            "no record found",
        ],
    )
    def test_knows_nothing_when_it_sees_it(self, text: str) -> None:
        assert comparable.is_nothing(text)

    @pytest.mark.parametrize(
        "text", ["00", "nothing", "no luck", "[0, 1]", "found", "-" * 81, "no results for you", "a"]
    )
    def test_takes_nothing_else_for_it(self, text: str) -> None:
        assert not comparable.is_nothing(text)

    def test_takes_no_long_text_for_nothing(self) -> None:
        assert comparable.is_nothing("-" * 80)

    @pytest.mark.parametrize(
        ("text", "gap"),
        [('{"a": []}', True), ('{"a": [ \n]}', True), ("{}", True), ("[1]", False), ("", False)],
    )
    def test_sees_an_empty_list_in_an_answer(self, text: str, gap: bool) -> None:
        assert comparable.has_gap(text) is gap

    def test_gives_arguments_one_text_whatever_their_order(self) -> None:
        assert comparable.canonical({"b": 1, "a": [2]}) == comparable.canonical({"a": [2], "b": 1})
        assert comparable.canonical({"a": 1}) != comparable.canonical({"a": "1"})
        assert comparable.canonical("as it was sent") == "as it was sent"

    def test_finds_the_scalars_of_arguments_however_deep(self) -> None:
        args = {"a": [1, {"b": "x", "c": (None, True)}], "d": 0.5}
        assert list(comparable.values(args)) == ["1", "x", "None", "True", "0.5"]

    @pytest.mark.parametrize(
        ("args", "is_picked"),
        [
            ({"id": 7}, True),
            ({}, True),
            ({"q": "one two three four five"}, True),
            ({"q": "one two three four five six"}, False),
            ({"q": "x" * 1_200}, True),
            ({"q": f"{'x' * 60} {'y' * 59}"}, True),
            ({"q": f"{'x' * 60} {'y' * 60}"}, False),
            ({"path": "/srv/data/a b/the papers of the old harbour/1 2 3.txt"}, True),
            ({"path": r"C:\Users\Anna Berg\My own documents\of the year\list.txt"}, True),
            ({"url": "https://example.org/search?q=all+the+ships of the north"}, True),
            ({"mail": "anna.berg@mail.example.org", "at": "2031-05-06 10:11"}, True),
            ({"q": "~ is what the shell makes of home, and nothing else"}, False),
            ({"q": "/remind me of all that I have to do"}, False),
            ({"a": 7, "b": [{"c": PROSE}]}, False),
            ("free text", False),
        ],
    )
    def test_tells_what_is_picked_from_a_list_from_prose(self, args: Any, is_picked: bool) -> None:
        assert (comparable.picked(args) is not None) is is_picked

    def test_marks_words_and_their_pairs_and_no_names_of_fields(self) -> None:
        read = comparable.marks("red lamp, RED chair")
        assert (len(read.words), len(read.pairs)) == (3, 3)
        assert comparable.marks('{"name": "red"}') == comparable.marks("RED")
        assert comparable.marks("red").pairs == comparable.marks("red").words
        assert comparable.marks("") == Marks(frozenset(), frozenset())

    def test_leaves_out_what_an_answer_only_gives_back(self) -> None:
        asked = comparable.marks("red lamp")
        assert comparable.marks("red lamp is sold", echo=asked.words) == comparable.marks("is sold")

    @given(st.text(max_size=200))
    def test_marks_are_numbers_below_their_space(self, text: str) -> None:
        read = comparable.marks(text)
        assert all(0 <= mark < comparable.SPACE for mark in read.words | read.pairs)

    @pytest.mark.parametrize(
        ("one", "other", "at_least", "expected"),
        [
            ("abcd", "abcd", 101, True),
            ("abcd", "abce", 75, True),
            ("abcd", "abce", 76, False),
            ("", "", 100, True),
            ("abcd", "wxyz", 1, False),
        ],
    )
    def test_is_alike_from_a_share_on(
        self, one: str, other: str, at_least: float, expected: bool
    ) -> None:
        assert alike(one, other, at_least) is expected

    def test_asks_for_the_closest_of_several(self) -> None:
        now = call(args="abcd")
        assert closest_ask(now, []) == 0.0
        assert closest_ask(now, [call(args="abce"), call(args="wxyz")]) == 0.75
        assert closest_ask(now, [call(args="wxyz"), call(args="abcd")]) == 1.0


class TestRemembering:
    def test_keeps_beginnings_for_likeness_and_digests_for_sameness(self) -> None:
        limits = LoopThresholds(args_chars=5)
        kept = remembered(
            CallObserved(3, "find", "abcdefgh", "raw", failed=True), "x" * 700, limits
        )
        assert (kept.index, kept.tool, kept.failed) == (3, "find", True)
        assert (kept.asked, kept.answered) == ("abcde", "x" * 600)
        other = remembered(CallObserved(4, "find", "abcdefgX", "raw"), "x" * 700, limits)
        assert kept.asked == other.asked
        assert not kept.same_ask(other)
        assert kept.answer == other.answer

    def test_calls_are_the_same_by_tool_arguments_and_answer(self) -> None:
        one = call(1)
        assert one.same(call(2))
        assert not one.same(call(2, answer="others"))
        assert one.same_ask(call(2, answer="others"))
        assert not one.same_ask(call(2, "look"))
        assert not one.same_ask(call(2, args={"q": 2}))

    def test_a_request_is_free_text_that_changed_nothing(self) -> None:
        assert call(args={"q": PROSE}).control_requests
        assert not call(args={"q": PROSE}, progress=True).control_requests
        assert not call(args={"q": "short"}).control_requests


class TestTheFilter:
    def marked(self, first: int, count: int) -> Marks:
        numbers = frozenset(range(first, first + count))
        return Marks(numbers, numbers)

    def test_an_empty_text_is_no_news(self) -> None:
        assert EMPTY.news(Marks(frozenset(), frozenset())) == 0.0

    def test_news_is_the_share_of_pairs_never_met(self) -> None:
        memory = EMPTY.with_texts(own=self.marked(0, 3))
        assert memory.news(self.marked(0, 3)) == 0.0
        assert memory.news(self.marked(2, 4)) == 0.75
        assert memory.news(self.marked(100, 8)) == 1.0
        assert EMPTY.news(self.marked(0, 3)) == 1.0

    def test_only_words_from_outside_came_from_outside(self) -> None:
        memory = EMPTY.with_texts(own=self.marked(0, 3), outside=self.marked(10, 3))
        assert memory.all_from_outside({10, 11, 12})
        assert not memory.all_from_outside({10, 0})
        assert memory.all_from_outside(set())
        assert not EMPTY.all_from_outside({10})

    def test_what_is_known_changes_nothing(self) -> None:
        memory = EMPTY.with_texts(own=self.marked(0, 3))
        assert memory.with_texts(own=self.marked(0, 3)) is memory
        assert (memory.count, EMPTY.count) == (3, 0)

    def test_a_generation_is_full_with_sixteen_thousand_marks(self) -> None:
        full = EMPTY.with_texts(own=self.marked(0, GENERATION))
        assert full.count == GENERATION
        next_one = full.with_texts(own=self.marked(GENERATION, 1))
        assert (next_one.count, next_one.old) == (1, full.young)
        assert next_one.news(self.marked(0, 10)) == 0.0

    def test_what_is_used_again_outlives_a_generation(self) -> None:
        memory = EMPTY.with_texts(own=self.marked(0, GENERATION))
        memory = memory.with_texts(own=self.marked(GENERATION, 1))
        memory = memory.with_texts(own=self.marked(0, 10))
        memory = memory.with_texts(own=self.marked(GENERATION, GENERATION - 11))
        memory = memory.with_texts(own=self.marked(3 * GENERATION, GENERATION))
        assert memory.news(self.marked(0, 10)) == 0.0
        assert memory.news(self.marked(20, 10)) == 1.0

    @given(st.sets(st.integers(0, comparable.SPACE - 1), min_size=1, max_size=50))
    def test_any_mark_is_known_once_it_was_met_and_no_other(self, numbers: set[int]) -> None:
        marks = Marks(frozenset(numbers), frozenset(numbers))
        memory = EMPTY.with_texts(own=marks)
        assert memory.news(marks) == 0.0
        others = frozenset(number ^ 1 for number in numbers) - frozenset(numbers)
        assert memory.news(Marks(others, others)) == (1.0 if others else 0.0)
