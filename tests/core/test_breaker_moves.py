"""Each move of a breaker whole: every field that it changes, and every one that it leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.call_counts import EMPTY, Counts, CountWindow, Slot, number_of, span
from policies.circuit import rules, words
from policies.circuit.rules import (
    NEVER,
    BreakerPhase,
    BreakerState,
    BreakerThresholds,
    CallFailed,
    Claimed,
    Crashed,
    Forced,
    Happening,
    Probed,
    Reset,
    Succeeded,
    moved,
)
from policies.decision import Decision, DecisionKind

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
T = BreakerThresholds(
    "mild", 3, window=60, calls=4, share=0.5, open_for=10, growth=2, longest=100, probe_for=30,
    successes=2,
)  # fmt: skip
NEW = BreakerState("get_rates")


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def counts(breaker: BreakerState, seconds: float = 60, at: datetime = AT) -> Counts:
    return breaker.window.counts(at, seconds)


def opened(**facts: Any) -> BreakerState:
    return replace(
        NEW,
        phase=BreakerPhase.OPEN,
        trips=1,
        open_until=after(10),
        moved_at=AT,
        why="it failed",
        **facts,
    )


def half_open(**facts: Any) -> BreakerState:
    given: dict[str, Any] = {"probe": "one", "probe_until": after(40), **facts}
    return replace(opened(), phase=BreakerPhase.HALF_OPEN, moved_at=after(10), **given)


class TestClosed:
    def test_counts_a_success_and_nothing_else(self) -> None:
        found = moved(NEW, Succeeded(3), T, AT)
        assert counts(found) == Counts(good=3)
        assert replace(found, window=EMPTY) == NEW

    def test_counts_a_failure_with_its_reason(self) -> None:
        found = moved(NEW, CallFailed("503"), T, AT)
        assert counts(found) == Counts(bad=1)
        assert replace(found, window=EMPTY) == replace(NEW, last_failure="503", failed_at=AT)

    @pytest.mark.parametrize(
        ("good", "bad", "opens"),
        [(0, 3, False), (0, 4, True), (2, 1, False), (2, 2, True), (3, 2, False), (3, 3, True)],
    )
    def test_opens_with_enough_calls_of_which_the_share_failed(
        self, good: int, bad: int, opens: bool
    ) -> None:
        breaker = moved(NEW, Succeeded(good), T, AT) if good else NEW
        for _ in range(bad):
            breaker = moved(breaker, CallFailed("503"), T, AT)
        assert (breaker.phase is BreakerPhase.OPEN) is opens

    def test_opens_for_the_first_time_with_its_reason(self) -> None:
        breaker = NEW
        for _ in range(4):
            breaker = moved(breaker, CallFailed("503"), T, AT)
        assert replace(breaker, window=EMPTY) == replace(
            NEW, phase=BreakerPhase.OPEN, trips=1, open_until=after(10), moved_at=AT,
            last_failure="503",
            failed_at=AT, why="4 of 4 calls in 60 s failed, the last one: 503",
        )  # fmt: skip

    def test_opens_at_once_for_a_call_that_brought_its_worker_down(self) -> None:
        found = moved(NEW, Crashed("exit code 9"), T, AT)
        assert (found.phase, found.why, found.last_failure) == (
            BreakerPhase.OPEN,
            "exit code 9",
            "exit code 9",
        )
        assert counts(found) == Counts(bad=1)
        never = moved(NEW, Crashed("exit code 9"), NEVER, AT)
        assert (never.phase, counts(never)) == (BreakerPhase.CLOSED, Counts(bad=1))

    def test_without_a_policy_never_opens_by_itself(self) -> None:
        breaker = NEW
        for _ in range(1_000):
            breaker = moved(breaker, CallFailed(), NEVER, AT)
        assert breaker.phase is BreakerPhase.CLOSED

    def test_draws_a_retry_that_is_counted_and_is_no_call(self) -> None:
        found = rules.drawn(NEW, T, AT)
        assert counts(found) == Counts(retries=1)
        assert replace(found, window=EMPTY) == NEW


class TestFlapping:
    @pytest.mark.parametrize(
        ("trips", "seconds"),
        [(1, 10), (2, 20), (3, 40), (4, 80), (5, 100), (50, 100), (10**9, 100)],
    )
    def test_opens_twice_as_long_each_time_up_to_the_longest(
        self, trips: int, seconds: float
    ) -> None:
        assert rules.open_seconds(T, trips) == seconds

    @pytest.mark.parametrize(("held", "flaps"), [(0, True), (69, True), (70, False), (71, False)])
    def test_is_to_open_again_within_its_window_and_the_time_it_was_open(
        self, held: float, flaps: bool
    ) -> None:
        closed = replace(NEW, trips=1, moved_at=AT)
        assert rules.flaps(closed, T, after(held)) is flaps
        trips = rules.opened(closed, T, after(held), "x").trips
        assert trips == (2 if flaps else 1)

    def test_is_nothing_that_a_new_breaker_does(self) -> None:
        assert not rules.flaps(NEW, T, AT)
        assert not rules.flaps(replace(NEW, trips=0, moved_at=AT), T, AT)
        assert rules.flaps(replace(NEW, trips=1, moved_at=None), T, AT)
        assert rules.flaps(half_open(), T, after(10_000))


class TestAProbe:
    @pytest.mark.parametrize(
        ("breaker", "at", "due"),
        [
            (NEW, AT, False),
            (replace(NEW, phase=BreakerPhase.FORCED), AT, False),
            (opened(), after(9.9), False),
            (opened(), after(10), True),
            (replace(opened(), open_until=None), AT, True),
            (half_open(), after(39.9), False),
            (half_open(), after(40), True),
            (half_open(probe=""), AT, True),
            (half_open(probe_until=None), AT, True),
        ],
    )
    def test_is_due_when_nobody_is_at_it(
        self, breaker: BreakerState, at: datetime, due: bool
    ) -> None:
        assert rules.probe_due(breaker, at) is due
        assert (moved(breaker, Claimed("two"), T, at) != breaker) is due

    def test_is_claimed_until_its_lease_ends(self) -> None:
        found = moved(opened(), Claimed("two"), T, after(10))
        assert found == replace(
            opened(),
            phase=BreakerPhase.HALF_OPEN,
            moved_at=after(10),
            probe="two",
            probe_until=after(40),
        )
        again = moved(half_open(), Claimed("two"), T, after(50))
        assert again == replace(half_open(), probe="two", probe_until=after(80))

    @pytest.mark.parametrize(("timeout", "seconds"), [(0, 30), (25, 30), (26, 31), (120, 125)])
    def test_may_take_its_own_timeout_and_what_comes_after(
        self, timeout: float, seconds: float
    ) -> None:
        assert rules.lease(T, timeout) == seconds
        found = moved(opened(), Claimed("two", timeout), T, after(10))
        assert found.probe_until == after(10 + seconds)

    def test_of_somebody_else_says_nothing(self) -> None:
        for good in (True, False, None):
            assert moved(half_open(), Probed("two", good), T, after(11)) == half_open()

    def test_that_was_good_counts_towards_closing(self) -> None:
        found = moved(half_open(), Probed("one", good=True), T, after(11))
        assert found == half_open(probe="", probe_until=None, passed=1)
        closed = moved(half_open(passed=1), Probed("one", good=True), T, after(11))
        assert closed == replace(
            NEW, trips=1, moved_at=after(11), why="2 probes in a row succeeded"
        )
        once = moved(half_open(), Probed("one", good=True), replace(T, successes=1), after(11))
        assert (once.phase, once.why) == (BreakerPhase.CLOSED, "the probe succeeded")

    def test_that_was_bad_opens_for_longer(self) -> None:
        found = moved(half_open(passed=1), Probed("one", good=False, why="503"), T, after(11))
        assert found == replace(
            NEW, phase=BreakerPhase.OPEN, trips=2, open_until=after(31), moved_at=after(11),
            why="the probe failed: 503", last_failure="503", failed_at=after(11),
        )  # fmt: skip
        silent = moved(half_open(), Probed("one", good=False), T, after(11))
        assert silent.why == "the probe failed"

    def test_that_said_nothing_lets_the_next_one_try(self) -> None:
        found = moved(half_open(passed=1), Probed("one", good=None), T, after(11))
        assert found == half_open(probe="", probe_until=None, passed=1)


class TestAHand:
    @pytest.mark.parametrize("breaker", [NEW, opened(), half_open(passed=1)])
    def test_cuts_a_tool_off_in_any_phase(self, breaker: BreakerState) -> None:
        found = moved(breaker, Forced("user:olga", "it is broken"), T, after(5))
        assert found == replace(
            breaker, phase=BreakerPhase.FORCED, open_until=None, probe="", probe_until=None,
            passed=0,
            moved_at=after(5), by="user:olga", why="it is broken",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "breaker",
        [replace(NEW, trips=3), opened(), half_open(), replace(NEW, phase=BreakerPhase.FORCED)],
    )
    def test_lets_go_and_begins_anew(self, breaker: BreakerState) -> None:
        found = moved(breaker, Reset("user:olga", "mended"), T, after(5))
        assert found == replace(NEW, moved_at=after(5), by="user:olga", why="mended")

    @pytest.mark.parametrize(
        "happening",
        [
            Succeeded(),
            CallFailed(),
            Crashed(),
            Claimed("two"),
            Probed("one", good=True),
            Forced("x", "y"),
        ],
    )
    def test_is_moved_by_nothing_but_a_hand(self, happening: Happening) -> None:
        forced = replace(
            NEW, phase=BreakerPhase.FORCED, by="user:olga", why="it is broken", moved_at=AT
        )
        assert moved(forced, happening, T, after(5)) == forced

    @pytest.mark.parametrize(
        "happening", [Succeeded(), CallFailed("x"), Crashed(), Probed("one", None)]
    )
    def test_and_time_alone_move_one_that_is_open(self, happening: Happening) -> None:
        assert moved(opened(), happening, T, after(500)) == opened()

    def test_is_forgiven_what_was_counted_but_not_its_retries(self) -> None:
        counted = rules.drawn(moved(NEW, CallFailed(), T, AT), T, AT)
        found = moved(counted, Reset("user:olga", "mended"), T, AT)
        assert counts(found) == Counts(retries=1)


class TestAWindow:
    @pytest.mark.parametrize(
        ("seconds", "slots"), [(0, 1), (1, 1), (5, 1), (5.1, 2), (60, 12), (61, 13)]
    )
    def test_is_made_of_slots_of_five_seconds(self, seconds: float, slots: int) -> None:
        assert span(seconds) == slots

    def test_adds_up_what_lies_in_it(self) -> None:
        now = number_of(AT)
        window = CountWindow(
            (Slot(now - 3, bad=1), Slot(now - 1, good=2, retries=1), Slot(now, bad=1))
        )
        assert window.counts(AT, 5) == Counts(bad=1)
        assert window.counts(AT, 10) == Counts(good=2, bad=1, retries=1)
        assert window.counts(AT, 20) == Counts(good=2, bad=2, retries=1)
        assert window.counts(AT, 20).calls == 4

    def test_forgets_what_is_older_than_it_keeps(self) -> None:
        window = EMPTY.counted(AT, 10, good=1).counted(after(5), 10, bad=1)
        assert len(window.slots) == 2
        assert len(window.counted(after(10), 10, bad=1).slots) == 2
        assert len(window.counted(after(10), 60, bad=1).slots) == 3

    def test_of_a_clock_that_is_behind_counts_for_the_newest(self) -> None:
        window = EMPTY.counted(after(20), 60, good=1).counted(AT, 60, bad=1)
        assert window == CountWindow((Slot(number_of(after(20)), good=1, bad=1),))

    @given(
        st.lists(st.tuples(st.floats(0, 600), st.integers(0, 3), st.integers(0, 3)), max_size=20)
    )
    def test_never_has_more_slots_than_its_seconds(
        self, happenings: list[tuple[float, int, int]]
    ) -> None:
        window = EMPTY
        for seconds, good, bad in happenings:
            window = window.counted(after(seconds), 60, good=good, bad=bad)
        assert len(window.slots) <= span(60)
        numbers = [slot.number for slot in window.slots]
        assert numbers == sorted(set(numbers))


class TestWords:
    def test_of_a_tool_that_is_open_say_why_and_when_it_is_tried(self) -> None:
        found = words.cut_off(opened(), T, after(4))
        sentence = "get_rates is cut off because it failed. It is tried again in 6 s."
        assert found == Decision(
            DecisionKind.DENY, "breaker:mild", 3, sentence, {"retry_after": 6.0}
        )
        assert words.sentence(opened(), after(60)).endswith("It is tried again in 0 s.")

    def test_of_a_tool_that_is_tried_say_so(self) -> None:
        found = words.cut_off(half_open(), T, after(10))
        assert found.sentence == (
            "get_rates has been failing and is being tried with one call; until that succeeds, no"
            " other is made."
        )
        assert found.facts == {"retry_after": 30.0}
        assert words.retry_after(half_open(probe_until=None), AT) == 0.0

    def test_of_a_tool_that_a_person_cut_off_name_them(self) -> None:
        forced = replace(
            NEW, phase=BreakerPhase.FORCED, by="user:olga", why="it is broken", moved_at=AT
        )
        assert words.cut_off(forced, NEVER, AT) == Decision(
            DecisionKind.DENY,
            "breaker",
            1,
            "get_rates was cut off by olga at 14:02 UTC: it is broken.",
            {"retry_after": None},
        )
        assert "by a person at some time ago" in words.sentence(
            replace(forced, by="", moved_at=None), AT
        )

    def test_of_a_probe_hold_its_claim(self) -> None:
        assert words.probing(half_open(), T) == Decision(
            DecisionKind.ALLOW,
            "breaker:mild",
            3,
            "get_rates has been failing; this call tries whether it works again.",
            {"probe": "one"},
        )

    @pytest.mark.parametrize(
        ("count", "said"), [(0, "0 s"), (119.4, "119 s"), (120, "2 minutes"), (600, "10 minutes")]
    )
    def test_of_a_wait_are_seconds_and_then_minutes(self, count: float, said: str) -> None:
        assert words.seconds(count) == said

    @pytest.mark.parametrize(
        ("why", "said"),
        [
            ("503", "3 of 4 calls in 60 s failed, the last one: 503"),
            ("", "3 of 4 calls in 60 s failed"),
        ],
    )
    def test_of_a_cause_quote_the_last_failure(self, why: str, said: str) -> None:
        assert rules.cause(Counts(good=1, bad=3), T, why) == said


HAPPENINGS = st.one_of(
    st.builds(Succeeded, st.integers(1, 3)),
    st.builds(CallFailed, st.sampled_from(["", "503"])),
    st.builds(Crashed),
    st.builds(Claimed, st.sampled_from(["one", "two"]), st.floats(0, 100)),
    st.builds(Probed, st.sampled_from(["", "one", "two"]), st.sampled_from([True, False, None])),
    st.builds(Forced, st.just("user:olga"), st.just("x")),
    st.builds(Reset, st.just("user:olga"), st.just("x")),
)


@given(st.lists(st.tuples(HAPPENINGS, st.floats(0, 60)), max_size=25))
def test_whatever_happens_a_breaker_is_in_one_phase_with_what_belongs_to_it(
    happenings: list[tuple[Happening, float]],
) -> None:
    breaker, now = NEW, AT
    for happening, seconds in happenings:
        now += timedelta(seconds=seconds)
        breaker = moved(breaker, happening, T, now)
        assert bool(breaker.probe) <= (breaker.phase is BreakerPhase.HALF_OPEN)
        assert (breaker.phase is BreakerPhase.OPEN) <= (breaker.open_until is not None)
        assert breaker.passed < T.successes
        assert words.sentence(breaker, now) or breaker.phase is BreakerPhase.CLOSED
