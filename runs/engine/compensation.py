"""What becomes of what a run did when it ends short of its goal. Pure.

An agent chooses for a kill, for single stop reasons, and for every other stop; whoever kills a run
may choose otherwise. A run that completes undoes nothing.
"""

from collections.abc import Mapping

from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation, Effect, RunStatus, StopReason

KILL, STOP = "kill", "stop"
NEVER_READ = StopReason.DEAD_LETTER
"""A dead letter's journal may be what could not be read: nothing is undone by itself."""


def chosen(choices: Mapping[str, str], reason: StopReason) -> Compensation:
    """What the agent chose for a stop of this reason. Runs from before there was a choice leave
    everything.
    """
    return Compensation(choices.get(reason.value) or choices.get(STOP) or Compensation.LEAVE)


NOT_CHOSEN = {
    StopReason.COMPLETED,
    StopReason.USER_PAUSED,
    StopReason.USER_KILLED,
    StopReason.KILLED_IN_DOUBT,
    StopReason.COMPENSATION_FAILED,
    NEVER_READ,
}
CHOOSABLE = frozenset({reason.value for reason in StopReason} - NOT_CHOSEN)
"""Names of the stop reasons for which an agent may choose by themselves."""


def problem(choices: object) -> str:
    """Why these are no choices by stop reason, as a sentence; empty when they are."""
    if not isinstance(choices, Mapping):
        return "An object is wanted: a stop reason, and what becomes of what the run did."
    words = ", ".join(Compensation)
    for reason, choice in choices.items():
        if reason not in CHOOSABLE:
            return f"There is nothing to choose for {reason}: {', '.join(sorted(CHOOSABLE))}."
        if choice not in list(Compensation):
            return f"{reason}: one of {words}, not {choice}."
    return ""


def of_kill(choices: Mapping[str, str]) -> Compensation:
    return Compensation(choices.get(KILL) or Compensation.UNDO)


def of_stop(state: RunState, stop: e.RunStopped) -> Compensation:
    """What becomes of what this run did, at this stop.

    A run that is being undone already has only been undone: where it was killed and a person is to
    be asked, they are asked now. Any other choice has been carried out.
    """
    if state.status is RunStatus.COMPENSATING:
        asks = state.kill_choice is Compensation.ASK and stop.reason is StopReason.USER_KILLED
        return Compensation.ASK if asks else Compensation.LEAVE
    if stop.reason is NEVER_READ:
        return Compensation.LEAVE
    return chosen(state.compensation, stop.reason)


def begins(state: RunState, stop: e.RunStopped) -> bool:
    """Whether the run is undone at this stop: its agent chose so, and there is something to undo,
    or a call of which nobody knows whether there is.
    """
    return bool(state.undoable or open_calls(state)) and of_stop(state, stop) is Compensation.UNDO


def open_calls(state: RunState) -> bool:
    """Whether a call in flight may have changed the world."""
    return any(flight.effect is not Effect.READ for flight in state.flights)


def newest_first(state: RunState) -> tuple[str, ...]:
    """The names of all calls that can be undone."""
    return tuple(entry.call for entry in reversed(state.undoable))


def ordered(state: RunState, calls: tuple[str, ...]) -> tuple[str, ...]:
    """These of the calls that can be undone, the newest first, in whatever order they were named:
    later ones may rest on earlier ones.
    """
    return tuple(call for call in newest_first(state) if call in calls)


def not_undoable(state: RunState, calls: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the calls that cannot be undone, or are undone already."""
    able = newest_first(state)
    return tuple(call for call in calls if call not in able)
