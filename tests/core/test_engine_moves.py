"""Every event meets every status: it is in the table, or it is refused and nothing changes."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine.engine_errors import BadEvent, IllegalMove, PlannerFault
from runs.engine.fold import FOLDS, fold
from runs.engine.kept_calls import CallAsk, Flight, SessionApproval, Undoable
from runs.engine.moves import BESIDE, MOVES, TURNS, diagram, overruled
from runs.engine.ports import Happened, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    AnswerAct,
    Closer,
    Discrepancy,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.runs_in_memory import START, created, leased

CALL: dict[str, Any] = {"step": 1, "tool": "read", "call": "1.1"}
EXAMPLES: dict[type[e.RunEvent], e.RunEvent] = {
    type(event): event
    for event in (
        created(),
        leased(),
        e.RunDowngraded(at=START, planner="cheaper"),
        e.RunBriefed(at=START, prompt="be good"),
        e.WorkerFailed(at=START, error="KeyError: step", takes=2),
        e.PauseRequested(at=START),
        e.RunPaused(at=START),
        e.RunResumed(at=START),
        e.RunRequeued(at=START),
        e.RunExtended(at=START, limit="steps", value="100", was="50"),
        e.RunContinued(at=START, planner="openai:gpt-5-mini", note="the provider is back"),
        e.KillRequested(at=START),
        e.KillAcknowledged(at=START),
        e.RunWaiting(at=START, waiting_for=Waiting.BACKOFF, until=START),
        e.RunStopped(at=START, reason=StopReason.USER_KILLED),
        e.RunCompleted(at=START, final="done"),
        e.RunRouted(at=START, step=1, tier="plan", planner="better", hold=3, rule="routing:stuck"),
        e.StepReasoned(at=START, step=1, thinking="hm", maker="openai", parts={"a": [1]}),
        e.StepPlanned(at=START, step=1, calls=(ToolCall("r", "read", {}),)),
        e.PlanFailed(
            at=START, step=1, fault=PlannerFault.TRANSIENT, message="busy", retry_at=START
        ),
        e.CallIntended(
            at=START, **CALL, ref="r", args={}, key="1.1", effect=Effect.READ, idempotent=True
        ),
        e.CallRefused(at=START, **CALL, ref="r", args={}, rule="no", sentence="no"),
        e.CallAsked(at=START, **CALL, ref="r", args={}, effect=Effect.READ),
        e.CallDecided(at=START, **CALL, word=AnswerAct.APPROVE),
        e.GrantGiven(at=START, grant="g", step=1, tool="read", args={}),
        e.GrantRevoked(at=START, grant="g"),
        e.CallRetried(at=START, **CALL, attempt=2),
        e.CallReturned(at=START, **CALL, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED),
        e.CallLookedUp(at=START, **CALL, happened=Happened.NO),
        e.CallLost(at=START, **CALL, outcome=Outcome.ERROR, error="gone"),
        e.CallSettled(at=START, **CALL, happened=Happened.NO),
        e.AnswerDecided(at=START, step=1, word=AnswerAct.APPROVE, unmet=("told",)),
        e.HintGiven(at=START, step=1, text="look up"),
        e.ContextCompacted(at=START, step=1, messages=1, steps=1, summary="so far"),
        e.JudgeAnswered(at=START, step=1, closer=Closer.NO, rule="judge:probe"),
        e.CallLate(at=START, **CALL, epoch=1, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED),
        e.LateAcknowledged(at=START),
        e.FindingOpened(
            at=START, finding=2, difference=Discrepancy.TWICE, tool="pay", call="1.1", key="k:1.1"
        ),
        e.RunRestored(at=START, detail="An old backup was restored."),
        e.RunHandedOver(at=START, to="bert", left="olga"),
        e.FindingClosed(at=START, finding=1, note="reversed"),
        e.UndoAsked(at=START, undoes=("1.1",), note="wrong order"),
        e.UndoBegun(at=START, undoes=("1.1",), note="wrong order", request="7"),
        e.UndoDeclined(at=START, note="it stands", request="7"),
        e.UndoEnded(at=START, reason=StopReason.TIMEOUT, detail="1 of 1 undone."),
        e.UndoIntended(at=START, **CALL),
        e.UndoReturned(at=START, **CALL, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED),
    )
}
FLIGHT = replace(
    Flight("1.1", "r", "read", {}, "1.1", 1, idempotent=False, lookup=False, undo=False, timeout=1),
    effect=Effect.READ,
    idempotent=True,
)
PAIRS = list(itertools.product(RunStatus, e.KINDS.values()))


def a_run(status: RunStatus) -> RunState:
    """A run in that status with a call in flight, so that every call event finds its call."""
    return RunState(
        status=status,
        flights=(FLIGHT,),
        queue=(ToolCall("r", "read", {}),),
        asks=(CallAsk("1.1", {}),),
        proposed="done",
        grants=(SessionApproval("g", "read", {}, (), 1, "user:anna"),),
        undoable=(Undoable("1.1", "read", {}, None, 1),),
        to_be_undone=("1.1",),
        undo_asked=("1.1",),
        findings=(1,),
    )


def test_there_is_an_example_and_a_fold_of_every_kind() -> None:
    assert set(EXAMPLES) == set(e.KINDS.values()) == set(FOLDS)


@pytest.mark.parametrize(
    ("status", "kind"), PAIRS, ids=[f"{status}-{kind.kind}" for status, kind in PAIRS]
)
def test_an_event_moves_as_the_table_says_or_is_refused(
    status: RunStatus, kind: type[e.RunEvent]
) -> None:
    state = a_run(status)
    before = dict(state.__dict__)
    expected = MOVES.get((status, kind))
    if expected is None or overruled(state, EXAMPLES[kind]):
        with pytest.raises(IllegalMove):
            fold(state, EXAMPLES[kind])
    else:
        assert fold(state, EXAMPLES[kind]).status is expected
    assert state.__dict__ == before


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.STOPPED])
def test_nothing_happens_to_an_ended_run_but_a_requeue_a_settled_doubt_and_what_comes_late(
    status: RunStatus,
) -> None:
    allowed = {kind for (old, kind) in MOVES if old is status}
    people = {e.RunRequeued, e.RunExtended, e.RunContinued, e.CallSettled}
    people |= {e.UndoAsked, e.UndoBegun, e.UndoDeclined}
    assert allowed <= people | set(BESIDE)
    killed = RunState(status=status, stop_reason=StopReason.USER_KILLED, flights=(FLIGHT,))
    with pytest.raises(IllegalMove):
        fold(killed, EXAMPLES[e.CallSettled])


def test_every_status_can_be_reached_and_every_open_one_can_be_left() -> None:
    reached = {RunStatus.QUEUED} | {new for (old, _), new in MOVES.items() if old is not new}
    left = {old for (old, _), new in MOVES.items() if old is not new}
    assert reached == set(RunStatus)
    assert left >= set(RunStatus) - {RunStatus.COMPLETED}


def test_a_result_of_a_call_that_is_not_in_flight_is_refused() -> None:
    other = e.CallReturned(
        at=START, step=1, tool="read", call="9.9", outcome=Outcome.OK, verdict=Verdict.SUCCEEDED
    )
    with pytest.raises(IllegalMove):
        fold(a_run(RunStatus.RUNNING), other)


def test_impossible_events_cannot_be_made() -> None:
    with pytest.raises(BadEvent):
        e.StepPlanned(at=START, step=0, final="x")
    with pytest.raises(BadEvent):
        e.StepPlanned(at=START, step=1)
    with pytest.raises(BadEvent):
        e.RunStopped(at=START, reason=StopReason.COMPLETED)
    for undoes in ((), ("1.1", "1.1")):
        with pytest.raises(BadEvent):
            e.UndoBegun(at=START, undoes=undoes)
    with pytest.raises(BadEvent):
        e.RunPaused(at=START.replace(tzinfo=None))


def test_the_diagram_is_drawn_from_the_table() -> None:
    drawn = diagram()
    assert "queued --> running: run.leased" in drawn
    assert all(new.value in drawn for new in MOVES.values())
    assert "running --> compensating: run.stopped" in drawn
    assert set(TURNS) <= set(MOVES)
