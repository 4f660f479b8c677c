"""What single events make of a run's state, where no other test would notice."""

from dataclasses import replace

import pytest

from runs.engine import events as e
from runs.engine import machine
from runs.engine.actions import Record
from runs.engine.fold import folded
from runs.engine.fold_runs import lost_by
from runs.engine.history import NOTHING
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import RunPhase, StopReason
from tests.core.runs_in_memory import START, calling, created, leased, spec, world

CALL = ToolCall("call-1", "read", {"n": 1})


def running() -> RunState:
    return folded([created(), leased()])


@pytest.mark.parametrize(("calls", "phase"), [((CALL,), RunPhase.CALLING), ((), RunPhase.IDLE)])
def test_a_run_is_at_its_calls_once_it_has_some(
    calls: tuple[ToolCall, ...], phase: RunPhase
) -> None:
    planned = e.StepPlanned(at=START, step=1, calls=calls, final=None if calls else "done")
    state = folded([planned], running())
    assert (state.phase, state.tool, state.proposed) == (phase, "", None if calls else "done")


@pytest.mark.parametrize(
    ("lost", "after", "words", "said"),
    [
        (True, "was killed (signal 9)", "", "its process was killed (signal 9)."),
        (True, "ended", "out of memory", "its process ended. Last words: out of memory"),
        (True, "", "out of memory", ""),
        (False, "ended", "bye", ""),
    ],
)
def test_what_became_of_the_worker_before_is_said_as_far_as_it_is_known(
    lost: bool, after: str, words: str, said: str
) -> None:
    assert lost_by(replace(leased(), lost=lost, after=after, words=words)) == said


def test_so_many_refusals_in_a_row_end_the_run_and_one_fewer_do_not() -> None:
    play = world([calling("nowhere") for _ in range(40)], spec("read"))
    end = play.live()
    refused = [event for event in play.journal if isinstance(event, e.CallRefused)]
    assert end.stop_reason is StopReason.PLANNER_FAILURE
    assert f"{len(refused)} calls in a row were refused" in end.stop_detail
    before = folded(play.journal[: play.journal.index(refused[-1])])
    assert before.refusals == len(refused) - 1
    assert before.stop_reason is None


def test_two_futures_of_one_history_do_not_see_each_other() -> None:
    past = NOTHING.after(ContextMessage(Speaker.USER, "goal"))
    one, other = (
        past.after(ContextMessage(Speaker.USER, "left")),
        past.after(ContextMessage(Speaker.USER, "right")),
    )
    assert [message.text for message in one] == ["goal", "left"]
    assert [message.text for message in other] == ["goal", "right"]
    assert [message.text for message in past] == ["goal"]
    assert past.after(ContextMessage(Speaker.USER, "left")) == one


def test_the_beginning_is_a_history_of_its_own_each_time() -> None:
    one, other = (
        NOTHING.after(ContextMessage(Speaker.USER, "a")),
        NOTHING.after(ContextMessage(Speaker.USER, "b")),
    )
    assert ([each.text for each in one], [each.text for each in other]) == (["a"], ["b"])
    assert len(NOTHING) == 0


def test_a_sleep_is_no_longer_than_the_run_has_time() -> None:
    state = folded([created(), leased()])
    assert state.deadline is not None
    late = state.deadline + machine.LONGEST_SLEEP * 10
    effect = machine.next_backoff(state, "why", late, START)
    assert isinstance(effect, Record)
    assert [event.until for event in effect.events if isinstance(event, e.RunWaiting)] == [
        state.deadline
    ]
