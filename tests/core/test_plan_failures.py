"""What becomes of a run whose planner gave nothing usable."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import DecisionKind, StopReason
from policies.outages.rules import Patience, TurnedAway, wait_out
from runs.engine import actions, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import AWAY, PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.ports import Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import RunStatus, Waiting
from tests.core.runs_in_memory import START, answering, running, world

PAID = Usage(100, 50, Decimal("0.02"))
OVERLOADED = PlannerError(PlannerFault.TRANSIENT, "Overloaded", provider="anthropic", trouble="529")
CUT_OFF = PlannerError(PlannerFault.CUT_OFF, "Cut off at 100 tokens.", usage=PAID)
REFUSED = PlannerError(PlannerFault.REFUSED, "It declined. It said: “No.”", usage=PAID)


def after(state: RunState, error: PlannerError, **facts: Any) -> RunState:
    return folded(outcomes.after_plan_failure(state, error, START, 0.1, **facts), state)


def test_an_outage_of_any_length_is_waited_out_and_the_run_goes_on() -> None:
    play = world([OVERLOADED] * 40 + [answering()], limits={"seconds": 86_400})
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert (end.away, end.plan_failures, end.unusable) == (None, 0, 0)


def test_a_wait_says_for_whom_why_and_since_when() -> None:
    first = after(running(), OVERLOADED)
    later = replace(first, plan_failures=9, retry_at=START + timedelta(minutes=3))
    effect = machine.next_effect(later, world([]).rules, START + timedelta(minutes=1))
    assert isinstance(effect, actions.Record)
    (wait,) = effect.events
    assert isinstance(wait, e.RunWaiting)
    assert (wait.waiting_for, wait.until) == (Waiting.PROVIDER, START + timedelta(minutes=3))
    assert wait.why == "Waiting for anthropic, 529 since 12:00 UTC"


def test_since_when_stays_the_first_failure_and_what_is_the_matter_the_last() -> None:
    first = after(running(), OVERLOADED)
    dropped = PlannerError(
        PlannerFault.TRANSIENT, "reset", provider="anthropic", trouble="no connection"
    )
    again = folded(
        outcomes.after_plan_failure(first, dropped, START + timedelta(minutes=5), 0.1), first
    )
    assert again.away is not None
    assert (again.away.since, again.away.trouble) == (START, "no connection")


def test_of_another_day_the_wait_says_which() -> None:
    away = after(running(), OVERLOADED).away
    assert away is not None
    said = machine.waited_for(away, START + timedelta(days=1))
    assert said == "Waiting for anthropic, 529 since 2026-03-01 12:00 UTC"


def test_failures_while_the_provider_was_away_do_not_count_against_what_came_after() -> None:
    empty = PlannerError(PlannerFault.MALFORMED, "empty", usage=PAID)
    play = world([OVERLOADED] * 12 + [empty, answering()], limits={"seconds": 86_400})
    assert play.live().status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    "error", [REFUSED, PlannerError(PlannerFault.MALFORMED, "empty", usage=PAID)]
)
def test_an_answer_that_was_none_is_bought_once_more_and_no_more(error: PlannerError) -> None:
    play = world([error])
    end = play.live()
    assert (end.stop_reason, len(play.asked)) == (StopReason.PLANNER_FAILURE, 2)
    assert error.message in end.stop_detail
    assert end.usd == 2 * Decimal("0.02")


def test_an_answer_that_was_cut_off_is_asked_for_with_more_room_once() -> None:
    state = after(running(), CUT_OFF)
    assert (state.max_tokens_out, state.answer_before) == (400, 100)
    assert isinstance(machine.next_effect(state, world([]).rules, START), actions.Plan)
    end = after(state, replace(CUT_OFF, message="Cut off at 400 tokens."))
    assert end.stop_reason is StopReason.PLANNER_FAILURE
    assert end.stop_detail == (
        "Cut off at 400 tokens. It was raised once already, from 100. The limit is “Tokens of one"
        " answer” on the agent's page."
    )


def test_room_for_an_answer_stays_within_what_the_model_gives_and_its_window() -> None:
    assert after(running(), replace(CUT_OFF, answer_limit=250)).max_tokens_out == 250
    assert after(replace(running(), window=600), CUT_OFF).max_tokens_out == 300
    none = after(running(), replace(CUT_OFF, answer_limit=100))
    assert none.stop_detail.startswith("Cut off at 100 tokens. The model gives no more")


def test_a_model_that_gives_less_is_asked_for_as_much_as_it_gives() -> None:
    less = PlannerError(PlannerFault.ANSWER_LIMIT, "too large", answer_limit=64)
    state = after(running(), less)
    assert (state.max_tokens_out, state.plan_fatal) == (64, False)
    assert after(state, less).plan_fatal, "what it does not take either is not sent again"


def test_a_raised_answer_that_the_model_does_not_give_falls_to_what_it_does() -> None:
    raised = after(running(), CUT_OFF)
    lower = PlannerError(PlannerFault.ANSWER_LIMIT, "too large", answer_limit=200)
    assert after(raised, lower).max_tokens_out == 200
    none = after(raised, replace(lower, answer_limit=100))
    assert none.stop_reason is StopReason.PLANNER_FAILURE
    assert "An answer that long was cut off before." in none.stop_detail


def test_a_lost_answer_counts_what_it_may_have_cost_and_a_status_nothing() -> None:
    lost = after(running(), PlannerError(PlannerFault.TRANSIENT, "No answer.", unanswered=True))
    assert lost.estimated
    assert lost.tokens_in + lost.tokens_out > 0
    refused = after(running(), OVERLOADED)
    assert not refused.estimated
    assert (refused.tokens_in, refused.tokens_out, refused.usd_unknown) == (0, 0, False)


def test_patience_has_an_end_where_a_policy_says_so() -> None:
    patient = Patience("short", 3, longest=60)
    state = after(running(), OVERLOADED, patience=patient)
    assert state.status is RunStatus.RUNNING
    late = START + timedelta(seconds=61)
    end = folded(outcomes.after_plan_failure(state, OVERLOADED, late, 0.1, patient), state)
    assert end.stop_reason is StopReason.PLANNER_FAILURE
    assert end.stop_detail == (
        "anthropic has turned it away for 1 min 1 s; it is waited for 1 min at most."
    )


def test_a_pause_that_a_person_asked_for_comes_before_the_end_of_patience() -> None:
    state = folded([e.PauseRequested(at=START)], running())
    slow = replace(OVERLOADED, retry_after=10**6)
    events = outcomes.after_plan_failure(state, slow, START, 0.1)
    assert [event.kind for event in events][:1] == ["step.plan_failed"]
    assert folded(events, state).plan_fatal


aways = st.builds(
    TurnedAway,
    provider=st.just("anthropic"),
    since=st.timedeltas(timedelta(), timedelta(days=2)).map(lambda ago: START - ago),
    failures=st.integers(1, 5_000),
    asked=st.none() | st.floats(0, 10**6),
    limited=st.booleans(),
    left=st.none() | st.floats(0, 10**6),
)
policies = st.builds(
    Patience,
    longest=st.none() | st.floats(1, 10**6),
    base=st.floats(0.01, 10),
    cap=st.floats(0.01, 600),
    limited=st.floats(0, 600),
)


@given(aways, policies, st.floats(0, 1, exclude_max=True))
def test_whoever_waits_comes_back_neither_too_soon_nor_too_late(
    away: TurnedAway, policy: Patience, die: float
) -> None:
    said = wait_out(away, policy, START, die)
    if said.kind is DecisionKind.STOP:
        beyond = away.asked is not None and away.left is not None and away.asked >= away.left
        assert beyond or policy.longest is not None
        return
    wait = said.facts["wait"]
    assert away.asked is None or wait >= away.asked
    assert wait <= max(away.asked or 0, policy.cap, policy.limited)
    assert away.left is None or wait <= max(away.left, away.asked or 0)


@pytest.mark.parametrize("fault", sorted(AWAY))
def test_a_rate_limit_without_a_word_is_waited_for_a_minute(fault: PlannerFault) -> None:
    state = after(running(), PlannerError(fault, "no"))
    assert state.retry_at is not None
    minute = state.retry_at >= START + timedelta(minutes=1)
    assert minute is (fault is PlannerFault.RATE_LIMITED)
