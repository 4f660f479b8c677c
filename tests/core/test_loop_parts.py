"""The parts of the loop detector by themselves: how sure each kind of repetition is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import DecisionKind, StopReason
from policies.loops import asking, comparable, cycles, progress, repeats
from policies.loops.asking import FreeTextRequest
from policies.loops.evidence import Manner, Repeats, most_sure, sureness
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import LoopKind, found, stop_reason
from policies.loops.past_calls import PastCall, PastMessage
from policies.loops.seen_filter import EMPTY
from tests.core.past_calls import PROSE, call

ONE = sureness(1, DEFAULTS)


def calls(letters: str) -> list[PastCall]:
    """A history in letters: each calls the tool of that name, which has one answer."""
    return [call(index, letter, f"answer of {letter}") for index, letter in enumerate(letters)]


class TestSureness:
    def test_grows_with_each_wasted_repetition(self) -> None:
        assert sureness(0, DEFAULTS) == 0
        assert sureness(1, DEFAULTS) == pytest.approx(0.23)
        assert sureness(2, DEFAULTS) == pytest.approx(1 - 0.77**2)

    def test_of_several_the_surest_counts(self) -> None:
        weak, strong = (Repeats(LoopKind.NEAR, Manner.CALL, score, (1,)) for score in (0.2, 0.7))
        assert most_sure([None, weak, strong, None]) is strong
        assert most_sure([None]) is None
        assert most_sure([]) is None

    @pytest.mark.parametrize(
        ("score", "what"),
        [
            (0.0, DecisionKind.ALLOW),
            (0.59, DecisionKind.ALLOW),
            (0.6, DecisionKind.PAUSE),
            (0.67, DecisionKind.PAUSE),
            (0.68, DecisionKind.STOP),
            (1.0, DecisionKind.STOP),
        ],
    )
    def test_reaches_a_decision(self, score: float, what: DecisionKind) -> None:
        assert LoopThresholds().reached(score) is what

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            (LoopKind.EXACT, StopReason.LOOP_DETECTED),
            (LoopKind.NEAR, StopReason.LOOP_DETECTED),
            (LoopKind.CYCLIC, StopReason.LOOP_DETECTED),
            (LoopKind.STAGNANT, StopReason.NO_PROGRESS),
        ],
    )
    def test_a_stop_says_whether_it_goes_round_or_nowhere(
        self, kind: LoopKind, reason: StopReason
    ) -> None:
        assert stop_reason(kind) is reason
        stop = found(DecisionKind.STOP, kind, 0.7, (1, 2), "so")
        assert (stop.rule, stop.reason, stop.sentence) == (f"loop-{kind.value}", reason, "so")
        assert stop.facts == {"kind": kind.value, "score": 0.7, "indices": (1, 2)}
        assert found(DecisionKind.ALLOW, kind, 0.5, (1,), "so").reason is None


class TestExactRepeats:
    def test_are_the_same_call_with_the_same_answer(self) -> None:
        earlier = [call(0), call(1, "other"), call(2)]
        assert repeats.exact(call(3), earlier, DEFAULTS) == Repeats(
            LoopKind.EXACT, Manner.CALL, sureness(2, DEFAULTS), (0, 2, 3), ("find",)
        )

    def test_end_with_another_answer(self) -> None:
        earlier = [call(0), call(1, answer="others"), call(2)]
        found_ = repeats.exact(call(3), earlier, DEFAULTS)
        assert found_ is not None
        assert found_.indices == (2, 3)

    def test_end_with_something_new_done(self) -> None:
        earlier = [call(0), call(1, "pay", progress=True)]
        assert repeats.exact(call(2), earlier, DEFAULTS) is None
        assert repeats.exact(call(2), [], DEFAULTS) is None
        assert repeats.exact(call(2), [call(0, args={"q": 2})], DEFAULTS) is None


class TestNearRepeats:
    args = {"query": "all the orders of the harbour master of the town", "page": 1}

    def test_are_alike_in_arguments_and_answer(self) -> None:
        earlier = [call(0, args=self.args)]
        now = call(1, args={**self.args, "page": 2})
        assert repeats.near(now, earlier, DEFAULTS) == Repeats(
            LoopKind.NEAR, Manner.CALL, ONE, (0, 1), ("find",)
        )

    @pytest.mark.parametrize(
        "facts",
        [
            {"tool": "look"},
            {"failed": True},
            {"answer": "something else altogether"},
            {"args": {"query": "x"}},
        ],
    )
    def test_are_nothing_when_anything_differs(self, facts: dict[str, Any]) -> None:
        earlier = [call(0, **{"args": self.args, **facts})]
        assert repeats.near(call(1, args={**self.args, "page": 2}), earlier, DEFAULTS) is None

    def test_of_the_very_call_need_the_very_answer(self) -> None:
        assert repeats.near(call(1), [call(0)], DEFAULTS) is not None
        assert repeats.near(call(1, answer="rowS"), [call(0)], DEFAULTS) is None


class TestTheSameFailure:
    def fails(self, index: int, number: int, answer: str = "no such order") -> PastCall:
        return call(index, answer=answer, args={"id": number}, failed=True)

    def test_counts_less_than_an_identical_call(self) -> None:
        found_ = repeats.same_failure(
            self.fails(2, 9), [self.fails(0, 7), self.fails(1, 8)], DEFAULTS
        )
        assert found_ == Repeats(
            LoopKind.NEAR, Manner.FAILURE, sureness(1.5, DEFAULTS), (0, 1, 2), ("find",)
        )

    def test_is_none_for_a_call_that_worked_or_failed_otherwise(self) -> None:
        assert repeats.same_failure(call(1), [self.fails(0, 7)], DEFAULTS) is None
        other = self.fails(0, 7, "the whole world is upside down today")
        assert repeats.same_failure(self.fails(1, 8), [other], DEFAULTS) is None

    def test_is_forgiven_once_a_retry_worked(self) -> None:
        mended = call(1, args={"id": 7})
        assert repeats.same_failure(self.fails(2, 9), [self.fails(0, 7), mended], DEFAULTS) is None

    def test_ends_with_something_new_done(self) -> None:
        done = call(1, "pay", progress=True)
        assert repeats.same_failure(self.fails(2, 9), [self.fails(0, 7), done], DEFAULTS) is None


class TestTheSameWords:
    def test_are_exact_when_all_of_them_are(self) -> None:
        said = [PastMessage(0, "I will look again"), PastMessage(1, "I will look again")]
        found_ = repeats.words(PastMessage(2, "I will look again"), said, DEFAULTS)
        assert found_ == Repeats(LoopKind.EXACT, Manner.WORDS, sureness(2, DEFAULTS), (0, 1, 2))
        found_ = repeats.words(PastMessage(2, "I will look again!"), said, DEFAULTS)
        assert found_ == Repeats(LoopKind.NEAR, Manner.WORDS, sureness(2, DEFAULTS), (0, 1, 2))
        assert repeats.words(PastMessage(2, "something else"), said, DEFAULTS) is None


class TestRepetitionsAcrossTurns:
    @given(st.lists(st.integers(0, 3), max_size=9), st.integers(0, 3))
    def test_weigh_less_when_somebody_spoke_in_between(self, turns: list[int], now: int) -> None:
        found_ = [PastMessage(index, "same", turn) for index, turn in enumerate(turns)]
        weight = repeats.wasted(found_, now, DEFAULTS)
        assert weight == pytest.approx(
            turns.count(now) + DEFAULTS.told_between * (len(turns) - turns.count(now))
        )
        assert weight <= len(turns)

    def test_of_a_call_made_anew_for_somebody_are_less_sure(self) -> None:
        asked, again = call(0), [call(1), call(2, turn=1)]
        same, other = (repeats.exact(one, [asked], DEFAULTS) for one in again)
        assert same is not None
        assert other is not None
        assert other.score < same.score


class TestForms:
    asked = "SELECT count(*) FROM {} WHERE deleted IS NULL"

    def form(self, value: str, index: int = 0) -> PastCall:
        return call(index, args={"query": self.asked.format(value)})

    def test_are_filled_in_with_other_values(self) -> None:
        assert asking.fills_in(self.form("mills", 1), [self.form("kilns")])

    @pytest.mark.parametrize(
        "other",
        [
            "Please count all mills that nobody has deleted so far",
            "SELECT name, id FROM mills WHERE town IS NULL",
            "SELECT count(*) FROM mills WHERE deleted IS NULL AND town = 7",
        ],
    )
    def test_are_not_what_is_worded_otherwise(self, other: str) -> None:
        assert not asking.fills_in(call(1, args={"query": other}), [self.form("kilns")])

    def test_are_not_the_very_same_text(self) -> None:
        assert not asking.fills_in(self.form("kilns", 1), [self.form("kilns")])
        assert not asking.fills_in(self.form("kilns", 1), [])


class TestRounds:
    def cycle(self, letters: str, **limits: int) -> Repeats | None:
        return cycles.cycle(calls(letters), replace(DEFAULTS, **limits))

    @pytest.mark.parametrize(
        ("letters", "indices", "wasted"),
        [
            ("abab", (0, 1, 2, 3), 2),
            ("ababab", (0, 1, 2, 3, 4, 5), 4),
            ("xabab", (1, 2, 3, 4), 2),
            ("abcabc", (0, 1, 2, 3, 4, 5), 3),
            ("abcdabcd", tuple(range(8)), 4),
            ("aabaab", (0, 1, 2, 3, 4, 5), 3),
        ],
    )
    def test_are_found_with_their_beginning(
        self, letters: str, indices: tuple[int, ...], wasted: int
    ) -> None:
        found_ = self.cycle(letters)
        assert found_ is not None
        assert (found_.kind, found_.manner) == (LoopKind.CYCLIC, Manner.ROUND)
        assert (found_.indices, found_.score) == (indices, sureness(wasted, DEFAULTS))
        assert found_.tools == tuple(letters[-len(found_.tools) :])

    @pytest.mark.parametrize(
        "letters", ["", "a", "ab", "aba", "abba", "aaaa", "abcab", "ababc", "abcdeabcde"]
    )
    def test_are_not_found_where_there_is_none(self, letters: str) -> None:
        assert self.cycle(letters) is None

    def test_are_looked_for_up_to_the_longest(self) -> None:
        assert self.cycle("abcdeabcde", longest_cycle=5) is not None
        assert self.cycle("abab", longest_cycle=1) is None

    def test_need_the_same_answers(self) -> None:
        history = calls("abab")
        history[0] = call(0, "a", "another answer")
        assert cycles.cycle(history, DEFAULTS) is None

    def test_of_one_call_under_two_answers_are_no_round(self) -> None:
        history = [call(index, answer=answer) for index, answer in enumerate("xyxy")]
        assert cycles.cycle(history, DEFAULTS) is None


class TestRequests:
    def test_have_four_equal_parts(self) -> None:
        one = call(0, args={"q": PROSE}, answer="the older one is in the north of the bay")
        now = replace(one, index=1)
        assert asking.asked(now, [], 1.0, DEFAULTS) == FreeTextRequest(0.0, 0.0, ())
        assert asking.asked(now, [one], 0.25, DEFAULTS) == FreeTextRequest(
            (1 + 1 / 8 + 1 / 8) / 4, 0.75, (0,)
        )
        other = replace(one, answered="nothing at all")
        assert asking.asked(now, [other], 0.25, DEFAULTS).likeness == (1 + 1 / 8) / 4
        empty = replace(now, answered="[]")
        assert asking.asked(empty, [], 1.0, DEFAULTS).likeness == 0.25

    def test_are_compared_with_eight_earlier_ones_in_free_text(self) -> None:
        one = call(0, args={"q": PROSE})
        history = [replace(one, index=index) for index in range(9)]
        assert asking.asked(one, history, 0.0, DEFAULTS).indices == tuple(range(1, 9))
        assert (
            asking.asked(one, [call(0), replace(one, progress=True)], 0.0, DEFAULTS).indices == ()
        )

    @pytest.mark.parametrize(
        ("asked", "score"),
        [
            ([FreeTextRequest(0.41, 0.5, (1,))] * 3, 1.0),
            ([FreeTextRequest(0.9, 0.5, (1,))] * 3, 1.0),
            ([FreeTextRequest(0.29, 0.4, (1,))] * 3, pytest.approx(0.5)),
            ([FreeTextRequest(0.17, 0.5, (1,))] * 3, None),
            ([FreeTextRequest(0.41, 0.29, (1,))] * 3, None),
            ([FreeTextRequest(0.41, 0.5, ())] * 3, None),
            ([FreeTextRequest(0.9, 0.9, (1,))], pytest.approx((0.3 - 0.17) / 0.24)),
        ],
    )
    def test_circle_when_they_are_alike_and_little_was_told(
        self, asked: Sequence[FreeTextRequest], score: Any
    ) -> None:
        limits = DEFAULTS if len(asked) == 3 else replace(DEFAULTS, requests_known=0.2)
        found_ = asking.circling(asked, 5, limits)
        if score is None:
            assert found_ is None
        else:
            assert found_ == Repeats(LoopKind.NEAR, Manner.REQUEST, score, (1, 5))


class TestStaleness:
    def of(
        self, now: PastCall, earlier: Sequence[PastCall] = (), news: float = 0.0, **facts: Any
    ) -> float:
        return progress.staleness(now, earlier, news, facts.get("memory", EMPTY), DEFAULTS)

    def test_is_what_was_not_new_and_less_for_asking_otherwise(self) -> None:
        assert self.of(call(), [call()]) == 1.0
        assert self.of(call(args={"q": PROSE}), []) == pytest.approx(0.6)
        assert self.of(call(args={"q": PROSE}), [], 0.5) == pytest.approx(0.3)
        assert self.of(call(), [call()], 1.0) == 0.0

    def test_of_the_same_call_answered_otherwise_is_little(self) -> None:
        assert self.of(call(1, answer="new"), [call()]) == 0.3
        assert self.of(call(1, answer="new"), [call()], 0.9) == pytest.approx(0.1)
        assert self.of(call(1, answer="new"), [call(failed=True)]) == 0.0

    def test_of_a_failure_is_much(self) -> None:
        assert self.of(call(failed=True), [], 1.0) == 0.75
        assert self.of(call(failed=True), [call(failed=True)]) == 1.0

    def test_of_an_empty_answer_is_all(self) -> None:
        assert self.of(call(answer="[]"), [], 1.0) == 1.0
        assert self.of(call(answer='{"found": 12, "items": []}'), [], 0.0) == 1.0
        assert self.of(call(answer='{"found": 12, "items": []}'), [], 0.5) < 1.0

    def test_of_going_through_a_list_is_little(self) -> None:
        args = {"id": "harbour"}
        memory = EMPTY.with_texts(outside=comparable.marks("harbour mill"))
        assert self.of(call(args=args), memory=memory) == DEFAULTS.sweep
        assert self.of(call(args=args, answer="[]"), memory=memory) == DEFAULTS.empty_sweep
        assert self.of(call(args=args, answer="[]")) == DEFAULTS.empty
        assert self.of(call(args={}), memory=memory) == pytest.approx(0.6)
        assert self.of(call(1, args=args), [call(args=args)], memory=memory) == 1.0

    def test_of_asking_for_something_else_is_little_until_the_answers_are_all_the_same(
        self,
    ) -> None:
        earlier = [call(number, args={"id": number}) for number in range(DEFAULTS.same_answers)]
        now = call(99, args={"id": 99})
        assert self.of(now, earlier[1:]) == DEFAULTS.sweep
        assert self.of(now, earlier) > DEFAULTS.tolerated
        assert self.of(replace(now, letter=b"other"), earlier) == DEFAULTS.sweep
        assert self.of(replace(now, picked=None), earlier[1:]) > DEFAULTS.tolerated

    def test_of_looking_again_is_expected_once_after_something_was_done(self) -> None:
        look, done = call(0, "look"), call(1, "pay", progress=True)
        assert progress.looks_again(call(2, "look"), [look, done])
        assert not progress.looks_again(call(2, "look"), [done])
        assert not progress.looks_again(call(3, "look"), [look, done, call(2, "look")])
        assert not progress.looks_again(call(2, "look", failed=True), [look, done])
        assert not progress.looks_again(call(2, "look"), [look])

    def test_compares_with_the_last_eight_of_its_tool(self) -> None:
        old = call(0, args={"q": "abcdefgh"})
        others = [call(index, args={"q": "12345678"}) for index in range(1, 9)]
        near_old = call(9, args={"q": "abcdefgX"})
        assert self.of(near_old, [old, *others]) < self.of(near_old, [old, *others[1:]])

    @given(st.floats(0, 1), st.booleans(), st.sampled_from(["rows", "[]", "x"]))
    def test_is_a_share(self, news: float, failed: bool, answer: str) -> None:
        assert 0 <= self.of(call(failed=failed, answer=answer), [call()], news) <= 1


class TestPressure:
    def test_fades_and_gathers_what_exceeds_the_tolerated(self) -> None:
        assert progress.pressed(1.0, 1.0, DEFAULTS) == pytest.approx(0.8 + 0.8)
        assert progress.pressed(0.0, 0.2, DEFAULTS) == 0.0
        assert progress.pressed(0.1, 0.0, DEFAULTS) == 0.0

    def test_has_a_score_that_ends_at_one(self) -> None:
        assert progress.score(0.0, DEFAULTS) == 0.0
        assert progress.score(2.0, DEFAULTS) == pytest.approx(0.5)
        assert progress.score(4.0, DEFAULTS) == pytest.approx(1.0)
        assert progress.score(100.0, DEFAULTS) == 1.0

    def test_of_nothing_new_for_ever_comes_to_one(self) -> None:
        pressure = 0.0
        for _ in range(200):
            pressure = progress.pressed(pressure, 1.0, DEFAULTS)
        assert progress.score(pressure, DEFAULTS) == pytest.approx(1.0)

    def test_is_given_back_when_a_retry_works(self) -> None:
        failed = [call(0, "other", charge=0.3), call(1, failed=True, charge=0.5),
                  call(2, failed=True, charge=0.4)]  # fmt: skip
        assert progress.relieved(1.0, call(3), failed) == pytest.approx(0.1)
        assert progress.relieved(0.5, call(3), failed) == 0.0
        assert progress.relieved(1.0, call(3, failed=True), failed) == 1.0
        assert progress.relieved(1.0, call(3, args={"q": 9}), failed) == 1.0
        assert progress.relieved(1.0, call(3), []) == 1.0

    def test_knows_what_changes_the_world_anew(self) -> None:
        assert progress.is_new_effect(call(), [])
        assert not progress.is_new_effect(call(failed=True), [])
        assert not progress.is_new_effect(call(1), [call(0)])
        assert progress.is_new_effect(call(1), [call(0, args={"q": 9})])
