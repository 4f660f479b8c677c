"""How the undoing of calls changes a run. Pure."""

from runs.engine import effects_had
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import FORWARD, Changes, Folds
from runs.engine.state import UNDO_ATTEMPTS, Doubt, RunState
from runs.engine.vocabulary import RunPhase, Verdict


def undo_intended(state: RunState, event: e.UndoIntended) -> Changes:
    begun: Changes = {"undo_attempt": event.attempt, "undoing": Doubt.NONE, "undo_silent": False}
    return {**begun, "tool": event.tool, "phase": RunPhase.UNDOING, "waiting_for": None}


def undo_returned(state: RunState, event: e.UndoReturned) -> Changes:
    """A success, or a failure for good, goes on to the next undo; an earlier failure is tried
    again. An undo that nobody knows the outcome of stays in flight, in doubt.
    """
    if event.verdict is Verdict.SUCCEEDED:
        return {
            "undoable": state.undoable[:-1],
            "undone": state.undone + 1,
            "undo_attempt": 0,
            "undoing": None,
            **FORWARD,
            **effects_had.freed(state, event.call),
        }
    if event.verdict is Verdict.UNKNOWN:
        return {"undoing": Doubt.LOST, "undo_silent": True, **FORWARD}
    if event.attempt < UNDO_ATTEMPTS:
        return {"undoing": None, **FORWARD}
    failed = (*state.undo_failed, event.call)
    return {
        "undoable": state.undoable[:-1],
        "undo_failed": failed,
        "undo_attempt": 0,
        "undoing": None,
        **FORWARD,
    }


def doubted_undo(state: RunState, call: str, doubt: Doubt) -> Changes:
    """What is now known of the undo in flight."""
    if state.undoing is None or state.undoable[-1].call != call:
        raise IllegalMove(f"the undo of call {call} is not in flight")
    return {"undoing": None if state.undo_silent and doubt is Doubt.NONE else doubt}


FOLDS: Folds = {
    e.UndoIntended: undo_intended,
    e.UndoReturned: undo_returned,
}
