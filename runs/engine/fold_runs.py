"""How a run as a whole changes: made, taken, paused, killed, waiting, ended. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from runs.engine import compensation, tokens
from runs.engine import events as e
from runs.engine.kept_calls import AFTER_LEASE, Doubt, Flight
from runs.engine.ports import Tier
from runs.engine.state import ForcedPlanner, RunLimits, RunState
from runs.engine.vocabulary import (
    Compensation,
    Control,
    RunPhase,
    RunStatus,
    StopReason,
    Waiting,
)

Changes = dict[str, Any]
"""Fields of the state by name, with their new values; all others stay as they are."""
Folds = Mapping[type[e.RunEvent], Callable[[RunState, Any], Changes]]
FORWARD: Changes = {"lost": 0, "lost_by": ""}
"""After a step forward: the workers that were lost before it no longer count."""
PLANNED_ANEW: Changes = {
    "plan_failures": 0,
    "unusable": 0,
    "away": None,
    "plan_fatal": False,
    "plan_overflow": False,
    "retry_at": None,
    "last_failure": "",
    "answer_before": 0,
}
"""The planner is asked as if it had never failed."""
QUEUED_ANEW: Changes = {
    "phase": RunPhase.IDLE,
    "stop_reason": None,
    "stop_detail": "",
    "ended_at": None,
    **FORWARD,
    "control": Control.NONE,
    "waiting_for": None,
    "undo_asked": (),
    "ended_for": None,
    "undoes_all": False,
}
GOES_ON: Changes = {"stop_reason": None, "stop_detail": ""}
"""A run that is being undone has ended already, and keeps why."""
HELD = (RunStatus.RUNNING, RunStatus.COMPENSATING)


def created(state: RunState, event: e.RunCreated) -> Changes:
    limits = RunLimits(
        steps=int(event.limits["steps"]),
        tokens=int(event.limits["tokens"]),
        usd=Decimal(str(event.limits["usd"])),
        seconds=int(event.limits["seconds"]),
    )
    return {
        "goal": event.goal,
        "agent": event.agent,
        "principal": event.principal,
        "planner": event.planner,
        "usual": event.planner,
        "parallel": event.parallel,
        "compensation": event.compensation,
        "priority": event.priority,
        "seed": event.seed,
        "limits": limits,
        "max_tokens_out": event.max_tokens_out,
        "context": tokens.of_text(event.goal),
    }


def briefed(state: RunState, event: e.RunBriefed) -> Changes:
    return {}


def leased(state: RunState, event: e.RunLeased) -> Changes:
    """Give the run to a worker. Nobody knows how far its calls in flight came in the hands of the
    worker before; a run that rested had none.
    """
    flights = left_open(state)
    return {
        "epoch": event.epoch,
        "lost": state.lost + (event.lost and event.blamed and state.status in HELD),
        "lost_by": lost_by(event) or state.lost_by,
        "price_in": event.price_in,
        "price_out": event.price_out,
        "price_tiers": event.price_tiers,
        "window": event.window,
        "overhead": event.overhead,
        "context": state.context - state.overhead + event.overhead,
        "started_at": state.started_at or event.at,
        "waiting_for": None,
        "wake_at": None,
        **({} if state.status is RunStatus.COMPENSATING else GOES_ON),
        "flights": flights,
        "undoing": None if state.undoing is None else AFTER_LEASE[state.undoing],
        "phase": taken_to(state, flights),
    }


def left_open(state: RunState) -> tuple[Flight, ...]:
    """The calls in flight, in doubt as far as the worker that had them says no more."""
    return tuple(
        each if each.doubt is AFTER_LEASE[each.doubt] else unanswered(each)
        for each in state.flights
    )


def unanswered(flight: Flight) -> Flight:
    silent = flight.silent or flight.doubt is Doubt.NONE
    return replace(flight, doubt=AFTER_LEASE[flight.doubt], silent=silent)


def cut_short(state: RunState) -> tuple[Flight, ...]:
    """The calls in flight of a run that makes none any more: one that was to be tried again is in
    doubt where an attempt of it was never answered.
    """
    return tuple(
        replace(each, doubt=Doubt.LOST) if each.silent and each.doubt is Doubt.CLEARED else each
        for each in left_open(state)
    )


def lost_by(event: e.RunLeased) -> str:
    """What became of the worker before, as sentences; empty when nobody knows."""
    if not (event.lost and event.after):
        return ""
    return f"its process {event.after}." + (f" Last words: {event.words}" if event.words else "")


def taken_to(state: RunState, flights: tuple[Flight, ...]) -> RunPhase:
    """The phase of a run that a worker has just taken."""
    if state.status is RunStatus.COMPENSATING:
        return RunPhase.UNDOING
    if state.control is Control.NONE and any(flight.doubtful for flight in flights):
        return RunPhase.RESOLVING
    at_rest = (
        state.control is not Control.NONE or flights or state.queue or state.proposed is not None
    )
    return RunPhase.IDLE if at_rest else RunPhase.PLANNING


def worker_failed(state: RunState, event: e.WorkerFailed) -> Changes:
    return {"lost_by": event.error}


def downgraded(state: RunState, event: e.RunDowngraded) -> Changes:
    """Change to the cheaper planner that a budget chose. From then on no routing policy is asked,
    until that budget has room again.
    """
    ends = event.facts.get("ends")
    forced = ForcedPlanner(
        event.rule, event.version, datetime.fromisoformat(str(ends)) if ends else None
    )
    return {**with_planner(event), "tier": Tier.STEP.value, "forced": forced}


def routed(state: RunState, event: e.RunRouted) -> Changes:
    return {
        **with_planner(event),
        "tier": event.tier,
        "held_until": event.step + event.hold,
        "forced": None,
    }


def with_planner(event: e.RunDowngraded | e.RunRouted) -> Changes:
    """The prices and window of another planner, in place of what was learned of the one before."""
    prices = {
        "price_in": event.price_in,
        "price_out": event.price_out,
        "price_tiers": event.price_tiers,
        "max_call_cost": Decimal(0),
    }
    return {
        "planner": event.planner,
        "window": event.window,
        "learned_window": None,
        "scale": 1.0,
        **prices,
    }


def pause_requested(state: RunState, event: e.PauseRequested) -> Changes:
    return {"control": Control.PAUSE}


def kill_requested(state: RunState, event: e.KillRequested) -> Changes:
    return {"control": Control.KILL, "kill_choice": event.compensate}


def paused(state: RunState, event: e.RunPaused) -> Changes:
    return {
        "control": Control.NONE if state.control is Control.PAUSE else state.control,
        "phase": RunPhase.IDLE,
        **FORWARD,
        "waiting_for": None,
        "wake_at": None,
        "stop_reason": event.reason,
        "stop_detail": event.detail,
        "watched": state.step,
    }


def resumed(state: RunState, event: e.RunResumed) -> Changes:
    return {"control": Control.NONE, "stop_reason": None, "stop_detail": ""}


def requeued(state: RunState, event: e.RunRequeued) -> Changes:
    return QUEUED_ANEW


def extended(state: RunState, event: e.RunExtended) -> Changes:
    """Raise one limit and queue the run again."""
    return {"limits": raised(state.limits, event), **QUEUED_ANEW, **PLANNED_ANEW}


def continued(state: RunState, event: e.RunContinued) -> Changes:
    """Queue the run again with all it has done, and with none of the failures, refusals and retries
    that counted against it.
    """
    return {
        **QUEUED_ANEW,
        **PLANNED_ANEW,
        "watched": state.step,
        "refusals": 0,
        "rejections": 0,
        "retries": 0,
        **(another_planner(event) if event.planner not in ("", state.planner) else {}),
    }


def another_planner(event: e.RunContinued) -> Changes:
    """Forget what was learned of the planner before. The worker that takes the run adds the new
    one's window and prices. It is the run's usual one from now on.
    """
    return {
        "planner": event.planner,
        "usual": event.planner,
        "tier": Tier.STEP.value,
        "forced": None,
        "window": None,
        "learned_window": None,
        "scale": 1.0,
        "max_call_cost": Decimal(0),
    }


def raised(limits: RunLimits, event: e.RunExtended) -> RunLimits:
    match event.limit:
        case "steps":
            return replace(limits, steps=int(event.value))
        case "tokens":
            return replace(limits, tokens=int(event.value))
        case "usd":
            return replace(limits, usd=Decimal(event.value))
        case _:
            return replace(limits, seconds=int(event.value))


def kill_acknowledged(state: RunState, event: e.KillAcknowledged) -> Changes:
    """Turn to undoing. A call that was cut off stays in flight: whether it happened is found out
    before the run ends.

    How much is to be undone is in the event: a worker that could not read the journal undoes
    nothing.
    """
    return {
        "flights": cut_short(state),
        "to_undo": event.to_undo,
        "to_be_undone": compensation.newest_first(state) if event.to_undo else (),
        "undoes_all": state.kill_choice is Compensation.UNDO,
        "queue": (),
        "phase": RunPhase.UNDOING,
        "waiting_for": None,
        "wake_at": None,
        **FORWARD,
    }


def waiting(state: RunState, event: e.RunWaiting) -> Changes:
    return {
        "waiting_for": event.waiting_for,
        "wake_at": event.until,
        "phase": RunPhase.RESOLVING if asks_of_a_call(state) else RunPhase.IDLE,
        "stop_detail": event.why,
        **FORWARD,
    }


def asks_of_a_call(state: RunState) -> bool:
    """Whether a run that is being undone waits for a word on a call, not on the undo of one."""
    return state.status is RunStatus.COMPENSATING and state.undoing is None


def stopped(state: RunState, event: e.RunStopped) -> Changes:
    """End the run; or, where its agent chose so, turn to undoing what it did."""
    if state.status is not RunStatus.COMPENSATING and compensation.begins(state, event):
        return undoing_all(state, event)
    chosen = compensation.of_stop(state, event)
    asked = compensation.newest_first(state) if chosen is Compensation.ASK else ()
    return {
        **over(event.reason, event.detail, event.at),
        "waiting_for": Waiting.UNDO if asked else None,
        "undo_asked": asked,
        "to_be_undone": (),
        "leftover": state.leftover or left_over(state, event.reason, chosen),
    }


def over(reason: StopReason, detail: str, at: datetime) -> Changes:
    return {
        "stop_reason": reason,
        "stop_detail": detail,
        "control": Control.NONE,
        "waiting_for": None,
        "wake_at": None,
        "phase": RunPhase.IDLE,
        "ended_at": at,
    }


def undoing_all(state: RunState, event: e.RunStopped) -> Changes:
    """Turn to undoing all that can be. Calls in flight stay there, as after a kill: whether they
    happened is found out before. Calls that wait stay as they do at any other stop: where there was
    nothing to undo the run may go on, and a planner whose call has no answer would be refused.
    """
    calls = compensation.newest_first(state)
    return {
        **over(event.reason, event.detail, event.at),
        "ended_at": None,
        "ended_for": event.reason,
        "ended_with": event.detail,
        "flights": cut_short(state),
        "to_be_undone": calls,
        "to_undo": state.undone + len(calls),
        "undoes_all": True,
        "phase": RunPhase.UNDOING,
        **FORWARD,
    }


def left_over(state: RunState, reason: StopReason, chosen: Compensation) -> bool:
    """Whether a person has to look into what could not be undone."""
    if reason is StopReason.COMPENSATION_FAILED or state.undo_failed:
        return True
    undoes = state.undoes_all or chosen is Compensation.UNDO
    return undoes and bool(state.lasting)


def completed(state: RunState, event: e.RunCompleted) -> Changes:
    return {
        "stop_reason": StopReason.COMPLETED,
        "control": Control.NONE,
        "phase": RunPhase.IDLE,
        "ended_at": event.at,
        "proposed": None,
    }


def restored(state: RunState, event: e.RunRestored) -> Changes:
    return {"restored": True}


def handed_over(state: RunState, event: e.RunHandedOver) -> Changes:
    return {"principal": event.to}


FOLDS: Folds = {
    e.RunHandedOver: handed_over,
    e.RunRestored: restored,
    e.RunCreated: created,
    e.RunBriefed: briefed,
    e.RunLeased: leased,
    e.WorkerFailed: worker_failed,
    e.RunDowngraded: downgraded,
    e.RunRouted: routed,
    e.PauseRequested: pause_requested,
    e.KillRequested: kill_requested,
    e.RunPaused: paused,
    e.RunResumed: resumed,
    e.RunRequeued: requeued,
    e.RunExtended: extended,
    e.RunContinued: continued,
    e.KillAcknowledged: kill_acknowledged,
    e.RunWaiting: waiting,
    e.RunStopped: stopped,
    e.RunCompleted: completed,
}
