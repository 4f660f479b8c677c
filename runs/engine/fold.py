"""How each event changes a run. `fold` either gives the next state or raises and changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from runs.engine import clock, tokens
from runs.engine import events as e
from runs.engine.errors import Fault, IllegalMove
from runs.engine.moves import MOVES, overruled
from runs.engine.ports import Happened, Message, Role
from runs.engine.state import (
    AFTER_LEASE,
    UNDO_ATTEMPTS,
    Ask,
    Doubt,
    Flight,
    Grant,
    Limits,
    State,
    Undoable,
)
from runs.engine.vocabulary import Control, Phase, Status, StopReason, Verdict, Word

Changes = dict[str, Any]
FORWARD: Changes = {"lost": 0, "lost_by": ""}
"""After a step forward: the workers that were lost before it no longer count."""
HELD = (Status.RUNNING, Status.COMPENSATING)


def created(state: State, event: e.RunCreated) -> Changes:
    limits = Limits(
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
        "seed": event.seed,
        "limits": limits,
        "max_tokens_out": event.max_tokens_out,
        "context": tokens.of_text(event.goal),
    }


def leased(state: State, event: e.RunLeased) -> Changes:
    """Of what the worker before had in hand nobody knows how far it came; a run that rested was in
    nobody's.
    """
    flight = replace(state.flight, doubt=AFTER_LEASE[state.flight.doubt]) if state.flight else None
    return {
        "epoch": event.epoch,
        "lost": state.lost + (event.lost and event.blamed and state.status in HELD),
        "lost_by": lost_by(event) or state.lost_by,
        "price_in": event.price_in,
        "price_out": event.price_out,
        "window": event.window,
        "overhead": event.overhead,
        "context": state.context - state.overhead + event.overhead,
        "started_at": state.started_at or event.at,
        "waiting_for": None,
        "wake_at": None,
        "stop_reason": None,
        "stop_detail": "",
        "flight": flight,
        "undoing": None if state.undoing is None else AFTER_LEASE[state.undoing],
        "phase": taken_to(state, flight),
    }


def lost_by(event: e.RunLeased) -> str:
    """What became of the worker before, as sentences; empty when nobody knows."""
    if not (event.lost and event.after):
        return ""
    return f"its process {event.after}." + (f" Last words: {event.words}" if event.words else "")


def taken_to(state: State, flight: Flight | None) -> Phase:
    """What a worker that has just taken the run will be at."""
    if state.status is Status.COMPENSATING:
        return Phase.UNDOING
    if state.control is Control.NONE and flight is not None and flight.doubtful:
        return Phase.RESOLVING
    at_rest = (
        state.control is not Control.NONE
        or flight is not None
        or state.queue
        or state.proposed is not None
    )
    return Phase.IDLE if at_rest else Phase.PLANNING


def worker_failed(state: State, event: e.WorkerFailed) -> Changes:
    return {"lost_by": event.error}


def downgraded(state: State, event: e.RunDowngraded) -> Changes:
    prices = {"price_in": event.price_in, "price_out": event.price_out, "max_call_cost": Decimal(0)}
    return {"planner": event.planner, "window": event.window, "scale": 1.0, **prices}


def pause_requested(state: State, event: e.PauseRequested) -> Changes:
    return {"control": Control.PAUSE}


def kill_requested(state: State, event: e.KillRequested) -> Changes:
    return {"control": Control.KILL}


def paused(state: State, event: e.RunPaused) -> Changes:
    return {
        "control": Control.NONE if state.control is Control.PAUSE else state.control,
        "phase": Phase.IDLE,
        **FORWARD,
        "waiting_for": None,
        "wake_at": None,
        "stop_reason": event.reason,
        "stop_detail": event.detail,
        "watched": state.step,
    }


def resumed(state: State, event: e.RunResumed) -> Changes:
    return {"control": Control.NONE, "stop_reason": None, "stop_detail": ""}


def requeued(state: State, event: e.RunRequeued) -> Changes:
    return {
        "stop_reason": None,
        "stop_detail": "",
        "ended_at": None,
        **FORWARD,
        "control": Control.NONE,
    }


def kill_acknowledged(state: State, event: e.KillAcknowledged) -> Changes:
    """A call that was cut off stays in flight: whether it happened is found out before the run
    ends.

    How much is to be undone is what the worker said: one that could not read the journal undoes
    nothing.
    """
    flight = replace(state.flight, doubt=AFTER_LEASE[state.flight.doubt]) if state.flight else None
    return {
        "flight": flight,
        "to_undo": event.to_undo,
        "queue": (),
        "phase": Phase.UNDOING,
        "waiting_for": None,
        "wake_at": None,
        **FORWARD,
    }


def waiting(state: State, event: e.RunWaiting) -> Changes:
    return {
        "waiting_for": event.waiting_for,
        "wake_at": event.until,
        "phase": Phase.IDLE,
        "stop_detail": event.why,
        **FORWARD,
    }


def stopped(state: State, event: e.RunStopped) -> Changes:
    return {
        "stop_reason": event.reason,
        "stop_detail": event.detail,
        "control": Control.NONE,
        "waiting_for": None,
        "wake_at": None,
        "phase": Phase.IDLE,
        "ended_at": event.at,
    }


def completed(state: State, event: e.RunCompleted) -> Changes:
    return {
        "stop_reason": StopReason.COMPLETED,
        "control": Control.NONE,
        "phase": Phase.IDLE,
        "ended_at": event.at,
        "proposed": None,
    }


def spoken(state: State, message: Message) -> Changes:
    return {
        "history": state.history.after(message),
        "context": state.context + tokens.of_message(message),
    }


def planned(state: State, event: e.StepPlanned) -> Changes:
    message = Message(
        Role.ASSISTANT,
        event.final if event.final is not None else event.thought,
        calls=tuple(event.calls),
    )
    return {
        **spoken(state, message),
        **paid(state, event),
        "step": event.step,
        "scale": tokens.calibrated(event.tokens_in, event.context),
        "queue": tuple(event.calls),
        "queued": 0,
        "asks": (),
        "proposed": None if event.calls else event.final,
        "plan_failures": 0,
        "retry_at": None,
        "last_failure": "",
        **FORWARD,
        "tool": "",
        "phase": Phase.CALLING if event.calls else Phase.IDLE,
    }


def paid(state: State, event: e.StepPlanned | e.PlanFailed) -> Changes:
    return {**counted(state, event), "max_call_cost": max(state.max_call_cost, event.usd or 0)}


def counted(state: State, event: e.StepPlanned | e.PlanFailed | e.JudgeAnswered) -> Changes:
    return {
        "tokens_in": state.tokens_in + event.tokens_in,
        "tokens_out": state.tokens_out + event.tokens_out,
        "usd": state.usd + (event.usd or 0),
        "usd_unknown": state.usd_unknown or event.usd is None,
    }


def plan_failed(state: State, event: e.PlanFailed) -> Changes:
    return {
        **paid(state, event),
        "plan_failures": state.plan_failures + (event.fault is not Fault.CANCELLED),
        "plan_fatal": event.retry_at is None,
        "plan_overflow": event.fault is Fault.OVERFLOW,
        "retry_at": event.retry_at,
        "last_failure": event.message,
        "phase": Phase.IDLE,
    }


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


def asked(state: State, event: e.CallAsked) -> Changes:
    return {"asks": (*state.asks, Ask(event.call, event.args)), "tool": state.tool or event.tool}


def decided(state: State, event: e.CallDecided) -> Changes:
    ask = state.ask_of(event.call)
    if ask is None or ask.word is not None:
        raise IllegalMove(f"call {event.call} is not waiting for a decision")
    args = ask.args if event.args is None else event.args
    answer = replace(
        ask, args=args, word=event.word, by=event.actor, note=event.note, request=event.request
    )
    asks = tuple(answer if each is ask else each for each in state.asks)
    grants = tuple(
        replace(each, used=each.used + 1) if each.name == event.grant else each
        for each in state.grants
    )
    return {"asks": asks, "grants": grants, "waiting_for": None, "stop_detail": ""}


def granted(state: State, event: e.GrantGiven) -> Changes:
    return {
        "grants": (
            *state.grants,
            Grant(
                event.grant,
                event.tool,
                event.args,
                event.free,
                event.limit,
                event.actor,
                person=event.person,
            ),
        )
    }


def revoked(state: State, event: e.GrantRevoked) -> Changes:
    if all(each.name != event.grant for each in state.grants):
        raise IllegalMove(f"there is no session approval named {event.grant}")
    return {"grants": tuple(each for each in state.grants if each.name != event.grant)}


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


def settled(state: State, event: e.CallSettled) -> Changes:
    doubt = {Happened.YES: Doubt.LOST, Happened.NO: Doubt.CLEARED, Happened.UNKNOWN: Doubt.UNKNOWN}[
        event.happened
    ]
    if event.undo:
        return {
            **doubted(state, event.call, doubt, undo=True),
            "waiting_for": None,
            "stop_detail": "",
        }
    found = {
        "flight": replace(flying(state, event.call), doubt=doubt),
        "waiting_for": None,
        "stop_detail": "",
    }
    return (
        {**found, "stop_reason": None, "ended_at": None, "phase": Phase.UNDOING}
        if state.final
        else found
    )


def doubted(state: State, call: str, doubt: Doubt, *, undo: bool) -> Changes:
    """What is now known of a call in flight, or of an undo."""
    if not undo:
        return {"flight": replace(flying(state, call), doubt=doubt)}
    if state.undoing is None or state.undoable[-1].call != call:
        raise IllegalMove(f"the undo of call {call} is not in flight")
    return {"undoing": None if state.undo_silent and doubt is Doubt.NONE else doubt}


def flying(state: State, call: str) -> Flight:
    if state.flight is None or state.flight.call != call:
        raise IllegalMove(f"call {call} is not in flight")
    return state.flight


def answer_decided(state: State, event: e.AnswerDecided) -> Changes:
    """Sent back, the planner has all its tries again: it has heard something new."""
    if state.proposed is None:
        raise IllegalMove("there is no final answer to decide on")
    if event.word is Word.APPROVE:
        return {
            "stop_detail": (
                f"{event.actor.removeprefix('user:')} accepted the answer as it is; not met:"
                f" {', '.join(event.unmet)}."
            )
        }
    if event.word is Word.DENY:
        return {}
    return {**spoken(state, Message(Role.USER, event.note)), "proposed": None, "rejections": 0}


def hinted(state: State, event: e.HintGiven) -> Changes:
    rejections = state.rejections + (state.proposed is not None)
    return {
        **spoken(state, Message(Role.USER, event.text)),
        "proposed": None,
        "rejections": rejections,
        "watched": state.step,
    }


def judged(state: State, event: e.JudgeAnswered) -> Changes:
    """It counts like any other call; what the planner's next one may cost is not learned from
    another model.
    """
    return {**counted(state, event), "judged": event.step}


def shortened(state: State, event: e.ContextShortened) -> Changes:
    return {"shortened": event.results}


def undo_intended(state: State, event: e.UndoIntended) -> Changes:
    begun: Changes = {"undo_attempt": event.attempt, "undoing": Doubt.NONE, "undo_silent": False}
    return {**begun, "tool": event.tool, "phase": Phase.UNDOING, "waiting_for": None}


def undo_returned(state: State, event: e.UndoReturned) -> Changes:
    """An undo of which nobody knows whether it happened stays in flight, in doubt; any other is
    done, tried again or given up.
    """
    if event.verdict is Verdict.SUCCEEDED:
        return {
            "undoable": state.undoable[:-1],
            "undone": state.undone + 1,
            "undo_attempt": 0,
            "undoing": None,
            **FORWARD,
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


def late(state: State, event: e.CallLate) -> Changes:
    return {"late": state.late + (not event.harmless)}


FOLDS: dict[type[e.Event], Callable[[State, Any], Changes]] = {
    e.RunCreated: created,
    e.RunLeased: leased,
    e.WorkerFailed: worker_failed,
    e.RunDowngraded: downgraded,
    e.PauseRequested: pause_requested,
    e.KillRequested: kill_requested,
    e.RunPaused: paused,
    e.RunResumed: resumed,
    e.RunRequeued: requeued,
    e.KillAcknowledged: kill_acknowledged,
    e.RunWaiting: waiting,
    e.RunStopped: stopped,
    e.RunCompleted: completed,
    e.StepPlanned: planned,
    e.PlanFailed: plan_failed,
    e.CallIntended: intended,
    e.CallRefused: refused,
    e.CallAsked: asked,
    e.CallDecided: decided,
    e.GrantGiven: granted,
    e.GrantRevoked: revoked,
    e.CallRetried: retried,
    e.CallReturned: returned,
    e.CallLookedUp: looked_up,
    e.CallLost: call_lost,
    e.CallSettled: settled,
    e.AnswerDecided: answer_decided,
    e.HintGiven: hinted,
    e.JudgeAnswered: judged,
    e.ContextShortened: shortened,
    e.UndoIntended: undo_intended,
    e.UndoReturned: undo_returned,
    e.CallLate: late,
    e.LateAcknowledged: lambda state, event: {"late": 0},
    e.RunBriefed: lambda state, event: {},
}


def fold(state: State, event: e.Event) -> State:
    """The state after `event`; raises IllegalMove, changing nothing, when the state does not allow
    it.
    """
    status = MOVES.get((state.status, type(event)))
    if status is None:
        raise IllegalMove(f"{event.kind} cannot happen to a run that is {state.status}")
    if sentence := overruled(state, event):
        raise IllegalMove(sentence)
    changes = FOLDS[type(event)](state, event)
    if "phase" in changes:
        changes["phase_at"] = event.at
    changes["status"] = status
    ticking = clock.runs(status, changes.get("waiting_for", state.waiting_for))
    return evolved(state, changes | clock.moved(state, event, ticking=ticking))


def evolved(state: State, changes: Changes) -> State:
    """The state with some fields other.

    `dataclasses.replace` takes ten times as long, several times a step.
    """
    after = object.__new__(State)
    after.__dict__.update(state.__dict__)
    after.__dict__.update(changes)
    return after


START = State()


def folded(events: Iterable[e.Event], state: State = START) -> State:
    """The state after all of `events`, in order."""
    for event in events:
        state = fold(state, event)
    return state
