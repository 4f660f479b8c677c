"""A run's limit of seconds counts the time it is worked on: while people think, or hold it, its
clock stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policies.decision import Decision, DecisionKind
from runs.engine import actions, call_decisions, machine, outcomes
from runs.engine import events as e
from runs.engine.context import window
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.limits import Estimate
from runs.engine.ports import PlannerTurn, ToolCall
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, CallAct, Effect, RunStatus, StopReason, Waiting
from tests.core.runs_in_memory import (
    START,
    World,
    answering,
    calling,
    created,
    leased,
    running,
    spec,
    world,
)

NIGHT = timedelta(hours=15)
MINUTE = timedelta(minutes=1)


def after(*events: e.RunEvent, seconds: int = 900) -> RunState:
    return folded(events, running(seconds=seconds))


def waiting(
    at: timedelta, waiting_for: Waiting = Waiting.APPROVAL, until: timedelta | None = None
) -> e.RunWaiting:
    return e.RunWaiting(
        at=START + at, waiting_for=waiting_for, why="asks", until=START + until if until else None
    )


def taken(at: timedelta) -> e.RunLeased:
    return leased(2, START + at)


HELD: dict[str, Sequence[e.RunEvent]] = {
    "it asks for an approval": (waiting(MINUTE), taken(NIGHT)),
    "a person has to say whether a call happened": (
        waiting(MINUTE, Waiting.IN_DOUBT),
        taken(NIGHT),
    ),
    "a person paused it": (
        e.PauseRequested(at=START + MINUTE, actor="user:olga"),
        e.RunPaused(at=START + MINUTE),
        e.RunResumed(at=START + NIGHT - MINUTE, actor="user:olga"),
        taken(NIGHT),
    ),
    "a lever paused it": (
        e.RunPaused(at=START + MINUTE, rule="halt:all"),
        e.RunResumed(at=START + NIGHT),
        taken(NIGHT),
    ),
    "a budget paused it": (
        e.RunPaused(at=START + MINUTE, reason=StopReason.BUDGET_EXCEEDED, rule="budget:day"),
        e.RunResumed(at=START + NIGHT),
        taken(NIGHT),
    ),
    "it is queued behind others after a release": (
        e.RunPaused(at=START + MINUTE),
        e.RunResumed(at=START + 2 * MINUTE),
        taken(NIGHT),
    ),
}


@pytest.mark.parametrize("held", HELD.values(), ids=list(HELD))
def test_the_clock_stands_while(held: Sequence[e.RunEvent]) -> None:
    state = after(*held)
    assert state.running_time(START + NIGHT) == MINUTE
    assert state.deadline == START + NIGHT + 14 * MINUTE


def test_the_clock_stands_until_the_first_worker_takes_it() -> None:
    queued = folded([created()])
    assert (queued.running_time(START + NIGHT), queued.deadline) == (timedelta(), None)


def test_a_backoff_is_running_time_and_no_longer_than_it_was_to_be() -> None:
    backing_off = waiting(MINUTE, Waiting.BACKOFF, until=3 * MINUTE)
    assert after(backing_off).running_time(START + 2 * MINUTE) == 2 * MINUTE
    assert after(backing_off, taken(NIGHT)).running_time(START + NIGHT) == 3 * MINUTE


def test_a_night_in_which_no_worker_had_it_in_hand_does_not_count() -> None:
    hint = e.HintGiven(at=START + MINUTE, step=0, text="look")
    control_request = e.PauseRequested(at=START + NIGHT - MINUTE, actor="user:olga")
    assert after(hint, control_request, taken(NIGHT)).running_time(START + NIGHT) == MINUTE


def test_undoing_has_all_the_time_it_needs() -> None:
    killed = after(e.KillRequested(at=START), e.KillAcknowledged(at=START + MINUTE, to_undo=0))
    assert (killed.deadline, killed.running_time(START + NIGHT)) == (None, MINUTE)


def test_the_row_tells_the_time_so_far_and_since_when_the_clock_runs() -> None:
    row = project(after(waiting(MINUTE)))
    assert (row["active_seconds"], row["clock_since"]) == (60.0, None)
    row = project(after(waiting(MINUTE), taken(NIGHT)))
    assert (row["active_seconds"], row["clock_since"]) == (60.0, START + NIGHT)


def asking(**limits: object) -> World:
    pay = spec("pay", effect=Effect.IRREVERSIBLE)
    read = spec("read", effect=Effect.READ, idempotent=True)
    play = world([calling("read"), calling("pay"), answering()], pay, read, limits=limits)
    play.rules.refused["pay"] = Decision(
        DecisionKind.ASK, rule="money", sentence="Money needs a person."
    )
    return play


def decided(play: World, word: CallAct = AnswerAct.APPROVE) -> e.CallDecided:
    args = {"n": 0} if word is AnswerAct.APPROVE else None
    return e.CallDecided(
        at=play.now, actor="user:ada", step=2, tool="pay", call="2.1", word=word, args=args
    )


def test_an_approval_on_the_next_morning_is_carried_out_and_reported() -> None:
    play = asking(seconds=900)
    assert play.live().waiting_for is Waiting.APPROVAL
    play.now += NIGHT
    play.journal.append(decided(play))
    end = play.live()
    assert (end.status, play.done) == (RunStatus.COMPLETED, {"1.1": 1, "2.1": 1})


def test_a_run_out_of_time_makes_no_approved_call() -> None:
    play = asking(seconds=900)
    play.live()
    play.journal.append(decided(play))
    play.journal.append(leased(9, play.now))
    state = folded(play.journal)
    effect = machine.next_effect(state, play.rules, play.now + timedelta(seconds=900))
    assert isinstance(effect, actions.Record)
    (stopped,) = effect.events
    assert isinstance(stopped, e.RunStopped)
    assert (stopped.reason, stopped.detail) == (
        StopReason.TIMEOUT,
        "15 min limit reached after step 2.",
    )


def test_nobody_is_asked_for_a_call_after_which_the_run_could_only_be_stopped() -> None:
    play = asking(steps=2)
    end = play.live()
    assert (end.stop_reason, end.stop_detail) == (
        StopReason.BUDGET_EXCEEDED,
        "2 of 2 steps are used.",
    )
    assert not any(isinstance(event, e.CallAsked) for event in play.journal)


def test_what_was_approved_is_not_done_when_a_limit_has_been_reached_since() -> None:
    play = asking()
    play.live()
    play.journal.append(decided(play))
    play.rules.may_plan = lambda state, estimate, now: Decision(  # type: ignore[method-assign]
        DecisionKind.STOP,
        rule="budget:a-day",
        sentence="It is used up.",
        reason=StopReason.BUDGET_EXCEEDED,
    )
    end = play.live()
    assert (end.stop_reason, play.done) == (StopReason.BUDGET_EXCEEDED, {"1.1": 1})


def test_calls_that_follow_in_the_same_decision_are_not_begun_out_of_time() -> None:
    turn = PlannerTurn(calls=(ToolCall("a", "read", {}), ToolCall("b", "read", {})))
    play = world([turn])
    state = running(seconds=900)
    late = START + timedelta(seconds=900)
    plan = actions.Plan(window(state, ""), Estimate(1, 1, Decimal(0)))
    events = outcomes.after_plan(state, plan, turn, play.rules, late, 0.1)
    assert [event.kind for event in events] == ["step.planned", "run.stopped"]


def test_a_provider_that_asks_for_more_time_than_is_left_ends_the_wait_at_once() -> None:
    slow = PlannerError(
        PlannerFault.RATE_LIMITED,
        "slow down",
        retry_after=7_200,
        provider="anthropic",
        trouble="429",
    )
    events = outcomes.after_plan_failure(running(seconds=900), slow, START, 0.1)
    state = folded(events, running(seconds=900))
    assert state.stop_reason is StopReason.TIMEOUT
    assert state.stop_detail == (
        "anthropic asks to wait 2 h, and 15 min of its running time are left."
    )


def test_a_wait_that_nobody_asked_for_leaves_time_for_a_last_try() -> None:
    for failures in range(1, 30):
        state = replace(running(seconds=10), plan_failures=failures, seed=failures)
        (failed,) = outcomes.after_plan_failure(
            state, PlannerError(PlannerFault.TRANSIENT, "busy"), START, 0.1
        )
        assert isinstance(failed, e.PlanFailed)
        assert failed.retry_at is not None
        assert failed.retry_at < START + timedelta(seconds=10)


def test_a_run_whose_time_ends_while_its_provider_is_away_says_so() -> None:
    busy = PlannerError(PlannerFault.TRANSIENT, "busy", provider="anthropic", trouble="529")
    end = world([busy], limits={"seconds": 900}).live()
    assert end.stop_reason is StopReason.TIMEOUT
    assert end.stop_detail == (
        "15 min limit reached before its first step. Waiting for anthropic, 529 since 12:00 UTC."
    )


def test_a_final_answer_in_hand_is_taken_however_late() -> None:
    play = world([])
    state = running(seconds=1)
    plan = actions.Plan(window(state, ""), Estimate(1, 1, Decimal(0)))
    events = outcomes.after_plan(state, plan, answering(), play.rules, START + NIGHT, 0.1)
    assert events[-1].kind == "run.completed"


def test_a_tool_that_is_not_asked_about_money_needs_no_further_step() -> None:
    play = world([calling("read")], limits={"steps": 1})
    assert play.live().step == 1
    assert play.done == {"1.1": 1}
    assert list(call_decisions.next_calls(folded(play.journal), play.rules, play.now)) == []
