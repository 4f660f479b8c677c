"""The transition table: which event may happen to a run in which status, and the status after it.

A pair that is not in the table is illegal. `overruled` names the moves that the table allows and a
person's decision forbids.
"""

from runs.engine import compensation
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import FINAL, Control, RunStatus, StopReason, Waiting

Q, R, W, P = RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED
U, DONE, STOPPED = RunStatus.COMPENSATING, RunStatus.COMPLETED, RunStatus.STOPPED

WORK = (
    e.RunDowngraded,
    e.RunRouted,
    e.StepReasoned,
    e.StepPlanned,
    e.PlanFailed,
    e.CallIntended,
    e.CallRefused,
    e.CallAsked,
    e.CallRetried,
    e.CallReturned,
    e.CallLookedUp,
    e.CallLost,
    e.HintGiven,
    e.JudgeAnswered,
    e.ContextCompacted,
)

BESIDE = (
    e.CallLate,
    e.LateAcknowledged,
    e.FindingOpened,
    e.FindingClosed,
    e.RunRestored,
    e.RunHandedOver,
)
"""What is written beside the course of a run, whatever its status."""

MOVES: dict[tuple[RunStatus, type[e.RunEvent]], RunStatus] = {
    (Q, e.RunCreated): Q,
    (Q, e.RunBriefed): Q,
    **{(status, e.RunLeased): R for status in (Q, R, W, P)},
    (U, e.RunLeased): U,
    **{(R, kind): R for kind in WORK},
    **{(status, e.PauseRequested): status for status in (Q, R, W)},
    **{(status, e.RunPaused): P for status in (Q, R, W)},
    (P, e.RunResumed): Q,
    **{(status, e.RunResumed): status for status in (Q, R, W)},
    (STOPPED, e.RunRequeued): Q,
    (STOPPED, e.RunExtended): Q,
    (STOPPED, e.RunContinued): Q,
    **{(status, e.KillRequested): status for status in (Q, R, W, P)},
    (R, e.KillAcknowledged): U,
    (R, e.RunWaiting): W,
    (W, e.CallSettled): Q,
    (W, e.CallDecided): Q,
    **{(status, e.CallDecided): status for status in (Q, R, P)},
    **{
        (status, kind): status for status in (Q, R, W, P) for kind in (e.GrantGiven, e.GrantRevoked)
    },
    (Q, e.CallReturned): Q,
    (U, e.UndoIntended): U,
    (U, e.RunWaiting): U,
    (U, e.CallSettled): U,
    (U, e.UndoReturned): U,
    (U, e.CallLookedUp): U,
    (U, e.CallReturned): U,
    (U, e.UndoEnded): STOPPED,
    (STOPPED, e.CallSettled): U,
    **{(status, e.UndoBegun): U for status in (STOPPED, DONE)},
    **{
        (status, kind): status
        for status in (STOPPED, DONE)
        for kind in (e.UndoAsked, e.UndoDeclined)
    },
    **{(status, e.WorkerFailed): status for status in (Q, R, W, P, U)},
    (P, e.AnswerDecided): P,
    **{(status, e.RunStopped): STOPPED for status in (Q, R, W, P, U)},
    **{(status, e.RunCompleted): DONE for status in (R, P)},
    **{(status, kind): status for status in RunStatus for kind in BESIDE},
}

TURNS: dict[tuple[RunStatus, type[e.RunEvent]], RunStatus] = {
    **{(status, e.RunStopped): U for status in (Q, R, W, P)},
    (U, e.UndoEnded): DONE,
}
"""Where a move leads instead: a stop whose agent wants everything undone, and the end of the
undoing of a run that had completed.
"""


def status_after(state: RunState, event: e.RunEvent) -> RunStatus | None:
    """The status after the event; None when the table does not allow it."""
    move = (state.status, type(event))
    return TURNS[move] if move in TURNS and turns(state, event) else MOVES.get(move)


def turns(state: RunState, event: e.RunEvent) -> bool:
    if isinstance(event, e.RunStopped):
        return compensation.begins(state, event)
    return isinstance(event, e.UndoEnded) and event.reason is StopReason.COMPLETED


CONTINUABLE = frozenset(
    {
        StopReason.PLANNER_FAILURE,
        StopReason.CONTEXT_EXHAUSTED,
        StopReason.BUDGET_EXCEEDED,
        StopReason.TIMEOUT,
        StopReason.LOOP_DETECTED,
        StopReason.NO_PROGRESS,
        StopReason.DRIFTED,
        StopReason.RETRY_LIMIT_REACHED,
        StopReason.TOOL_FAILURE,
        StopReason.CIRCUIT_OPEN,
        StopReason.ACCEPTANCE_FAILED,
        StopReason.POLICY_DENIED,
        StopReason.CRASH_LOOP,
        StopReason.DEAD_LETTER,
    }
)
"""Reasons whose cause can be dealt with, after which the run goes on from its last step. Not among
them: an end that a person chose, and one that nobody can build on, such as a call that nobody knows
the outcome of, or an undo that failed.
"""
GOING_ON = (e.RunRequeued, e.RunExtended, e.RunContinued)
"""What lets a run that has ended go on."""
LIMITS_REACHED = (StopReason.BUDGET_EXCEEDED, StopReason.TIMEOUT)
RESTS = (e.RunStopped, e.RunCompleted, e.RunPaused, e.RunWaiting, e.PauseRequested, e.RunResumed)
"""Events that end a run or take it out of its worker's hands. Once a kill is requested only its
acknowledgement may.
"""


def overruled(state: RunState, event: e.RunEvent) -> str:
    """Why the event would go against a person's decision, as a sentence; empty when it does not.

    No clock, worker or rule may overrule a person.
    """
    if type(event) is e.RunLeased:
        return held_back(state) if state.status is P else ""
    if state.control is Control.KILL and state.status in (Q, R, W, P) and isinstance(event, RESTS):
        return f"{event.kind} cannot happen to a run that is to be killed: the kill comes first"
    if (
        type(event) is e.CallSettled
        and state.status in FINAL
        and state.stop_reason is not StopReason.KILLED_IN_DOUBT
    ):
        return "no call of this run is in doubt"
    if isinstance(event, GOING_ON) and state.undone:
        return "what it did was undone, so it cannot go on"
    if type(event) is e.RunExtended and state.stop_reason not in LIMITS_REACHED:
        return "it was not ended by a limit"
    if type(event) is e.RunContinued and state.stop_reason not in CONTINUABLE:
        return "what ended it cannot be dealt with"
    return ""


def held_back(state: RunState) -> str:
    """Why no worker may take the run, as a sentence; empty when one may. A run that a person
    paused, or is asked about, moves only when a person says so.
    """
    if state.control is Control.KILL:
        return ""
    if state.status is P:
        return "a paused run is not taken by a worker until it is resumed"
    if state.status is W and state.waiting_for in (Waiting.APPROVAL, Waiting.IN_DOUBT):
        return "a run that waits for a person is not taken by a worker before they have answered"
    return ""


def arrows() -> dict[tuple[RunStatus, RunStatus], tuple[str, ...]]:
    """Every move from one status to another, with the kinds of the events that make it."""
    found: dict[tuple[RunStatus, RunStatus], tuple[str, ...]] = {}
    for (old, kind), new in (*MOVES.items(), *TURNS.items()):
        if old is not new:
            found[old, new] = (*found.get((old, new), ()), kind.kind)
    return {pair: tuple(sorted(kinds)) for pair, kinds in sorted(found.items())}


def diagram() -> str:
    """The table as a Mermaid state diagram, for people."""
    lines = (
        f"    {old} --> {new}: {kind}" for (old, new), kinds in arrows().items() for kind in kinds
    )
    return "\n".join(["stateDiagram-v2", *lines])
