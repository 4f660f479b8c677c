"""The circuit breaker as a state machine: when it opens, for how long, whom it lets through, and
what moves it not at all.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from policies.circuit import rules as breaker
from policies.circuit import words as breaker_sentences
from policies.circuit.rules import (
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
    probe_due,
)

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
T = BreakerThresholds(
    window=60, calls=5, share=0.5, open_for=10, growth=2, longest=100, probe_for=30, successes=2
)
NEW = BreakerState("get_rates")


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def played(*happenings: Happening, start: BreakerState = NEW, at: datetime = AT) -> BreakerState:
    for happening in happenings:
        start = moved(start, happening, T, at)
    return start


def opened() -> BreakerState:
    return played(*[CallFailed("503 Service Unavailable")] * 5)


def half_open() -> BreakerState:
    return moved(opened(), Claimed("one"), T, after(10))


def test_it_stays_closed_below_the_least_number_of_calls() -> None:
    assert played(*[CallFailed()] * 4).phase is BreakerPhase.CLOSED
    assert played(*[CallFailed()] * 5).phase is BreakerPhase.OPEN


def test_a_call_that_brought_its_worker_down_opens_it_at_once() -> None:
    fallen = played(Succeeded(100), Crashed("its worker ended: exit code 1"))
    assert (fallen.phase, fallen.why) == (BreakerPhase.OPEN, "its worker ended: exit code 1")
    assert moved(half_open(), Crashed(), T, after(11)).phase is BreakerPhase.OPEN


def test_a_tool_that_no_policy_fits_is_cut_off_by_hand_alone() -> None:
    assert moved(NEW, Crashed(), breaker.NEVER, AT).phase is BreakerPhase.CLOSED


def test_successes_of_the_same_window_weigh_against_failures() -> None:
    assert played(Succeeded(6), *[CallFailed()] * 5).phase is BreakerPhase.CLOSED
    assert played(Succeeded(5), *[CallFailed()] * 5).phase is BreakerPhase.OPEN


def test_failures_of_long_ago_do_not_count() -> None:
    assert (
        played(CallFailed(), start=played(*[CallFailed()] * 4), at=after(70)).phase
        is BreakerPhase.CLOSED
    )
    assert (
        played(CallFailed(), start=played(*[CallFailed()] * 4), at=after(50)).phase
        is BreakerPhase.OPEN
    )


def test_the_reason_counts_what_failed_and_quotes_the_last_one() -> None:
    assert opened().why == "5 of 5 calls in 60 s failed, the last one: 503 Service Unavailable"


def test_open_lets_nobody_through_until_its_time_is_over() -> None:
    assert not probe_due(opened(), after(9.9))
    assert probe_due(opened(), after(10))


def test_only_one_caller_gets_the_probe() -> None:
    first = half_open()
    second = moved(first, Claimed("two"), T, after(10))
    assert (first.phase, first.probe, second.probe) == (BreakerPhase.HALF_OPEN, "one", "one")
    assert not probe_due(first, after(11))


def test_a_probe_whose_caller_died_is_given_to_the_next_one() -> None:
    held = half_open()
    assert moved(held, Claimed("two"), T, after(39)).probe == "one"
    taken = moved(held, Claimed("two"), T, after(40))
    assert taken.probe == "two"
    assert moved(taken, Probed("one", good=True), T, after(41)) == taken, (
        "the word of the lost one no longer counts"
    )


def test_the_lease_of_a_probe_outlasts_its_own_call() -> None:
    slow = moved(opened(), Claimed("one", timeout=120), T, after(10))
    assert not probe_due(slow, after(130))


def test_it_closes_after_enough_good_probes_in_a_row() -> None:
    once = moved(half_open(), Probed("one", good=True), T, after(11))
    assert (once.phase, probe_due(once, after(11))) == (BreakerPhase.HALF_OPEN, True)
    twice = played(Claimed("two"), Probed("two", good=True), start=once, at=after(12))
    assert (twice.phase, twice.why) == (BreakerPhase.CLOSED, "2 probes in a row succeeded")
    assert played(*[CallFailed()] * 4, start=twice, at=after(13)).phase is BreakerPhase.CLOSED, (
        "earlier failures are forgiven"
    )


def test_a_bad_probe_opens_it_again_for_longer_each_time() -> None:
    waits, now, each = [], AT, opened()
    for trial in range(6):
        assert each.open_until is not None
        waits.append((each.open_until - now).total_seconds())
        now = each.open_until
        each = played(
            Claimed(str(trial)), Probed(str(trial), good=False, why="garbage"), start=each, at=now
        )
    assert waits == [10, 20, 40, 80, 100, 100]
    assert each.why == "the probe failed: garbage"


def test_a_probe_without_a_word_lets_the_next_one_try() -> None:
    free = moved(half_open(), Probed("one", good=None), T, after(11))
    assert (free.phase, probe_due(free, after(11))) == (BreakerPhase.HALF_OPEN, True)


def test_a_breaker_that_trips_again_at_once_stays_open_longer_than_one_that_held() -> None:
    closed = played(
        Probed("one", good=True),
        Claimed("two"),
        Probed("two", good=True),
        start=half_open(),
        at=after(11),
    )
    again = played(*[CallFailed()] * 5, start=closed, at=after(20))
    later = played(*[CallFailed()] * 5, start=closed, at=after(200))
    assert (again.open_until, later.open_until) == (after(20 + 20), after(200 + 10))


def test_calls_that_were_under_way_when_it_opened_change_nothing() -> None:
    for late in (Succeeded(), CallFailed("late"), Probed("", good=True)):
        assert moved(opened(), late, T, after(1)) == opened()
        assert moved(half_open(), late, T, after(11)) == half_open()


def test_a_hand_on_the_lever_holds_until_a_hand_lets_go() -> None:
    forced = played(Forced("anna", "The courier is migrating."))
    for happening in (Succeeded(), CallFailed(), Claimed("one"), Probed("", good=True)):
        assert moved(forced, happening, T, after(10_000)) == forced
    assert not probe_due(forced, after(10_000))
    assert (
        moved(forced, Reset("bert", "They are done."), T, after(10_000)).phase
        is BreakerPhase.CLOSED
    )


def test_a_reset_closes_and_forgets_how_often_it_opened() -> None:
    fresh = moved(half_open(), Reset("anna", "fixed"), T, after(11))
    assert (fresh.phase, fresh.trips, fresh.by) == (BreakerPhase.CLOSED, 0, "anna")


HAPPENINGS = (
    Succeeded(),
    CallFailed(),
    Crashed(),
    Claimed("x"),
    Probed("x", good=False),
    Forced("a", "b"),
    Reset("a", "b"),
)
SHAPES = {
    BreakerPhase.CLOSED: NEW,
    BreakerPhase.OPEN: opened(),
    BreakerPhase.HALF_OPEN: moved(half_open(), Probed("one", good=None), T, after(11)),
    BreakerPhase.FORCED: played(Forced("a", "b")),
}


@pytest.mark.parametrize(("phase", "happening"), [*product(BreakerPhase, HAPPENINGS)], ids=str)
def test_every_pair_is_in_the_table_or_changes_nothing(
    phase: BreakerPhase, happening: Happening
) -> None:
    shape = (
        replace(SHAPES[phase], probe="x")
        if isinstance(happening, Probed) and phase is BreakerPhase.HALF_OPEN
        else SHAPES[phase]
    )
    known = (phase, type(happening)) in breaker.TABLE
    assert (moved(shape, happening, T, after(300)) != shape) is known


def test_sentences_say_why_and_when_it_is_tried_again() -> None:
    said = breaker_sentences.sentence(opened(), after(3))
    assert (
        said
        == "get_rates is cut off because 5 of 5 calls in 60 s failed, the last one: 503 Service"
        " Unavailable. It is tried again in 7 s."
    )
    assert breaker_sentences.retry_after(opened(), after(3)) == 7
    forced = played(Forced("user:anna", "The courier is migrating"))
    assert (
        breaker_sentences.sentence(forced, AT)
        == "get_rates was cut off by anna at 14:02 UTC: The courier is migrating."
    )
    assert breaker_sentences.retry_after(forced, AT) is None
    assert "tried with one call" in breaker_sentences.sentence(half_open(), after(11))


def test_a_window_never_grows_with_the_number_of_calls() -> None:
    busy = NEW
    for second in range(600):
        busy = moved(busy, Succeeded(1000), T, after(second))
    assert len(busy.window.slots) <= 60 / 5 + 1
    assert busy.window.counts(after(599), 60).good == 60_000
