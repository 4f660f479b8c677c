"""What to record of a model's answer: the planner's turn, its failure, or a judge's word. Pure."""

from datetime import datetime
from decimal import Decimal

from policies.judge import rules as judging
from policies.outages.rules import UNTIL_THE_END, Patience
from runs.engine import events as e
from runs.engine import limits
from runs.engine.actions import Plan, RunRules
from runs.engine.context import taught
from runs.engine.course import Course
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.outcomes.follow_ups import going_on, unless_asked
from runs.engine.plan_failures import fate
from runs.engine.ports import (
    NOTHING_KNOWN,
    Inquiry,
    PlannerTurn,
    PreparedCalls,
    Usage,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Closer,
    Visibility,
)


def planned_step(
    state: RunState, plan: Plan, turn: PlannerTurn, now: datetime, took: float = 0.0
) -> e.StepPlanned:
    """The turn as the run's next step. `took`: seconds that the planner needed."""
    return e.StepPlanned(
        at=now,
        actor="planner",
        visibility=Visibility.USER_HIDDEN if turn.calls else Visibility.VISIBLE,
        step=state.step + 1,
        thought=turn.thought,
        calls=turn.calls,
        final=None if turn.calls else (turn.final or ""),
        model=turn.model,
        tokens_in=turn.usage.tokens_in,
        tokens_out=turn.usage.tokens_out,
        usd=turn.usage.usd,
        duration=took,
        context=plan.window.estimate,
        estimated=turn.usage.estimated,
        cached=turn.usage.cached,
        saved=turn.usage.saved,
    )


def turned(
    state: RunState, plan: Plan, turn: PlannerTurn, now: datetime, took: float = 0.0
) -> list[e.RunEvent]:
    """The turn as the run's next step; before it, when there is any, the model's reasoning and the
    opaque parts that its provider wants back.
    """
    planned = planned_step(state, plan, turn, now, took)
    if not turn.thinking and turn.opaque is None:
        return [planned]
    kept = turn.opaque
    reasoned = e.StepReasoned(
        at=now,
        step=planned.step,
        thinking=turn.thinking,
        maker=kept.maker if kept else "",
        parts=kept.parts if kept else None,
    )
    return [reasoned, planned]


def planned(
    state: RunState, plan: Plan, turn: PlannerTurn, now: datetime, took: float = 0.0
) -> Course:
    """The turn alone, with the state after it: the rules judge its calls in a run that has already
    taken this step and paid for it.
    """
    return Course(state, tuple(turned(state, plan, turn, now, took)))


def after_plan(
    state: RunState,
    plan: Plan,
    turn: PlannerTurn,
    rules: RunRules,
    now: datetime,
    took: float,
    known: PreparedCalls = NOTHING_KNOWN,
    step: Course | None = None,
) -> Course:
    """Commit A: the turn with its cost, then the intents of the calls that may be made now.

    `step` is the same turn from `planned`; it is used unless the run has changed since, and made
    anew if it has.
    """
    if step is None or step.before is not state:
        step = planned(state, plan, turn, now, took)
    return going_on(step.branch(), rules, now, known)


def after_judge(
    state: RunState, inquiry: Inquiry, said: PlannerTurn | PlannerError, now: datetime, took: float
) -> list[e.RunEvent]:
    """The judge's answer with its cost.

    An error, or an answer that cannot be read, is recorded as `Closer.UNKNOWN` with the reason.
    """
    if isinstance(said, PlannerError):
        model, closer, sentence = "", Closer.UNKNOWN, said.message
        usage = said.usage or Usage(
            usd=None if said.fault is PlannerFault.CANCELLED else Decimal(0)
        )
    else:
        model, usage = said.model, said.usage
        closer, sentence = judging.read(said.final or "")
    answered = e.JudgeAnswered(
        at=now,
        step=state.step,
        closer=closer,
        sentence=sentence,
        rule=inquiry.rule,
        version=inquiry.version,
        steps=inquiry.steps,
        model=model,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        usd=usage.usd,
        duration=took,
        estimated=usage.estimated,
    )
    return [answered]


def after_plan_failure(
    state: RunState,
    error: PlannerError,
    now: datetime,
    took: float,
    patience: Patience = UNTIL_THE_END,
) -> list[e.RunEvent]:
    """The planner's failure with its cost and when to ask again; followed by the end or pause of
    the run when it is not asked again.
    """
    comes = fate(state, error, patience, now)
    usage = error.known_usage or at_most(state)
    failed = e.PlanFailed(
        at=now,
        actor="planner",
        step=state.step + 1,
        fault=error.fault,
        message=error.message,
        retry_at=comes.retry_at,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        usd=usage.usd,
        duration=took,
        window=taught(state, error.window) if error.fault is PlannerFault.OVERFLOW else None,
        provider=error.provider,
        trouble=error.trouble,
        answer_limit=comes.answer_limit,
        estimated=usage.estimated,
    )
    return [failed, *(unless_asked(state, comes.end, now) if comes.end else ())]


def at_most(state: RunState) -> Usage:
    """What a turn without an answer may have cost: the whole estimate, as shared budgets count it;
    nothing for a planner that is free.
    """
    guess = limits.estimate(state)
    if state.price_in == state.price_out == 0:
        return Usage()
    return Usage(guess.tokens_in, guess.tokens_out, guess.usd, estimated=True)
