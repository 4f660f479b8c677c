"""How questions to people, and their answers, change a run. Pure."""

from dataclasses import replace

from console.journal.records import label_of
from runs.engine import effects_had, kept_calls
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_calls import doubted, flying, found_out, known_of
from runs.engine.fold_runs import Changes, Folds
from runs.engine.fold_steps import spoken
from runs.engine.kept_calls import CallAsk, Doubt, SessionApproval
from runs.engine.ports import ContextMessage, Happened, Speaker
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, RunPhase


def asked(state: RunState, event: e.CallAsked) -> Changes:
    ask = CallAsk(
        event.call,
        event.args,
        repeats=effects_had.shown(event),
        deciders=kept_calls.deciders(event.facts),
    )
    return {
        "asks": (*(each for each in state.asks if each.call != event.call), ask),
        "tool": state.tool or event.tool,
    }


def decided(state: RunState, event: e.CallDecided) -> Changes:
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


def granted(state: RunState, event: e.GrantGiven) -> Changes:
    answered = [each.deciders for each in state.asks if each.request == event.request]
    return {
        "grants": (
            *state.grants,
            SessionApproval(
                event.grant,
                event.tool,
                event.args,
                event.free,
                event.limit,
                event.actor,
                person=event.person,
                deciders=answered[-1] if answered else {},
            ),
        )
    }


def revoked(state: RunState, event: e.GrantRevoked) -> Changes:
    if all(each.name != event.grant for each in state.grants):
        raise IllegalMove(f"there is no session approval named {event.grant}")
    return {"grants": tuple(each for each in state.grants if each.name != event.grant)}


def settled(state: RunState, event: e.CallSettled) -> Changes:
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
        **known_of(state, found_out(flying(state, event.call), doubt)),
        "waiting_for": None,
        "stop_detail": "",
        **effects_had.found_out(state, event),
    }
    return (
        {**found, "stop_reason": None, "ended_at": None, "phase": RunPhase.UNDOING}
        if state.final
        else found
    )


def answer_decided(state: RunState, event: e.AnswerDecided) -> Changes:
    """A person's decision on a final answer that did not meet its criteria.

    An answer that is sent back gives the planner all its attempts again, since it has heard
    something new.
    """
    if state.proposed is None:
        raise IllegalMove("there is no final answer to decide on")
    if event.word is AnswerAct.APPROVE:
        return {
            "stop_detail": (
                f"{label_of(event.actor)} accepted the answer as it is; not met:"
                f" {', '.join(event.unmet)}."
            )
        }
    if event.word is AnswerAct.DENY:
        return {}
    return {
        **spoken(state, ContextMessage(Speaker.USER, event.note)),
        "proposed": None,
        "rejections": 0,
    }


def late_acknowledged(state: RunState, event: e.LateAcknowledged) -> Changes:
    return {"late": 0, "leftover": False}


FOLDS: Folds = {
    e.CallAsked: asked,
    e.CallDecided: decided,
    e.CallSettled: settled,
    e.GrantGiven: granted,
    e.GrantRevoked: revoked,
    e.AnswerDecided: answer_decided,
    e.LateAcknowledged: late_acknowledged,
}
