"""How the undoing of calls changes a run. Pure."""

from runs.engine import compensation, effects_had
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import FORWARD, Changes, Folds, left_over, over
from runs.engine.kept_calls import UNDO_ATTEMPTS, Doubt
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation, RunPhase, StopReason, Verdict, Waiting

NEXT: Changes = {"undo_attempt": 0, "undoing": None}
"""Nothing is known yet of the undo of the next call."""
ANSWERED: Changes = {"undo_asked": (), "undo_asked_by": "", "waiting_for": None}


def undo_asked(state: RunState, event: e.UndoAsked) -> Changes:
    able(state, event.undoes)
    asked = compensation.ordered(state, event.undoes)
    return {"undo_asked": asked, "undo_asked_by": event.person, "waiting_for": Waiting.UNDO}


def undo_declined(state: RunState, event: e.UndoDeclined) -> Changes:
    if not state.undo_asked:
        raise IllegalMove("nobody is asked whether anything is to be undone")
    return ANSWERED


def undo_begun(state: RunState, event: e.UndoBegun) -> Changes:
    """Turn to undoing what a person chose; the run keeps the end that it had."""
    able(state, event.undoes)
    calls = compensation.ordered(state, event.undoes)
    return {
        **ANSWERED,
        **NEXT,
        "to_be_undone": calls,
        "to_undo": state.undone + len(calls),
        "undoes_all": False,
        "undo_failed": tuple(call for call in state.undo_failed if call not in calls),
        "ended_for": state.ended_for or had_ended(state),
        "ended_with": state.stop_detail,
        "phase": RunPhase.UNDOING,
        "tool": "",
        **FORWARD,
    }


def had_ended(state: RunState) -> StopReason | None:
    """Why the run had ended, apart from what became of undoing it."""
    after_a_kill = state.stop_reason in (
        StopReason.KILLED_IN_DOUBT,
        StopReason.COMPENSATION_FAILED,
    )
    return StopReason.USER_KILLED if after_a_kill else state.stop_reason


def able(state: RunState, calls: tuple[str, ...]) -> None:
    """Raises IllegalMove for a call that cannot be undone, or is undone already."""
    if missing := compensation.not_undoable(state, calls):
        raise IllegalMove(f"call {missing[0]} cannot be undone, or is undone already")


def undo_intended(state: RunState, event: e.UndoIntended) -> Changes:
    # of a run that was restored, somebody may have had it undone in the time that is lost
    first = Doubt.LOST if state.restored and not state.undo_attempt else Doubt.NONE
    begun: Changes = {"undo_attempt": event.attempt, "undoing": first, "undo_silent": False}
    return {**begun, "tool": event.tool, "phase": RunPhase.UNDOING, "waiting_for": None}


def undo_returned(state: RunState, event: e.UndoReturned) -> Changes:
    """A success, or a failure for good, goes on to the next undo; an earlier failure is tried
    again. An undo that nobody knows the outcome of stays in flight, in doubt.
    """
    if event.verdict is Verdict.UNKNOWN:
        return {"undoing": Doubt.LOST, "undo_silent": True, **FORWARD}
    if event.verdict is Verdict.FAILED and event.attempt < UNDO_ATTEMPTS:
        return {"undoing": None, **FORWARD}
    left = {"to_be_undone": state.to_be_undone[1:], **NEXT, **FORWARD}
    kept = tuple(entry for entry in state.undoable if entry.call != event.call)
    if event.verdict is Verdict.FAILED:
        failed = {"undo_failed": (*state.undo_failed, event.call)}
        # of which nobody knows whether it happened: nobody may choose it again
        return {**left, **failed, **({"undoable": kept} if state.undoing is Doubt.UNKNOWN else {})}
    freed = effects_had.freed(state, event.call)
    return {**left, **freed, "undoable": kept, "undone": state.undone + 1}


def undo_ended(state: RunState, event: e.UndoEnded) -> Changes:
    return {
        **over(event.reason, event.detail, state.ended_at or event.at),
        "to_be_undone": (),
        "leftover": left_over(state, event.reason, Compensation.LEAVE),
    }


def doubted_undo(state: RunState, call: str, doubt: Doubt) -> Changes:
    """What is now known of the undo in flight."""
    entry = state.undo_next
    if state.undoing is None or entry is None or entry.call != call:
        raise IllegalMove(f"the undo of call {call} is not in flight")
    return {"undoing": None if state.undo_silent and doubt is Doubt.NONE else doubt}


FOLDS: Folds = {
    e.UndoAsked: undo_asked,
    e.UndoDeclined: undo_declined,
    e.UndoBegun: undo_begun,
    e.UndoIntended: undo_intended,
    e.UndoReturned: undo_returned,
    e.UndoEnded: undo_ended,
}
