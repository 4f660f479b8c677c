"""An ended run that a person lets go on does so from its last step, and nothing is done twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from runs.engine import actions, continuing, machine
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove, PlannerError, PlannerFault
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.moves import CONTINUABLE
from runs.engine.ports import ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, RunStatus, StopReason
from tests.core.runs_in_memory import START, World, answering, calling, leased, running, world

CONTINUED = e.RunContinued(at=START, note="the key was renewed")
NO_KEY = PlannerError(PlannerFault.FATAL, "refused the API key (401)")


def ended() -> World:
    """Two steps done, then the provider refuses the key."""
    play = world([calling("read"), calling("read"), NO_KEY])
    play.live()
    return play


def stopped(state: RunState, reason: StopReason) -> RunState:
    return folded([e.RunStopped(at=START, reason=reason, detail="so it is")], state)


def test_a_run_goes_on_from_its_last_step_and_nothing_is_done_twice() -> None:
    play = ended()
    at_end = folded(play.journal)
    assert (at_end.stop_reason, at_end.step) == (StopReason.PLANNER_FAILURE, 2)
    play.journal.append(replace(CONTINUED, at=play.now))
    play.turns = [answering(), answering(), answering()]
    end = play.live()
    assert (end.status, end.step) == (RunStatus.COMPLETED, 3)
    assert play.done == {"1.1": 1, "2.1": 1}
    assert end.tokens_in == at_end.tokens_in + 10


@pytest.mark.parametrize("reason", sorted(set(StopReason) - {StopReason.COMPLETED}))
def test_it_goes_on_only_where_the_cause_can_be_dealt_with(reason: StopReason) -> None:
    state = replace(running(), status=RunStatus.STOPPED, stop_reason=reason)
    if reason not in CONTINUABLE:
        with pytest.raises(IllegalMove):
            fold(state, CONTINUED)
        return
    after = fold(state, CONTINUED)
    assert (after.status, after.stop_reason, after.ended_at) == (RunStatus.QUEUED, None, None)


def test_nothing_that_counted_against_it_counts_any_more() -> None:
    state = replace(
        running(),
        step=4,
        plan_failures=5,
        unusable=5,
        plan_fatal=True,
        plan_overflow=True,
        retry_at=START + timedelta(hours=1),
        last_failure="no",
        answer_before=100,
        refusals=8,
        rejections=3,
        retries=20,
    )
    after = fold(stopped(state, StopReason.PLANNER_FAILURE), CONTINUED)
    fresh = RunState()
    for name in (
        "plan_failures unusable plan_fatal plan_overflow retry_at last_failure"
        " answer_before refusals rejections retries away"
    ).split():
        assert getattr(after, name) == getattr(fresh, name), name
    assert (after.step, after.watched) == (4, 4), "rules of progress are not asked at once"


def test_more_of_its_own_time_also_asks_a_planner_again_that_wanted_to_be_asked_later() -> None:
    late = replace(running(), plan_failures=1, plan_fatal=True, last_failure="asks to wait 2 h")
    state = stopped(late, StopReason.TIMEOUT)
    more = e.RunExtended(at=START, limit="deadline", value="90000", was="3600")
    again = folded([more, leased(2)], state)
    assert isinstance(machine.next_effect(again, world([]).rules, START), actions.Plan)


def test_with_another_planner_what_was_learned_of_the_one_before_is_forgotten() -> None:
    known = replace(
        running(),
        planner="openai:small",
        window=100,
        learned_window=90,
        scale=1.7,
        max_call_cost=Decimal(1),
    )
    state = stopped(known, StopReason.CONTEXT_EXHAUSTED)
    after = fold(state, replace(CONTINUED, planner="openai:large"))
    assert (after.planner, after.window, after.learned_window) == ("openai:large", None, None)
    assert (after.scale, after.max_call_cost) == (1.0, Decimal(0))
    same = fold(state, CONTINUED)
    assert (same.planner, same.learned_window, same.scale) == ("openai:small", 90, 1.7)


def test_where_it_would_end_again_at_once_it_says_why() -> None:
    spent = fold(stopped(replace(running(steps=3), step=3), StopReason.BUDGET_EXCEEDED), CONTINUED)
    assert continuing.obstacle(spent, START) == "3 of 3 steps are used."
    late = replace(running(seconds=60), active=timedelta(seconds=60), clock_since=None)
    queued = fold(stopped(late, StopReason.TIMEOUT), CONTINUED)
    assert continuing.obstacle(queued, START) == "1 min limit reached before its first step."
    more = replace(queued, limits=replace(queued.limits, seconds=61))
    assert continuing.obstacle(more, START) == ""
    narrow = stopped(replace(running(), window=110, context=900), StopReason.CONTEXT_EXHAUSTED)
    assert "the model takes 110" in continuing.obstacle(fold(narrow, CONTINUED), START)
    wide = fold(narrow, replace(CONTINUED, planner="openai:large"))
    assert continuing.obstacle(wide, START) == ""


def test_what_it_has_in_hand_is_finished_whatever_its_limits_say_of_another_turn() -> None:
    queued = replace(running(steps=1), step=1, queue=(ToolCall("r", "read", {}),))
    assert continuing.obstacle(queued, START) == ""
    assert continuing.obstacle(replace(queued, queue=(), proposed="done"), START) == ""


def flight(doubt: Doubt) -> Flight:
    return Flight(
        "3.1",
        "r",
        "refund",
        {},
        "k",
        3,
        idempotent=False,
        lookup=True,
        undo=False,
        timeout=5,
        doubt=doubt,
        effect=Effect.IRREVERSIBLE,
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "Next it plans step 4 with scripted. Its 3 steps before stay as they are."),
        ({"step": 0}, "Next it plans step 1 with scripted."),
        ({"proposed": "done"}, "Next its final answer is judged again."),
        (
            {"queue": (ToolCall("r", "read", {}),)},
            "Next it makes read, which it had decided on in step 3.",
        ),
        (
            {"flights": (flight(Doubt.LOST),)},
            "First it is found out whether refund happened; then it goes on.",
        ),
        (
            {"flights": (flight(Doubt.NONE),)},
            "First refund is made, which it had decided on in step 3.",
        ),
    ],
)
def test_what_it_will_do_first_is_said(facts: dict[str, object], said: str) -> None:
    state = replace(running(), **{"step": 3, **facts})  # type: ignore[arg-type]
    assert continuing.first_move(state) == said
    hidden = continuing.first_move(state, sees_tools=False)
    assert "refund" not in hidden
    assert " read" not in hidden


def test_another_planner_is_named_in_what_comes_next() -> None:
    assert "with openai:large" in continuing.first_move(running(), "openai:large")
