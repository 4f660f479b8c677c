"""How a call changes a run, from its intent to its result. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runs.engine import effects_had, tokens
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import FORWARD, Changes, Folds
from runs.engine.fold_steps import spoken
from runs.engine.fold_undo import doubted_undo
from runs.engine.kept_calls import Doubt, Flight, Undoable
from runs.engine.ports import ContextMessage, Happened, Speaker
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, LossBlame, RunPhase, RunStatus, Verdict

RESTORED = "The house was restored from an old backup; the call may have been made since then."


def intended(state: RunState, event: e.CallIntended) -> Changes:
    """Put the call in flight. Raises IllegalMove when it, or a call in flight beside it, does more
    than read.
    """
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
        **doubt_of_restored(state, event.effect),
    )
    flights = (*state.flights, flight)
    if len(flights) > 1 and not all(each.reads for each in flights):
        raise IllegalMove(f"call {event.call} would not be alone in flight")
    return {
        "flights": flights,
        "queue": state.queue[1:],
        "queued": state.queued + 1,
        "calls": state.calls + 1,
        "refusals": 0,
        "tool": at_work(flights),
        **calling(state, state.flights),
        **effects_had.begun(state, event),
    }


def doubt_of_restored(state: RunState, effect: Effect) -> Mapping[str, Any]:
    """What is known of a call that is about to be made: nothing, where the run may have made it in
    the time that its journal lost.
    """
    if not state.restored or effect is Effect.READ:
        return {}
    return {"doubt": Doubt.LOST, "lost": RESTORED}


def calling(state: RunState, beside: tuple[Flight, ...]) -> Changes:
    """The phase once a call is begun; unchanged where other calls are in flight already."""
    return {} if beside and state.phase is RunPhase.CALLING else {"phase": RunPhase.CALLING}


def refused(state: RunState, event: e.CallRefused) -> Changes:
    message = ContextMessage(
        Speaker.TOOL,
        event.answer or effects_had.told(state, event) or f"Refused: {event.sentence}",
        call_id=event.ref,
        tool=event.tool,
    )
    return {
        **spoken(state, message),
        "queue": state.queue[1:],
        "queued": state.queued + 1,
        "refusals": state.refusals + 1,
        "phase": RunPhase.CALLING if state.queue[1:] else RunPhase.PLANNING,
    }


def retried(state: RunState, event: e.CallRetried) -> Changes:
    again = replace(
        flying(state, event.call), doubt=Doubt.NONE, attempt=event.attempt, retry_at=None, lost=""
    )
    return {**known_of(state, again), "phase": RunPhase.CALLING, "tool": at_work(state.flights)}


def returned(state: RunState, event: e.CallReturned) -> Changes:
    flight = flying(state, event.call)
    silent = flight.silent or event.silent
    if event.retry_at:
        again = replace(flight, doubt=Doubt.CLEARED, retry_at=event.retry_at, silent=silent)
        return {
            **known_of(state, again),
            **effects_had.over(state, event),
            "retries": state.retries + 1,
            **FORWARD,
            "last_failure": event.sentence or event.error,
        }
    text = tokens.result_text(event.result, event.error, event.runway)
    told = ContextMessage(
        Speaker.TOOL, text, call_id=flight.ref, tool=event.tool, pictures=event.pictures
    )
    changes = spoken(state, told)
    changes |= effects_had.over(state, event)
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
    elif flight.effect is not Effect.READ and (silent or event.verdict is not Verdict.FAILED):
        changes["lasting"] = (*state.lasting, event.call)
    left = changes["flights"] = tuple(each for each in state.flights if each is not flight)
    if state.status is RunStatus.COMPENSATING:
        found = "undoable" in changes and state.undoes_all
        queue = (event.call, *state.to_be_undone) if found else state.to_be_undone
        to_undo = state.to_undo + found
        return {**changes, "to_be_undone": queue, "to_undo": to_undo, **FORWARD}
    return {
        **changes,
        **FORWARD,
        "waiting_for": None,
        **(calling(state, left) if left or state.queue else {"phase": RunPhase.PLANNING}),
        "tool": at_work(left) or (event.tool if state.queue else ""),
    }


def call_lost(state: RunState, event: e.CallLost) -> Changes:
    flight = replace(flying(state, event.call), lost=event.error, blame=event.blame)
    lost = replace(flight, doubt=Doubt.LOST, silent=flight.silent or event.begun)
    if event.blame is not LossBlame.OWN:
        return cut_off(state, lost, event)
    return {
        **known_of(state, lost),
        "phase": RunPhase.RESOLVING,
        **FORWARD,
        "last_failure": event.error,
    }


def cut_off(state: RunState, lost: Flight, event: e.CallLost) -> Changes:
    """Change the run by the loss of a call that is not to blame: no failure is remembered."""
    if not event.begun or lost.effect is Effect.READ:
        lost = replace(lost, doubt=Doubt.NONE)
    phase = {} if lost.may_be_made else {"phase": RunPhase.RESOLVING}
    return {**known_of(state, lost), **phase, **FORWARD}


def looked_up(state: RunState, event: e.CallLookedUp) -> Changes:
    doubt = {Happened.YES: Doubt.LOST, Happened.NO: Doubt.NONE, Happened.UNKNOWN: Doubt.UNKNOWN}[
        event.happened
    ]
    found = doubted(state, event.call, doubt, undo=event.undo)
    return {**found, **effects_had.found_out(state, event)}


def doubted(state: RunState, call: str, doubt: Doubt, *, undo: bool) -> Changes:
    """What is now known of a call in flight, or, with `undo`, of the undo in flight."""
    if undo:
        return doubted_undo(state, call, doubt)
    return known_of(state, found_out(flying(state, call), doubt))


def found_out(flight: Flight, doubt: Doubt) -> Flight:
    """The call once its tool or a person has said whether it happened."""
    may_have = doubt in (Doubt.LOST, Doubt.UNKNOWN)
    return replace(flight, doubt=doubt, silent=flight.silent and may_have)


def known_of(state: RunState, flight: Flight) -> Changes:
    """Replace one of the calls in flight by what is now known of it."""
    return {
        "flights": tuple(flight if each.call == flight.call else each for each in state.flights)
    }


def at_work(flights: tuple[Flight, ...]) -> str:
    """The tools of these calls, each once, as people read them."""
    return ", ".join(dict.fromkeys(flight.tool for flight in flights))


def flying(state: RunState, call: str) -> Flight:
    """The call in flight of that name. Raises IllegalMove when there is none."""
    flight = state.flight_of(call)
    if flight is None:
        raise IllegalMove(f"call {call} is not in flight")
    return flight


def late(state: RunState, event: e.CallLate) -> Changes:
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
