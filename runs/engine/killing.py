"""What follows a kill, or another end after which a run is undone: a kill is acknowledged first,
then the call that was cut off is cleared up, then what was done is undone. Pure.

Nothing but the run's own state is asked before the acknowledgement: no rule, no tool, no planner.
"""

from datetime import datetime
from itertools import chain

from runs.engine import events as e
from runs.engine import limits
from runs.engine.actions import Action, Record, Release, Resolve, ResolveUndo, Undo
from runs.engine.kept_calls import UNDO_ATTEMPTS, Doubt, Flight, Undoable
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation, Effect, Outcome, StopReason, Verdict, Waiting

LOST_LOOKING_UP = 3
"""Workers that may be lost in looking a call up before it is left to a person."""
LOST_IN_ALL = 8


def acknowledged(state: RunState, now: datetime, *, begun: bool = False) -> tuple[e.RunEvent, ...]:
    """The acknowledgement of a kill: no worker begins anything for this run any more.

    Before it come the results of those calls in flight that only read, or that are known not to
    have happened. A call that was cut off stays in flight until it is looked up. `begun`: this
    worker had begun the calls in flight.
    """
    known = (outcome(state, flight, now, begun=begun) for flight in state.flights)
    undoes = state.kill_choice is Compensation.UNDO
    to_undo = len(state.undoable) if undoes else 0
    return (*chain.from_iterable(known), e.KillAcknowledged(at=now, to_undo=to_undo))


def outcome(
    state: RunState, flight: Flight, now: datetime, *, begun: bool
) -> tuple[e.RunEvent, ...]:
    """The result of a call in flight when it is known at the kill; nothing when it must be found
    out.

    A call that only reads leaves nothing to find out. Between two actions a call of this lease is
    only intended: nobody has made it yet. One of which an attempt was never answered may have
    happened, also while it waits to be tried again.
    """
    if flight.effect is Effect.READ:
        return (closed(state, flight, now, "It was cut off by the kill; it would only have read."),)
    if flight.silent:
        return ()
    if flight.doubt is Doubt.CLEARED:
        failed = f"{state.last_failure} " if flight.retry_at else ""
        return (closed(state, flight, now, f"{failed}It is not tried again: the run was killed."),)
    if flight.doubt is Doubt.NONE and not begun:
        return (closed(state, flight, now, "It was not made: the run was killed before."),)
    return ()


def closed(state: RunState, flight: Flight, now: datetime, why: str) -> e.CallReturned:
    """The call's result as one that did not happen; `why` is what the planner and people read."""
    return e.CallReturned(
        at=now,
        actor="supervisor",
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=Outcome.CANCELLED,
        verdict=Verdict.FAILED,
        rule="stop" if stopped(state) else "kill",
        error=why,
        attempt=flight.attempt,
        runway=limits.runway(state),
    )


def next_effect(state: RunState, now: datetime) -> Action:
    """The next action on a run that is undone: find out what became of calls that were cut off,
    undo what was done, and record how it ended.
    """
    # First: a person was asked whether something happened, and what follows rests on the answer.
    if state.waiting_for:
        return Release()
    # Before any tool is called: the undo, or the look-up, that ends its workers would end this one.
    if state.lost >= LOST_IN_ALL:
        detail = (
            f"{state.lost} workers were lost in a row while it was undone: {state.undone} of"
            f" {state.to_undo} undone; a person must."
        )
        return Record((over(state, StopReason.COMPENSATION_FAILED, detail, now),))
    # Before the undoing: a call that did happen is the newest thing to undo.
    for flight in state.flights:
        if found := cleared_up(state, flight, now):
            return found
    # The newest first: later calls may rest on earlier ones.
    if entry := state.undo_next:
        return next_undo(state, entry, now)
    # Last, so that the end says how all of it went.
    return Record((ended(state, now),))


def cleared_up(state: RunState, flight: Flight, now: datetime) -> Action | None:
    """How to find out what became of a call that was cut off; None when only a person can say."""
    # Nothing to find out of it, or known not to have happened: said without asking anybody.
    if flight.effect is Effect.READ or flight.doubt in (Doubt.NONE, Doubt.CLEARED):
        return Record((closed(state, flight, now, "It was cut off and did not happen."),))
    # The tool's word before a person's; also of an idempotent call, since a killed run makes none
    # again. Not when look-ups end their workers.
    if flight.lookup and flight.doubt is Doubt.LOST and state.lost < LOST_LOOKING_UP:
        return Resolve(flight)
    # Before anything is undone: the call in doubt is the newest thing that the run did, and an
    # earlier one may be what it rests on. A kill that has nothing to undo waits for nobody: it ends
    # at once, as killed in doubt.
    if state.to_be_undone or stopped(state):
        why = f"{flight.lost} ".lstrip() + f"Did {flight.tool} happen? It is undone after that."
        return Record((e.RunWaiting(at=now, waiting_for=Waiting.IN_DOUBT, why=why),))
    return None


def next_undo(state: RunState, entry: Undoable, now: datetime) -> Action:
    """The next action for undoing the newest success.

    An undo whose worker was lost is resolved by its own contract, or by a person; it is never
    simply made again.
    """
    doubt = state.undoing
    # First: nothing is in flight, or the same key has one effect, so it may be begun (again). Each
    # time is an attempt, else an undo that ends its workers would be begun for ever.
    if doubt is None or (entry.idempotent and doubt is Doubt.LOST):
        again = state.undo_attempt < UNDO_ATTEMPTS
        return Record(
            (intent(entry, state.undo_attempt + 1, now) if again else given_up(state, entry, now),)
        )
    # Found not to have happened: the same attempt, whose intent is written again before it is made.
    if doubt is Doubt.CLEARED:
        return Record((intent(entry, state.undo_attempt, now),))
    # Intended in this life and not begun: it is made.
    if doubt is Doubt.NONE:
        return Undo(entry, state.undo_attempt)
    # Before people, as for a call.
    if entry.lookup and doubt is Doubt.LOST and state.lost < LOST_LOOKING_UP:
        return ResolveUndo(entry, state.undo_attempt)
    # Undone twice can be as wrong as not undone: a person says so.
    why = f"The undo of {entry.tool} was begun and never answered; did it happen?"
    return Record((e.RunWaiting(at=now, waiting_for=Waiting.IN_DOUBT, why=why),))


def intent(entry: Undoable, attempt: int, now: datetime) -> e.UndoIntended:
    return e.UndoIntended(
        at=now, step=entry.step, tool=entry.tool, call=entry.call, attempt=attempt
    )


def given_up(state: RunState, entry: Undoable, now: datetime) -> e.UndoReturned:
    """The undo's failure after its last attempt. An undo that took its worker with it has used up
    an attempt like any other.
    """
    return e.UndoReturned(
        at=now,
        actor="supervisor",
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        outcome=Outcome.ERROR,
        verdict=Verdict.FAILED,
        attempt=state.undo_attempt,
        error=(
            "Each time it was undone its worker was lost or no answer came; it is not tried again."
        ),
    )


def stopped(state: RunState) -> bool:
    """Whether the run had ended for another reason than a kill before it was undone."""
    return state.ended_for is not None


def over(state: RunState, reason: StopReason, detail: str, now: datetime) -> e.RunEvent:
    """The end of the undoing. A run that had completed has still completed, whatever became of
    it; any other is told by an undo that failed.
    """
    if not stopped(state):
        return e.RunStopped(at=now, reason=reason, detail=detail)
    completed = state.ended_for is StopReason.COMPLETED
    said = " ".join(filter(None, (state.ended_with, detail)))
    end = StopReason.COMPLETED if completed else reason
    return e.UndoEnded(at=now, reason=end, detail=said)


def ended(state: RunState, now: datetime) -> e.RunEvent:
    """The end of a run that was undone; its reason names what needs a person, if anything does."""
    undone = f"{state.undone} of {state.to_undo} undone." if state.to_undo else ""
    failed = (
        f"Could not undo {', '.join(state.undo_failed)}; a person must."
        if state.undo_failed
        else ""
    )
    if state.flight:
        said = f"Killed during {state.flight.tool}; nobody can say whether that call happened."
        return e.RunStopped(
            at=now,
            reason=StopReason.KILLED_IN_DOUBT,
            detail=" ".join(filter(None, (said, failed, undone))),
        )
    if failed:
        told = f"{undone} {failed}" if stopped(state) else failed
        return over(state, StopReason.COMPENSATION_FAILED, told, now)
    return over(state, state.ended_for or StopReason.USER_KILLED, undone, now)
