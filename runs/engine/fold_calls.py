"""How what becomes of a call changes a run, from its intent to its answer. Pure."""

from dataclasses import replace

from runs.engine import events as e
from runs.engine import tokens
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import FORWARD, Changes, Folds
from runs.engine.fold_steps import spoken
from runs.engine.fold_undo import doubted_undo
from runs.engine.ports import Happened, Message, Role
from runs.engine.state import Doubt, Flight, State, Undoable
from runs.engine.vocabulary import Phase, Status, Verdict


def intended(state: State, event: e.CallIntended) -> Changes:
    flight = Flight(
        call=event.call,
        ref=event.ref,
        tool=event.tool,
        args=event.args,
        key=event.key,
        step=event.step,
        idempotent=event.idempotent,
        lookup=event.lookup,
        undo=event.undo,
        undo_idempotent=event.undo_idempotent,
        undo_lookup=event.undo_lookup,
        timeout=event.timeout,
        effect=event.effect,
    )
    return {
        "flight": flight,
        "queue": state.queue[1:],
        "queued": state.queued + 1,
        "calls": state.calls + 1,
        "refusals": 0,
        "tool": event.tool,
        "phase": Phase.CALLING,
    }


def refused(state: State, event: e.CallRefused) -> Changes:
    message = Message(
        Role.TOOL, event.answer or f"Refused: {event.sentence}", call_id=event.ref, tool=event.tool
    )
    return {
        **spoken(state, message),
        "queue": state.queue[1:],
        "queued": state.queued + 1,
        "refusals": state.refusals + 1,
        "phase": Phase.CALLING if state.queue[1:] else Phase.PLANNING,
    }


def retried(state: State, event: e.CallRetried) -> Changes:
    flight = flying(state, event.call)
    return {
        "flight": replace(flight, doubt=Doubt.NONE, attempt=event.attempt, retry_at=None, lost=""),
        "phase": Phase.CALLING,
        "tool": flight.tool,
    }


def returned(state: State, event: e.CallReturned) -> Changes:
    flight = flying(state, event.call)
    if event.retry_at:
        again = replace(flight, doubt=Doubt.CLEARED, retry_at=event.retry_at)
        return {
            "flight": again,
            "retries": state.retries + 1,
            **FORWARD,
            "last_failure": event.sentence or event.error,
        }
    text = tokens.result_text(event.result, event.error, event.runway)
    changes = spoken(state, Message(Role.TOOL, text, call_id=flight.ref, tool=event.tool))
    if event.verdict is Verdict.SUCCEEDED and flight.undo:
        done = Undoable(
            event.call,
            event.tool,
            flight.args,
            event.result,
            flight.step,
            flight.undo_idempotent,
            flight.undo_lookup,
        )
        changes["undoable"] = (*state.undoable, done)
    if state.status is Status.COMPENSATING:
        return {
            **changes,
            "flight": None,
            "to_undo": state.undone + len(changes.get("undoable", state.undoable)),
            **FORWARD,
        }
    return {
        **changes,
        "flight": None,
        **FORWARD,
        "waiting_for": None,
        "tool": event.tool if state.queue else "",
        "phase": Phase.CALLING if state.queue else Phase.PLANNING,
    }


def call_lost(state: State, event: e.CallLost) -> Changes:
    flight = replace(flying(state, event.call), doubt=Doubt.LOST, lost=event.error)
    return {"flight": flight, "phase": Phase.RESOLVING, **FORWARD, "last_failure": event.error}


def looked_up(state: State, event: e.CallLookedUp) -> Changes:
    doubt = {Happened.YES: Doubt.LOST, Happened.NO: Doubt.NONE, Happened.UNKNOWN: Doubt.UNKNOWN}[
        event.happened
    ]
    return doubted(state, event.call, doubt, undo=event.undo)


def doubted(state: State, call: str, doubt: Doubt, *, undo: bool) -> Changes:
    """What is now known of a call in flight, or of an undo."""
    if undo:
        return doubted_undo(state, call, doubt)
    return {"flight": replace(flying(state, call), doubt=doubt)}


def flying(state: State, call: str) -> Flight:
    if state.flight is None or state.flight.call != call:
        raise IllegalMove(f"call {call} is not in flight")
    return state.flight


def late(state: State, event: e.CallLate) -> Changes:
    return {"late": state.late + (not event.harmless)}


FOLDS: Folds = {
    e.CallIntended: intended,
    e.CallRefused: refused,
    e.CallRetried: retried,
    e.CallReturned: returned,
    e.CallLookedUp: looked_up,
    e.CallLost: call_lost,
    e.CallLate: late,
}
