"""All runs of the house come back to a provider at one pace: a probe first, then a ramp."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.outages import pace
from policies.outages.pace import RAMP, Standing, Turn, answered, turn, turned_away

START = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def away(at: float = 0.0, known: Standing | None = None, asked: float | None = None) -> Standing:
    return turned_away(known, after(at), START, "529", asked, cap=60.0, die=0.5)


def test_of_a_provider_that_turns_nobody_away_nothing_is_known_and_everybody_may_ask() -> None:
    assert turn(None, START, 0.5) == (Turn(), None)
    assert answered(None, START) is None


def test_before_the_next_try_nobody_asks_and_then_one_does() -> None:
    known = away()
    assert known.retry_at is not None
    soon, same = turn(known, START, 0.5)
    assert same == known
    assert soon.wait > (known.retry_at - START).total_seconds()
    assert (soon.since, soon.trouble) == (START, "529")
    first, probing = turn(known, known.retry_at, 0.5)
    second, _ = turn(probing, known.retry_at, 0.5)
    assert first.wait == 0
    assert second.wait > 0


def test_a_probe_that_was_lost_with_its_worker_is_followed_by_another() -> None:
    _, probing = turn(away(), after(10), 0.5)
    assert turn(probing, after(11), 0.5)[0].wait > 0
    assert turn(probing, after(10) + pace.PROBE, 0.5)[0].wait == 0


def test_a_crowd_that_is_turned_away_together_is_counted_once() -> None:
    known = away()
    crowd = known
    for _ in range(500):
        crowd = away(0.1, crowd)
    assert crowd == known


def test_each_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    known, pauses = away(), []
    for _ in range(10):
        pauses.append(known.pause)
        assert known.retry_at is not None
        at = (known.retry_at - START).total_seconds()
        known = away(at, known)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert known.since == START


def test_a_provider_that_says_when_is_not_asked_sooner() -> None:
    known = away(asked=300.0)
    assert known.retry_at == after(300)
    assert away(1, known, asked=500.0).retry_at == after(501)


def let_through(known: Standing | None, seconds: float, runs: int) -> list[float]:
    """When each of so many runs gets its turn, all of them asking from the very first moment."""
    dice, went, due = Random(7), [], [0.0] * runs
    while due and (at := min(due)) <= seconds:
        due.remove(at)
        given, known = turn(known, after(at), dice.random())
        if given.wait == 0:
            went.append(at)
        else:
            due.append(at + given.wait)
    return went


def test_five_hundred_runs_that_waited_do_not_stampede_when_it_returns() -> None:
    back = answered(away(), START)
    went = let_through(back, 60, 500)
    assert len(went) == 500
    assert sum(at < 1 for at in went) <= 4
    for second in range(15):
        rate = sum(second <= at < second + 1 for at in went)
        assert rate <= 2 * 2 ** ((second + 1) / pace.DOUBLES) + 2
    assert max(went) < 40


def test_after_the_ramp_nobody_is_held_back_and_nothing_is_known_any_more() -> None:
    back = answered(away(), START)
    assert turn(back, START + RAMP, 0.5) == (Turn(), None)
    assert pace.over(back, START + RAMP)
    assert answered(back, START + RAMP) is None


def test_an_answer_in_the_ramp_does_not_begin_it_anew() -> None:
    back = answered(away(), START)
    assert answered(back, after(10)) == back


def test_one_that_falls_over_in_the_ramp_is_away_again_since_it_first_was() -> None:
    back = answered(away(), after(100))
    again = turned_away(back, after(105), after(104), "503", None, 60.0, 0.5)
    assert (again.since, again.back_at, again.trouble) == (START, None, "503")
    assert turn(again, after(105), 0.5)[0].wait > 0


def test_a_new_outage_long_after_the_last_is_a_new_one() -> None:
    back = answered(away(), START)
    new = turned_away(back, after(500), after(499), "529", None, 60.0, 0.5)
    assert (new.since, new.tries, new.pause) == (after(499), 1, 1.0)


moves = st.lists(
    st.tuples(
        st.sampled_from(["ask", "fail", "answer"]),
        st.floats(0, 30),
        st.floats(0, 1, exclude_max=True),
    ),
    max_size=60,
)


@given(moves)
def test_whatever_happens_at_most_one_probe_is_under_way_while_it_is_away(
    happened: list[tuple[str, float, float]],
) -> None:
    known: Standing | None = None
    now, probing = START, START - pace.PROBE
    for what, seconds, die in happened:
        now += timedelta(seconds=seconds)
        if what == "ask":
            was_away = known is not None and known.back_at is None
            given_turn, known = turn(known, now, die)
            assert given_turn.wait >= 0
            if was_away and given_turn.wait == 0:
                assert now - probing >= pace.PROBE, "two probes at once"
                probing = now
        elif what == "fail":
            before = known
            known = turned_away(known, now, now, "529", None, 60.0, die)
            counted = before is None or known.tries != before.tries
            probing = START - pace.PROBE if counted else probing
        else:
            known = answered(known, now)
            probing = START - pace.PROBE


@pytest.mark.parametrize("elapsed", [0.0, 1.0, 5.0, 20.0])
def test_what_may_have_gone_out_grows_and_never_shrinks(elapsed: float) -> None:
    assert pace.allowed(elapsed) <= pace.allowed(elapsed + 0.5)
    assert pace.allowed(0.0) == 1


def test_what_was_let_through_is_counted() -> None:
    back = answered(away(), START)
    assert back is not None
    given_turn, counted = turn(back, START, 0.5)
    assert given_turn.wait == 0
    assert counted == replace(back, granted=1)
