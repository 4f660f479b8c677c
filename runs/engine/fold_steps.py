"""How a planner's turn, a hint, a judge's answer and a summary change a run. Pure."""

from runs.engine import context, tokens
from runs.engine import events as e
from runs.engine.engine_errors import AWAY, NOT_THE_MODELS, PlannerFault
from runs.engine.fold_runs import FORWARD, Changes, Folds
from runs.engine.ports import ContextMessage, Opaque, Speaker
from runs.engine.state import Away, RunState
from runs.engine.vocabulary import RunPhase


def spoken(state: RunState, message: ContextMessage) -> Changes:
    return {
        "history": state.history.after(message),
        "context": state.context + tokens.of_message(message),
    }


def reasoned(state: RunState, event: e.StepReasoned) -> Changes:
    return {"opaque": None if event.parts is None else Opaque(event.maker, event.parts)}


def planned(state: RunState, event: e.StepPlanned) -> Changes:
    message = ContextMessage(
        Speaker.ASSISTANT,
        event.final if event.final is not None else event.thought,
        calls=tuple(event.calls),
        opaque=state.opaque,
    )
    # an estimate of ours says nothing of how far our estimates are off
    counted_by_provider = 0 if event.estimated else event.tokens_in
    return {
        **spoken(state, message),
        **paid(state, event),
        "opaque": None,
        "cached": state.cached + event.cached,
        "saved": state.saved + event.saved,
        "step": event.step,
        "scale": tokens.calibrated(counted_by_provider, event.context, state.scale),
        "queue": tuple(event.calls),
        "queued": 0,
        "asks": (),
        "proposed": None if event.calls else event.final,
        "plan_failures": 0,
        "unusable": 0,
        "away": None,
        "retry_at": None,
        "last_failure": "",
        **FORWARD,
        "tool": "",
        "phase": RunPhase.CALLING if event.calls else RunPhase.IDLE,
    }


def paid(state: RunState, event: e.StepPlanned | e.PlanFailed) -> Changes:
    return {**counted(state, event), "max_call_cost": max(state.max_call_cost, event.usd or 0)}


def counted(
    state: RunState, event: e.StepPlanned | e.PlanFailed | e.JudgeAnswered | e.ContextCompacted
) -> Changes:
    return {
        "tokens_in": state.tokens_in + event.tokens_in,
        "tokens_out": state.tokens_out + event.tokens_out,
        "usd": state.usd + (event.usd or 0),
        "usd_unknown": state.usd_unknown or event.usd is None,
        "estimated": state.estimated or event.estimated,
    }


def plan_failed(state: RunState, event: e.PlanFailed) -> Changes:
    counts = event.fault is not PlannerFault.CANCELLED
    return {
        **paid(state, event),
        "plan_failures": state.plan_failures + counts,
        "unusable": state.unusable + (counts and event.fault not in NOT_THE_MODELS),
        "away": away(state, event),
        "plan_fatal": event.retry_at is None,
        "plan_overflow": event.fault is PlannerFault.OVERFLOW,
        "learned_window": event.window or state.learned_window,
        **answer_room(state, event),
        "retry_at": event.retry_at,
        "last_failure": event.message,
        "phase": RunPhase.IDLE,
    }


def away(state: RunState, event: e.PlanFailed) -> Away | None:
    """A turn that was only cancelled says nothing about its provider."""
    if event.fault is PlannerFault.CANCELLED:
        return state.away
    if event.fault not in AWAY:
        return None
    since = state.away.since if state.away else event.at
    return Away(event.provider or state.planner, event.trouble, since)


def answer_room(state: RunState, event: e.PlanFailed) -> Changes:
    """How large the next answer may be, where the failure has changed that."""
    if event.answer_limit is None:
        return {}
    raised = event.answer_limit > state.max_tokens_out
    return {
        "max_tokens_out": event.answer_limit,
        "answer_before": state.max_tokens_out if raised else state.answer_before,
    }


def hinted(state: RunState, event: e.HintGiven) -> Changes:
    rejections = state.rejections + (state.proposed is not None)
    return {
        **spoken(state, ContextMessage(Speaker.USER, event.text)),
        "proposed": None,
        "rejections": rejections,
        "watched": state.step,
    }


def judged(state: RunState, event: e.JudgeAnswered) -> Changes:
    """Count the judge's answer like any other call. What the planner's next turn may cost is not
    learned from it, since it is another model.
    """
    return {**counted(state, event), "judged": event.step}


def compacted(state: RunState, event: e.ContextCompacted) -> Changes:
    """Put the summary in the place of the folded messages. They stay in the history, of which later
    summaries are made. A model's summary counts like any other call.
    """
    freed = context.size_of(state, event.messages)
    return {
        **(counted(state, event) if event.asked else {}),
        "folded": event.messages,
        "summary": event.summary,
        "context": state.context - freed + context.of_summary(event.summary),
    }


FOLDS: Folds = {
    e.StepReasoned: reasoned,
    e.StepPlanned: planned,
    e.PlanFailed: plan_failed,
    e.HintGiven: hinted,
    e.JudgeAnswered: judged,
    e.ContextCompacted: compacted,
}
