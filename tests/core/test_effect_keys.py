"""When two calls are one effect worded twice, and what becomes of the second."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.gate import effect_keys
from policies.gate.effect_keys import EarlierEffect, ProposedEffect

NAMES = ("order_id", "amount")
REFUND = {"order_id": 1042, "amount": 12.5, "note": "postage"}
DONE = EarlierEffect("4.1", 4, done=True)
ELSEWHERE = EarlierEffect("2.1", 2, done=True, run="0f0e0d0c-aaaa")
ASK = Decision(DecisionKind.ASK, "gate", 3, "A person decides.", {"approval": {"quorum": 2}})
KEYED = ProposedEffect("abc", NAMES)


def key(args: dict[str, Any], *names: str, tool: str = "refund") -> str:
    return effect_keys.proposed(tool, names or NAMES, args).key


def judged(
    earlier: EarlierEffect | None, told: str | None = None, found: Decision = ALLOWED
) -> Decision:
    return effect_keys.judge(found, "refund", KEYED, [earlier] if earlier else [], told)


@pytest.mark.parametrize(
    "reworded",
    [
        {"note": "the postage, please", "amount": 12.5, "order_id": 1042},
        {"order_id": "1042", "amount": "12.50"},
        {"order_id": " 1042 ", "amount": 12.500},
        {"order_id": "#1042", "amount": "+12.5"},
        {"order_id": 1042.0, "amount": "12.5", "text": "again"},
        {"order_id": "10\u200b42", "amount": "\uff11\uff12.5"},
    ],
)
def test_a_reworded_repeat_has_the_key_of_the_first(reworded: dict[str, Any]) -> None:
    assert key(reworded) == key(REFUND)


@pytest.mark.parametrize(
    "other",
    [
        {"order_id": 1043, "amount": 12.5},
        {"order_id": 1042, "amount": 12.51},
        {"order_id": 1042, "amount": -12.5},
        {"order_id": "01042", "amount": 12.5},
        {"order_id": "1042 1042", "amount": 12.5},
        {"order_id": 12.5, "amount": 1042},
        {"order_id": [1042], "amount": 12.5},
    ],
)
def test_another_value_is_another_effect(other: dict[str, Any]) -> None:
    assert key(other) != key(REFUND)


def test_texts_are_equal_whatever_their_case_and_spaces() -> None:
    written = {"to": "Rosa.Thorne@Example.com", "about": "Your  order\nhas left"}
    again = {"about": "your order has left", "to": " rosa.thorne@example.com"}
    assert key(written, "to", "about") == key(again, "about", "to")


def test_objects_are_equal_whatever_their_order_and_so_are_lists() -> None:
    one = {"to": {"city": "Bath", "street": "Mill Lane", "flat": None}, "items": ["b", "a"]}
    other = {"items": ["A", "b"], "to": {"street": "mill lane", "city": "bath"}}
    assert key(one, "to", "items") == key(other, "to", "items")
    assert key(one, "to.city") == key({"to": {"city": "BATH"}}, "to.city")


def test_another_tool_has_other_effects() -> None:
    assert key(REFUND) != key(REFUND, tool="charge")


@pytest.mark.parametrize("gone", [{}, {"amount": None}, {"amount": "  "}, {"amount": {}}])
def test_an_argument_that_is_not_there_leaves_no_key(gone: dict[str, Any]) -> None:
    found = effect_keys.proposed("refund", NAMES, {"order_id": 1042, **gone})
    assert (found.key, found.missing) == ("", ("amount",))


def test_nothing_at_all_is_zero_and_no_is_a_value() -> None:
    found = effect_keys.proposed("refund", NAMES, {"order_id": 0, "amount": False})
    assert (len(found.key), found.missing) == (64, ())
    assert key({"order_id": 0, "amount": 0}) == key({"order_id": "-0.0", "amount": 0})
    assert key({"order_id": 0, "amount": False}) != key({"order_id": 0, "amount": 0})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=12),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), JSON))
def test_the_order_of_the_arguments_says_nothing(args: dict[str, Any]) -> None:
    backwards = dict(reversed(args.items()))
    one = effect_keys.proposed("t", ("a", "b"), args)
    assert one == effect_keys.proposed("t", ("a", "b"), backwards)
    assert effect_keys.otherwise(("a",), args, backwards) == ()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9)))
def test_a_number_is_the_same_as_text(amount: Any) -> None:
    plain = f"{amount:f}"
    assert effect_keys.canonical(plain) == effect_keys.canonical(float(plain)) or len(plain) > 15


def test_what_differs_besides_words_is_named() -> None:
    other = {"order_id": 1042, "amount": 12.5, "note": "as agreed on the telephone"}
    assert effect_keys.otherwise(NAMES, REFUND, other) == ()
    assert effect_keys.otherwise(NAMES, REFUND, {**other, "urgent": True}) == ("urgent",)
    to = {**REFUND, "to": "anna@shop.example"}
    assert effect_keys.otherwise(NAMES, to, {**to, "to": "Anna@Shop.example"}) == ()
    assert effect_keys.otherwise(NAMES, to, {**to, "to": "mallory@shop.example"}) == ("to",)
    assert effect_keys.otherwise(NAMES, REFUND, {**REFUND, "note": "12 days late"}) == ("note",)


class TestWhatBecomesOfACall:
    def test_without_a_key_or_an_earlier_call_is_what_was_decided(self) -> None:
        assert effect_keys.judge(ASK, "refund", None, [DONE], None) is ASK
        assert judged(None) is ALLOWED

    def test_done_already_in_its_run_is_the_recorded_result(self) -> None:
        for found in (ALLOWED, ASK):
            answer = judged(DONE, found=found)
            assert (answer.kind, answer.rule) == (DecisionKind.DENY, "effect-key")
            assert answer.sentence == "This was done already at step 4; nothing was done again."
            assert answer.facts == {"repeats": "4.1"}

    def test_in_doubt_is_asked(self) -> None:
        found = judged(EarlierEffect("4.1", 4, done=False))
        assert found.kind is DecisionKind.ASK
        assert "may have done the same at step 4" in found.sentence

    def test_with_other_values_beside_the_key_is_asked(self) -> None:
        found = judged(EarlierEffect("4.1", 4, done=True, otherwise=("currency",)))
        assert found.kind is DecisionKind.ASK
        assert found.sentence == "refund has done the same at step 4, with another currency."

    def test_done_by_another_run_is_asked_on_the_terms_of_the_policy(self) -> None:
        found = judged(ELSEWHERE, found=ASK)
        assert (found.kind, found.rule) == (DecisionKind.ASK, "effect-key")
        assert found.facts["policy"] == "gate"
        assert found.sentence == (
            "refund has done the same at step 2 of run 0f0e0d0c. A person decides."
        )
        assert found.facts["approval"] == {"quorum": 2}
        assert found.facts["repeats"]["run"] == "0f0e0d0c-aaaa"

    def test_that_a_person_let_through_knowing_of_the_earlier_one_is_made(self) -> None:
        assert judged(ELSEWHERE, told=ELSEWHERE.name, found=ASK) is ASK
        doubtful = EarlierEffect("4.1", 4, done=False)
        assert judged(doubtful, told="4.1") is ALLOWED

    @pytest.mark.parametrize("earlier", [ELSEWHERE, EarlierEffect("4.1", 4, done=False)])
    def test_that_a_person_let_through_without_knowing_of_it_is_not_made(
        self, earlier: EarlierEffect
    ) -> None:
        found = judged(earlier, told="", found=ASK)
        assert found.kind is DecisionKind.DENY
        assert "was not told, so nothing was done" in found.sentence

    def test_of_which_there_are_two_is_made_once_a_person_knew_of_both(self) -> None:
        own = EarlierEffect("4.1", 4, done=False)
        found = effect_keys.judge(ASK, "refund", KEYED, [own, ELSEWHERE], None)
        assert found.facts["repeats"]["names"] == f"4.1 {ELSEWHERE.name}"
        assert "at step 4" in found.sentence
        assert "of run 0f0e0d0c" in found.sentence
        for told in ("4.1", ELSEWHERE.name, ""):
            one = effect_keys.judge(ASK, "refund", KEYED, [own, ELSEWHERE], told)
            assert one.kind is DecisionKind.DENY
        both = effect_keys.judge(ASK, "refund", KEYED, [own, ELSEWHERE], f"4.1 {ELSEWHERE.name}")
        assert both is ASK

    def test_whose_key_is_not_whole_is_asked_once(self) -> None:
        missing = ProposedEffect(names=NAMES, missing=("amount",))
        found = effect_keys.judge(ALLOWED, "refund", missing, [], None)
        assert (found.kind, found.rule) == (DecisionKind.ASK, "effect-key")
        assert found.sentence == (
            "Whether refund was done before is told by amount, which this call does not say."
        )
        assert effect_keys.judge(ALLOWED, "refund", missing, [], "") is ALLOWED

    def test_counted_against_an_hour_loses_that_when_it_is_asked(self) -> None:
        counted = Decision(DecisionKind.ALLOW, "gate", 2, "", {"hourly": 60})
        assert "hourly" not in judged(ELSEWHERE, found=counted).facts


def test_an_earlier_effect_tells_when_and_where() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    told = EarlierEffect("2.1", 2, done=False, run="r", at=at).facts
    when = "2026-03-01T00:00:00+00:00"
    assert told == {"run": "r", "call": "2.1", "step": 2, "done": False, "at": when}


def test_names_are_read_from_a_field_and_judged() -> None:
    assert effect_keys.names_of(" order_id,  amount order_id ") == NAMES
    assert effect_keys.problem(["customer.id", *NAMES]) is None
    assert "is no name of an argument" in (effect_keys.problem(["order id"]) or "")
    assert effect_keys.problem([f"a{place}" for place in range(13)]) == "more than 12 arguments"
