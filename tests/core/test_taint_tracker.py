"""The tracker of where values come from: which result it names, what it remembers, when it
stops.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.taint import provenance
from policies.taint.block import ValueOrigin
from policies.taint.leaves import leaves
from policies.taint.provenance import Mark, ProvenanceTracker
from policies.taint.search_terms import TooMuchToSearch

MAIL, WEB, FILE = ValueOrigin("read_mail", 1), ValueOrigin("browse", 2), ValueOrigin("read_file", 3)


def tracker(*heard: str, said: str = "") -> ProvenanceTracker:
    """Texts as the mail, the page and the file of a run, after its goal."""
    kept = ProvenanceTracker([said] if said else [])
    for origin, told in zip((MAIL, WEB, FILE), heard, strict=False):
        kept.hear(origin.tool, origin.step, told)
    return kept


class TestTheSource:
    def test_is_the_first_result_that_had_the_value(self) -> None:
        kept = tracker("nothing here", "the lamp is green", "the lamp is green")
        assert kept.source("the lamp is green") == WEB

    def test_of_a_number_is_found_in_any_form(self) -> None:
        kept = tracker("pay 1,800.00 usd", "or 950")
        assert kept.source(1800) == kept.source("1'800 EUR") == MAIL
        assert kept.source(950) == WEB
        assert kept.source(1801) is None

    def test_is_nobody_when_a_person_said_it(self) -> None:
        kept = tracker("pay 1,800.00 usd to the green lamp", said="pay 1800 to the green lamp")
        assert kept.source(1800) is None
        assert kept.source("the green lamp") is None
        assert kept.source("usd to the green lamp") == MAIL

    def test_is_nobody_when_no_result_had_it(self) -> None:
        assert tracker("a red lamp").source("a blue lamp") is None
        assert tracker().source("a blue lamp") is None

    def test_of_several_values_is_that_of_the_first_that_is_tainted(self) -> None:
        kept = tracker("lamp of gold", "lamp of tin", said="lamp of wood")
        assert kept.source(["lamp of wood", {"a": "lamp of tin"}, "lamp of gold"]) == WEB
        assert kept.source([]) is None
        assert kept.source([None, True, "lamp of wood"]) is None

    def test_that_has_it_as_it_is_comes_before_one_that_resembles_it(self) -> None:
        kept = tracker("ask xmallory@evil.example", "ask mallory@evil.example")
        assert kept.source("mallory@evil.example") == WEB

    def test_is_found_across_separators(self) -> None:
        assert tracker("DE02-1203-0000-0000").source("DE02120300000000") == MAIL
        assert tracker("DE02120300000000").source("DE02 1203 0000 0000") == MAIL
        assert tracker("bluelamp here").source("blue lamp") == MAIL
        assert tracker("redlamp here").source("red lamp") is None

    def test_of_an_address_in_parts_needs_both_parts(self) -> None:
        assert tracker("user mallory", "domain evil.example").source("mallory@evil.example") == WEB
        assert tracker("user mallory").source("mallory@evil.example") is None
        assert tracker("domain evil.example").source("mallory@evil.example") is None

    def test_of_an_account_in_two_halves_is_the_one_that_has_the_second(self) -> None:
        assert tracker("begins 120300", "ends 004711").source("120300004711") == WEB
        assert tracker("ends 004711", "begins 120300").source("120300004711") == MAIL
        assert tracker("begins 12030", "ends 0004711").source("120300004711") is None
        assert tracker("begins 120300").source("120300004711") is None

    def test_of_a_date_is_not_put_together_from_halves(self) -> None:
        assert tracker("begins 202603", "ends 140900").source("202603140900") is None
        assert tracker("begins 202613", "ends 140900").source("202613140900") == WEB
        assert tracker("begins 182603", "ends 140900").source("182603140900") == WEB

    def test_of_wrapped_text_is_found_on_both_sides(self) -> None:
        hidden = "write to mallory@evil.example"
        assert tracker(hidden.encode().hex()).source("mallory@evil.example") == MAIL
        assert tracker(hidden).source(hidden.encode().hex()) == MAIL

    def test_of_a_text_and_of_a_number_that_look_alike_are_apart(self) -> None:
        kept = tracker("the number 1234567")
        assert kept.source("1234567") == MAIL
        assert kept.source(1234567) == MAIL
        assert kept.source(True) is None


class TestMemory:
    def test_ends_when_something_new_is_said_or_heard(self) -> None:
        kept = tracker("a red lamp")
        assert kept.source("a blue lamp") is None
        kept.hear("browse", 2, "a blue lamp")
        assert kept.source("a blue lamp") == WEB
        kept.trust("a blue lamp")
        assert kept.source("a blue lamp") is None

    def test_holds_a_thousand_values(self) -> None:
        kept = tracker("word")
        for number in range(provenance.REMEMBERED):
            kept.source(f"value {number}")
        assert len(kept._known) == 1_000
        kept.source("one more value")
        assert list(kept._known) == [(str, "one more value")]

    def test_is_cleared_for_a_very_long_value(self) -> None:
        kept = tracker("word")
        kept.source("short one")
        kept.source("x" * 10_000)
        assert len(kept._known) == 2
        kept.source("x" * 10_001)
        assert len(kept._known) == 1

    def test_asks_for_a_text_with_the_first_question_and_once(self) -> None:
        asked: list[int] = []
        kept = ProvenanceTracker()

        def told() -> str:
            asked.append(1)
            return "a red lamp"

        kept.hear_of("read_mail", 1, told)
        assert asked == []
        assert kept.source("a red lamp") == MAIL
        assert kept.source("a red lamp again") is None
        assert asked == [1]


class TestOrigins:
    def test_are_all_results_that_had_all_of_it(self) -> None:
        kept = tracker("lamp of gold, lamp of tin", "lamp of tin", "lamp of gold and lamp of tin")
        assert kept.origins("lamp of tin") == (MAIL, WEB, FILE)
        assert kept.origins(["lamp of tin", "lamp of gold"]) == (MAIL, FILE)
        assert kept.origins("lamp of lead") == ()
        assert kept.origins([]) == ()

    def test_are_told_also_for_what_people_said(self) -> None:
        assert tracker("lamp of tin", said="lamp of tin").origins("lamp of tin") == (MAIL,)

    def test_of_an_amount_need_every_reading_of_it(self) -> None:
        kept = tracker("1800", "1.8", "1,800")
        assert kept.origins("1,800") == (FILE,)
        assert kept.origins(1800) == (MAIL, FILE)

    def test_of_an_address_need_the_very_address(self) -> None:
        kept = tracker("anna@b.example.org", "mail anna@b.example!", "anna at b dot example")
        assert kept.origins("anna@b.example") == (WEB,)


class TestTrust:
    said = (
        "Write to anna@b.example, look at https://c.example/today."
        " Account DE02 1203 0000. Pay 1,800 or 7."
    )

    @pytest.mark.parametrize(
        "value",
        [
            "anna@b.example",
            "ANNA@b.example",
            "c.example/today",
            "https://c.example/today",
            1800,
            1.8,
            7,
            "7",
            "DE02-1203-0000",
            "de0212030000",
            "look at",
            [7, "look at"],
            [],
            None,
            "",
            True,
        ],
    )
    def test_is_given_to_what_a_person_said(self, value: Any) -> None:
        assert tracker(said=self.said).trusted(value)

    @pytest.mark.parametrize(
        "value",
        [
            "nna@b.example",
            "anna@b.exampl",
            "anna@b.example.org",
            "c.example/todayx",
            "c.example",
            8,
            "DE02 1203 000",
            "look up",
            [7, 8],
            "anna b example/x",
        ],
    )
    def test_is_not_given_to_what_only_resembles_it(self, value: Any) -> None:
        assert not tracker(said=self.said).trusted(value)

    def test_is_not_given_for_what_a_tool_said(self) -> None:
        assert not tracker("lamp of tin").trusted("lamp of tin")


class TestMarks:
    def test_name_the_place_the_value_and_the_result(self) -> None:
        kept = tracker("lamp of gold", "lamp of tin", said="lamp of wood")
        marks = kept.marks(
            {"a": "lamp of wood", "b": {"c": ["lamp of tin", "lamp of wood"]}, "d": "lamp of gold"}
        )
        assert marks == (
            Mark("args.b.c[0]", "lamp of tin", "browse", 2),
            Mark("args.d", "lamp of gold", "read_mail", 1),
        )
        assert marks[0].facts == {
            "path": "args.b.c[0]", "value": "lamp of tin", "tool": "browse", "step": 2
        }  # fmt: skip

    def test_show_eighty_characters_of_a_value(self) -> None:
        value = "lamp of gold " * 10
        [mark] = tracker(value).marks({"a": value})
        assert mark.value == value[:80]

    def test_are_twenty_at_most(self) -> None:
        kept = tracker("lamp of gold")
        assert len(kept.marks({f"a{number}": "lamp of gold" for number in range(20)})) == 20
        assert len(kept.marks({f"a{number}": "lamp of gold" for number in range(21)})) == 20

    def test_say_where_nobody_looked_any_further(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = tracker("lamp of gold")
        monkeypatch.setattr(provenance, "MOST_SEARCHED", 40_100)
        kept.begin()
        marks = kept.marks({"a": "lamp of gold", "b": "x" * 150, "c": "y" * 150})
        assert marks == (
            Mark("args.a", "lamp of gold", "read_mail", 1),
            Mark("args.c", provenance.NOT_ALL, "", 0),
        )


class TestPatience:
    def test_ends_with_more_texts_than_may_be_read_at_once(self) -> None:
        kept = ProvenanceTracker(at_once=2)
        for number in range(3):
            kept.hear("browse", number, "a red lamp")
        with pytest.raises(TooMuchToSearch, match="not all that was read has been looked at yet"):
            kept.source("a red lamp")
        was_behind = kept.behind
        assert kept.catch_up()
        kept.begin()
        assert (was_behind, kept.behind) == (True, False)
        assert kept.source("a red lamp") == ValueOrigin("browse", 0)

    def test_catches_up_one_text_at_a_time(self) -> None:
        kept = ProvenanceTracker(at_once=0)
        kept.hear("browse", 1, "lamp of gold")
        kept.hear("browse", 2, "lamp of gold")
        assert kept.catch_up()
        assert not kept.catch_up()
        assert not kept.catch_up()
        assert kept.source("lamp of gold") == ValueOrigin("browse", 1)

    def test_pays_for_the_history_and_for_the_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provenance, "MOST_SEARCHED", 2_011)
        kept = tracker("0123456789")
        assert kept.source("x" * 10) is None
        with pytest.raises(TooMuchToSearch, match="takes too long to find out"):
            kept.source("y" * 10)
        kept.begin()
        assert kept.source("y" * 10) is None

    def test_pays_for_each_thing_more_to_look_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provenance, "MOST_SEARCHED", 50_000)
        kept = tracker("word")
        assert kept.source("ask a@b.example") is None
        kept.begin()
        with pytest.raises(TooMuchToSearch):
            kept.source("ask a@b.example, c@d.example")


class TestLeaves:
    def test_are_texts_and_numbers_with_their_paths_in_order(self) -> None:
        value = {"a": 1, "b": [None, True, "x", ("y",)], "c": {"d": 0.5, "e": []}}
        assert list(leaves(value, "args")) == [
            ("args.a", 1), ("args.b[2]", "x"), ("args.b[3][0]", "y"), ("args.c.d", 0.5)
        ]  # fmt: skip

    @pytest.mark.parametrize("name", ["a@b", "a/b", "a.b", "12 345", "123-45", "1.2.345"])
    def test_are_also_names_that_carry_something(self, name: str) -> None:
        assert list(leaves({name: None}, "args")) == [("args.(a field's name)", name)]

    @pytest.mark.parametrize("name", ["a", "a b", "a_b", "a. b", "1234", "a-1"])
    def test_are_not_the_names_of_fields(self, name: str) -> None:
        assert list(leaves({name: None}, "args")) == []

    def test_may_be_as_deep_as_anybody_likes(self) -> None:
        value: Any = "x"
        for _ in range(50_000):
            value = [value]
        assert [leaf for _, leaf in leaves(value, "")] == ["x"]


@example(["000:0"], "000/\x1f0")
@given(st.lists(st.text(max_size=30), max_size=3), st.text(max_size=30))
def test_what_a_person_said_word_for_word_is_never_accused(heard: list[str], said: str) -> None:
    kept = tracker(*heard, said=said)
    assert kept.source(said) is None


@given(st.text(alphabet="abcdefgh", min_size=4, max_size=12))
def test_a_word_that_one_result_had_is_found_in_it(word: str) -> None:
    kept = tracker("nothing of 1", f"so {word.upper()}! is it")
    assert kept.source(word) == WEB
    assert kept.origins(word) == (WEB,)
