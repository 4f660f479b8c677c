"""A run's state is the fold of its events. `fold` gives the next state, or raises and changes
nothing.

What each event changes stands with its noun: `fold_runs`, `fold_steps`, `fold_calls`, `fold_undo`,
`fold_decisions`, `fold_findings`.

It asks nobody and reads no clock but `event.at`, so a journal gives the same state on every machine
and for ever. Whatever a later move needs is therefore in an event, also what a rule or a tool's
declaration said at the time: read from today's settings, an old run would fold to another state
than the one its worker acted on.
"""

from collections.abc import Iterable

from runs.engine import events as e
from runs.engine import (
    fold_calls,
    fold_decisions,
    fold_findings,
    fold_runs,
    fold_steps,
    fold_undo,
    running_clock,
)
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import Changes
from runs.engine.moves import overruled, status_after
from runs.engine.state import RunState

FOLDS = {
    **fold_runs.FOLDS,
    **fold_steps.FOLDS,
    **fold_calls.FOLDS,
    **fold_undo.FOLDS,
    **fold_decisions.FOLDS,
    **fold_findings.FOLDS,
}


def fold(state: RunState, event: e.RunEvent) -> RunState:
    """The state after `event`.

    Raises IllegalMove, changing nothing, when the state does not allow the event.
    """
    status = status_after(state, event)
    if status is None:
        raise IllegalMove(f"{event.kind} cannot happen to a run that is {state.status}")
    if sentence := overruled(state, event):
        raise IllegalMove(sentence)
    changes = FOLDS[type(event)](state, event)
    if "phase" in changes:
        changes["phase_at"] = event.at
    changes["status"] = status
    ticking = running_clock.runs(status, changes.get("waiting_for", state.waiting_for))
    return evolved(state, changes | running_clock.moved(state, event, ticking=ticking))


def evolved(state: RunState, changes: Changes) -> RunState:
    """A copy of the state with `changes` in its fields.

    `dataclasses.replace` takes ten times as long, and this happens several times in a step.
    """
    after = object.__new__(RunState)
    after.__dict__.update(state.__dict__)
    after.__dict__.update(changes)
    return after


START = RunState()


def folded(events: Iterable[e.RunEvent], state: RunState = START) -> RunState:
    """The state after all of `events`, in order."""
    for event in events:
        state = fold(state, event)
    return state
