"""Whole runs in memory: what is decided, in which order it is recorded, how a run ends."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, call_decisions, limits, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.plan_failures import PLAN_ATTEMPTS
from runs.engine.ports import PlannerTurn, ToolCall, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    Effect,
    RunPhase,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.runs_in_memory import START, answering, calling, leased, running, spec, world


def kinds(events: list[e.RunEvent]) -> list[str]:
    return [event.kind for event in events]


def test_a_step_is_two_commits_intent_before_result_after() -> None:
    play = world([calling("read"), answering("42")])
    end = play.live()
    assert kinds(play.journal) == [
        "run.created",
        "run.leased",
        "step.planned",
        "call.intended",
        "call.returned",
        "step.planned",
        "run.completed",
    ]
    assert (end.status, end.stop_reason, end.step, end.calls) == (
        RunStatus.COMPLETED,
        StopReason.COMPLETED,
        2,
        1,
    )
    assert (end.tokens_in, end.tokens_out, end.usd) == (20, 10, Decimal("0.02"))


def test_several_calls_of_one_decision_are_made_in_order() -> None:
    play = world([calling("read", "read", "read"), answering()])
    play.live()
    calls = [event.call for event in play.journal if isinstance(event, e.CallIntended)]
    assert calls == ["1.1", "1.2", "1.3"]
    order = [event.kind for event in play.journal if event.kind.startswith("call")]
    assert order == ["call.intended", "call.returned"] * 3


def test_a_refused_call_goes_back_to_the_planner_and_the_others_are_made() -> None:
    play = world([calling("read", "nothing", "read"), answering()])
    end = play.live()
    assert [event.tool for event in play.journal if isinstance(event, e.CallRefused)] == ["nothing"]
    assert end.calls == 2
    assert any("there is no nothing" in message.text for message in end.history)


def test_calls_that_are_refused_again_and_again_end_the_run() -> None:
    play = world([calling("nothing")])
    end = play.live()
    assert end.stop_reason is StopReason.PLANNER_FAILURE
    assert end.step == call_decisions.REFUSALS_IN_A_ROW


def test_arguments_that_are_no_object_are_never_called() -> None:
    play = world([PlannerTurn(calls=(ToolCall("r", "read", '{"id"'),)), answering()])
    play.rules.refused["read"] = Decision(
        DecisionKind.DENY, rule="arguments", sentence="not a JSON object"
    )
    end = play.live()
    assert not play.done
    assert end.status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"steps": 3}, "steps"),
        ({"tokens": 700}, "tokens"),
        ({"usd": "0.05"}, "usd"),
        ({"seconds": 1}, "deadline"),
    ],
)
def test_a_limit_stops_the_run_before_the_call_that_could_break_it(
    limits: dict[str, object], limit: str
) -> None:
    play = world([calling("read", cost="0.02")], limits=limits)
    end = play.live()
    stopped = play.journal[-1]
    assert isinstance(stopped, e.RunStopped)
    reason = StopReason.TIMEOUT if limit == "deadline" else StopReason.BUDGET_EXCEEDED
    assert (end.stop_reason, stopped.rule) == (reason, f"run-limit-{limit}")
    assert end.usd <= end.limits.usd
    assert end.tokens_in + end.tokens_out <= end.limits.tokens
    assert end.step <= end.limits.steps


def test_each_result_tells_the_planner_what_it_has_left() -> None:
    play = world([calling("read"), answering()])
    play.live()
    returned = next(event for event in play.journal if isinstance(event, e.CallReturned))
    assert returned.runway == "[step 1/50 · $0.01 of $10.00 · 999,985 tokens left · 49 steps left]"


def test_the_last_of_something_is_one_of_it() -> None:
    near = replace(running(), limits=replace(running().limits, steps=1, tokens=1))
    assert limits.runway(near).endswith("1 token left · 1 step left]")


def test_an_unknown_price_is_not_zero() -> None:
    play = world(
        [PlannerTurn(calls=(ToolCall("r", "read", {}),), usage=Usage(10, 5, None)), answering()]
    )
    assert play.live().usd_unknown


def test_a_planner_that_fails_for_a_while_is_asked_again() -> None:
    busy = PlannerError(PlannerFault.TRANSIENT, "busy")
    play = world([busy, busy, answering()])
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert kinds(play.journal).count("step.plan_failed") == 2


def test_a_planner_is_not_asked_sooner_than_it_wants() -> None:
    failed = outcomes.after_plan_failure(
        running(), PlannerError(PlannerFault.RATE_LIMITED, "slow down", retry_after=90), START, 0.1
    )
    state = folded(failed, running())
    effect = machine.next_effect(state, world([]).rules, START)
    assert isinstance(effect, actions.Record)
    (wait,) = effect.events
    assert isinstance(wait, e.RunWaiting)
    assert (wait.waiting_for, wait.until) == (Waiting.PROVIDER, START + timedelta(seconds=90))


def test_a_short_backoff_keeps_its_slot() -> None:
    failed = outcomes.after_plan_failure(
        running(), PlannerError(PlannerFault.RATE_LIMITED, "slow down", retry_after=1), START, 0.1
    )
    assert isinstance(
        machine.next_effect(folded(failed, running()), world([]).rules, START), actions.Sleep
    )


@pytest.mark.parametrize("fault", [PlannerFault.FATAL, PlannerFault.MALFORMED])
def test_a_planner_that_never_answers_ends_the_run_with_its_words(fault: PlannerFault) -> None:
    play = world([PlannerError(fault, "no such model")])
    end = play.live()
    assert end.stop_reason is StopReason.PLANNER_FAILURE
    assert "no such model" in end.stop_detail
    assert end.plan_failures == (1 if fault is PlannerFault.FATAL else PLAN_ATTEMPTS)


def test_an_unusable_answer_is_paid_for_all_the_same() -> None:
    play = world(
        [
            PlannerError(PlannerFault.MALFORMED, "empty", usage=Usage(100, 0, Decimal("0.5"))),
            answering(),
        ]
    )
    end = play.live()
    assert (end.tokens_in, end.usd) == (110, Decimal("0.51"))


def test_a_pause_takes_effect_after_the_call_and_goes_on_with_the_next_one() -> None:
    play = world([calling("read", "read"), answering()])
    state = folded([leased()], folded(play.journal))
    plan = machine.next_effect(state, play.rules, START)
    assert isinstance(plan, actions.Plan)
    state = folded(
        outcomes.after_plan(state, plan, calling("read", "read"), play.rules, START, 0.1), state
    )
    state = folded([e.PauseRequested(at=START)], state)
    perform = machine.next_effect(state, play.rules, START)
    assert isinstance(perform, actions.Perform)
    state = folded(
        outcomes.after_call(
            state, play.performed(perform), Meaning(Verdict.SUCCEEDED), play.rules, START
        ),
        state,
    )
    pausing = machine.next_effect(state, play.rules, START)
    assert isinstance(pausing, actions.Record)
    state = folded(pausing.events, state)
    assert (state.status, state.control, state.phase) == (
        RunStatus.PAUSED,
        Control.NONE,
        RunPhase.IDLE,
    )
    state = folded([e.RunResumed(at=START), leased(2)], state)
    going_on = machine.next_effect(state, play.rules, START)
    assert isinstance(going_on, actions.Record)
    assert [event.call for event in going_on.events if isinstance(event, e.CallIntended)] == ["1.2"]


def test_a_kill_undoes_what_can_be_undone_newest_first() -> None:
    undoable = spec("book", effect=Effect.REVERSIBLE, has_undo=True)
    play = world([calling("book"), calling("book"), calling("read")], undoable, spec("read"))
    state = play.commit(folded(play.journal), [leased()])
    for _ in range(4):
        effect = machine.next_effect(state, play.rules, START)
        if isinstance(effect, actions.Plan):
            state = play.commit(state, play.planned(state, effect))
        else:
            assert isinstance(effect, actions.Perform)
            state = play.commit(
                state,
                outcomes.after_call(
                    state, play.performed(effect), Meaning(Verdict.SUCCEEDED), play.rules, START
                ),
            )
    play.commit(state, [e.KillRequested(at=START)])
    end = play.live()
    assert [event.call for event in play.journal if isinstance(event, e.UndoReturned)] == [
        "2.1",
        "1.1",
    ]
    assert (end.stop_reason, end.undone, end.to_undo) == (StopReason.USER_KILLED, 2, 2)


def test_workers_lost_again_and_again_without_a_step_forward_are_a_crash_loop() -> None:
    play = world([calling("read")], dies=lambda moment: moment == "planning")
    end = play.live()
    assert end.stop_reason is StopReason.CRASH_LOOP
    assert "4 workers were lost" in end.stop_detail


def test_an_answer_that_is_not_accepted_goes_back_to_the_planner() -> None:
    play = world([answering("soon"), answering("done")])
    lacking = Decision(DecisionKind.DENY, rule="done-means", sentence="say done")
    play.rules.acceptance = lambda final: ALLOWED if final == "done" else lacking
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert kinds(play.journal).count("hint.given") == 1


def test_a_run_that_nobody_leased_has_nothing_to_do() -> None:
    assert isinstance(machine.next_effect(RunState(), world([]).rules, START), actions.Release)
