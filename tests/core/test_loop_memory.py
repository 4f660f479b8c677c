"""What a loop detector keeps: the state it is taken up from, and its bounds."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from policies.decision import ALLOWED, DecisionKind
from policies.loops import detector
from policies.loops.comparable import marks, plain
from policies.loops.loop_thresholds import DEFAULTS
from policies.loops.observations import (
    CallObserved,
    Said,
)
from policies.loops.seen_filter import GENERATION, SeenFilter
from tests.core.watched_calls import page, reads, watched


class TestState:
    def test_news_ends_stagnation(self) -> None:
        stale = reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 6)
        fresh = [
            CallObserved(10 + number, "list_orders", {"page": number}, page(number))
            for number in range(1, 12)
        ]
        found = watched([*stale, *fresh])
        assert found[5].sentence
        assert found[-1] is ALLOWED

    def test_observing_changes_nothing_in_the_state_it_was_given(self) -> None:
        call = CallObserved(0, "get_order", {"order": "A7"}, '{"status": "open"}')
        state, _ = detector.observe(detector.START, call)
        again = detector.observe(state, call)
        assert detector.DetectorState() == detector.START
        assert again == detector.observe(state, call)

    def test_its_size_does_not_grow_with_the_run(self) -> None:
        def size(state: detector.DetectorState) -> int:
            kept = sum(
                sys.getsizeof(call.asked)
                + sys.getsizeof(call.answered)
                + sys.getsizeof(call.picked)
                for call in state.calls
            )
            kept += sum(sys.getsizeof(message.text) for message in state.words)
            return (
                kept
                + len(state.memory.young)
                + len(state.memory.old)
                + len(state.calls)
                + len(state.recent)
                + len(state.asked)
            )

        state, sizes = detector.START, []
        for number in range(400):
            text = " ".join(f"word{number}x{row}" for row in range(2_000))
            state, _ = detector.observe(
                state, CallObserved(number, "read", {"part": number, "note": text}, text)
            )
            state, _ = detector.observe(state, Said(number, text))
            sizes.append(size(state))
        assert sizes[-1] <= sizes[100] * 1.05

    def test_thresholds_are_policy_data(self) -> None:
        calls = reads("get_order", [({"order": "A7"}, '{"status": "open"}')] * 3)
        lenient = replace(DEFAULTS, hint=0.95, pause=0.97, stop=0.99)
        strict = replace(DEFAULTS, hint=0.1, pause=0.2, stop=0.2)
        assert watched(calls, lenient)[-1] is ALLOWED
        acting = reads("open_order", [({"order": "A7"}, "open")] * 4, acts=True)
        assert watched(acting, strict)[-1].kind is DecisionKind.STOP

    @pytest.mark.parametrize(
        "wrong",
        [{"hint": 0.9}, {"memory": 1.0}, {"tolerated": 1.0}, {"request_usual": 0.5}, {"window": 0}],
    )
    def test_impossible_thresholds_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"must|are"):
            replace(DEFAULTS, **wrong)


class TestMemory:
    def test_what_was_read_is_no_news_any_more(self) -> None:
        text = marks("the kiln behind the old mill was lit at dawn")
        memory = SeenFilter()
        assert memory.news(text) == 1.0
        assert memory.with_texts(outside=text).news(text) == 0.0

    def test_only_words_from_outside_count_as_picked_from_a_list(self) -> None:
        memory = SeenFilter().with_texts(own=marks("invented"), outside=marks("given"))
        assert memory.all_from_outside(marks("given").words)
        assert not memory.all_from_outside(marks("invented").words)

    def test_it_forgets_what_was_last_met_two_generations_ago(self) -> None:
        memory = SeenFilter().with_texts(outside=marks("kiln"))
        for number in range(3 * GENERATION // 100):
            memory = memory.with_texts(
                own=marks(" ".join(f"w{number}n{row}" for row in range(100)))
            )
        assert not memory.all_from_outside(marks("kiln").words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("seen 2031-05-06T10:11:12Z", "seen 2031-05-06T10:11:13.5+02:00"),
        ("id 0e0f0a0b-1234-5678-9abc-def012345678", "id 11112222-1234-5678-9abc-def012345678"),
        ("took 11 seconds", "took 3.5 seconds"),
        ("at 1931111111", "at 1931111999"),
    ],
)
def test_what_changes_by_itself_is_struck_out(one: str, other: str) -> None:
    assert plain(one, 100) == plain(other, 100)


def test_what_changes_for_a_reason_is_kept() -> None:
    assert plain("balance 120.50 of A17", 100) == "balance 120.50 of A17"
