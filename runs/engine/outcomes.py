"""What to record of an effect that was done: a plan, a call, a look-up, a settlement, an undo.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from console import figures
from console.json_value import Json
from policies.decision import ENDING, Decision, DecisionKind
from policies.judge import rules as judging
from policies.outages.rules import UNTIL_THE_END, Patience
from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import killing, limits
from runs.engine.actions import Plan, Record, RunRules
from runs.engine.call_decisions import add_calls, ended
from runs.engine.context import taught
from runs.engine.course import Course
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import fold
from runs.engine.plan_failures import fate
from runs.engine.ports import (
    NOTHING_KNOWN,
    Happened,
    Inquiry,
    Lookup,
    PlannerTurn,
    PreparedCalls,
    Returned,
    Usage,
)
from runs.engine.state import UNDO_ATTEMPTS, Flight, RunState, Undoable
from runs.engine.vocabulary import (
    Closer,
    Control,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
    strictest,
)

DID_NOT_HAPPEN = "The tool says that it did not happen."
NOBODY_KNOWS = "Nobody could find out whether this call happened."
MAY_HAVE_HAPPENED = "Nobody knows whether it happened: find out before the same is done again."


def next_of_answer(state: RunState, final: str, rules: RunRules, now: datetime) -> Record:
    decision = rules.accepts(state, final, now)
    match decision.kind:
        case DecisionKind.ALLOW:
            return Record((e.RunCompleted(at=now, actor="planner", final=final),))
        case DecisionKind.ALLOW_WITH_CAPS | DecisionKind.ASK | DecisionKind.DENY:
            return Record((hinted(state, decision, now),))
        case DecisionKind.PAUSE | DecisionKind.STOP:
            return Record((ended(decision, now),))
    assert_never(decision.kind)


def hinted(state: RunState, decision: Decision, now: datetime) -> e.HintGiven:
    """What a rule has to say to the planner, which goes on."""
    return e.HintGiven(
        at=now,
        step=state.step,
        text=decision.sentence,
        rule=decision.rule,
        version=decision.version,
        facts=decision.facts,
    )


def planned_step(
    state: RunState, plan: Plan, turn: PlannerTurn, now: datetime, took: float = 0.0
) -> e.StepPlanned:
    """The turn as the run's next step."""
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
    """The turn as the run's next step, after what the model thought and did not say."""
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
    """The turn with nothing after it, and the state in which its calls are judged: the run has
    taken this step and paid for it already.
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
    """Commit A: the turn with its cost, and the intent of its first allowed call.

    `step` is the turn as `planned`, which serves while nothing else has happened to the run.
    """
    if step is None or step.before is not state:
        step = planned(state, plan, turn, now, took)
    return going_on(step.branch(), rules, now, known)


def going_on(course: Course, rules: RunRules, now: datetime, known: PreparedCalls) -> Course:
    """Add what follows at once: the intent of the next queued call, or the end; unless a person
    wants the run to halt here.
    """
    state = course.after
    if course.before.control is not Control.NONE:
        return course
    if state.queue and state.status is RunStatus.RUNNING:
        add_calls(course, rules, now, known)
    elif state.proposed is not None:
        course.extend(next_of_answer(state, state.proposed, rules, now).events)
    return course


def after_judge(
    state: RunState, inquiry: Inquiry, said: PlannerTurn | PlannerError, now: datetime, took: float
) -> list[e.RunEvent]:
    """The judge's word with what it cost.

    What is no plain answer is on the record as none, with the reason.
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
    """The failure with what it cost, and when to try again; or the end, where there is more to say
    of that than the failure itself does.
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
    """What a turn that was never answered may have cost: nobody can say, so the whole estimate is
    counted, as shared budgets keep it.
    """
    guess = limits.estimate(state)
    if state.price_in == state.price_out == 0:
        return Usage()
    return Usage(guess.tokens_in, guess.tokens_out, guess.usd, estimated=True)


def unless_asked(state: RunState, decision: Decision, now: datetime) -> list[e.RunEvent]:
    """The end or pause that a rule wants, unless a person has asked for one meanwhile: a kill comes
    first,

    and a pause that a person asked for is theirs, so that nothing but their word takes it back.
    """
    theirs = state.control is Control.KILL or (
        state.control is Control.PAUSE and decision.kind is DecisionKind.PAUSE
    )
    return [] if theirs else [ended(decision, now)]


def after_call(
    state: RunState,
    back: Returned,
    meaning: Meaning,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls = NOTHING_KNOWN,
    call: str = "",
) -> Sequence[e.RunEvent]:
    """Commit B: the result with its verdict and the runway line, and the intents of the turn's next
    calls that may be made now; or when to try again.

    `call` came back, or the oldest in flight. Of one that is in flight no more, since a kill has
    closed it meanwhile, nothing is said.

    A call that a kill has cut off is no result: the kill is acknowledged with the call still in
    flight, to be cleared up after. Nor is one that may have acted and of which no answer came:
    nothing is built on it, and no planner hears of it, before that is settled.
    """
    flight = state.flight_of(call) if call else state.flight
    if flight is None:
        return []
    if back.outcome is Outcome.CANCELLED and state.control is Control.KILL:
        return list(killing.acknowledged(state, now, begun=not back.answered))
    if in_the_dark(flight, back):
        return [lost(flight, back, now)]
    spec = rules.spec(flight.tool)
    retry = (
        None
        if meaning.verdict is Verdict.SUCCEEDED or back.outcome is Outcome.CANCELLED
        else in_its_time(state, rules.may_retry(state, flight, back, meaning.verdict, now), now)
    )
    again = retry is not None and retry.kind is DecisionKind.ALLOW
    returned = e.CallReturned(
        at=now,
        visibility=strictest(spec.visibility if spec else Visibility.USER_HIDDEN, back.visibility),
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=back.outcome,
        verdict=meaning.verdict,
        rule=meaning.rule,
        version=meaning.version,
        sentence=meaning.sentence,
        result=back.result,
        error=back.error if again else told(flight, back),
        runway="" if again else limits.runway(state),
        attempt=flight.attempt,
        retry_at=now + timedelta(seconds=retry.facts.get("wait", 0)) if retry and again else None,
        retry=retry.sentence if retry else "",
        retry_rule=f"{retry.rule} v{retry.version}"
        if retry and retry.rule and retry.version
        else "",
        duration=back.duration,
    )
    if again:
        return [returned]
    if retry is not None and retry.kind in ENDING:
        return [returned, *unless_asked(state, retry, now)]
    if not state.queue:
        return [returned]
    return going_on(Course(state, (returned,)), rules, now, known)


def in_its_time(state: RunState, retry: Decision, now: datetime) -> Decision:
    """A wait that would outlast the run's own time is not begun: the planner hears of the failure
    now, with what time there is left.
    """
    wait = timedelta(seconds=retry.facts.get("wait", 0))
    if retry.kind is not DecisionKind.ALLOW or not state.deadline or now + wait < state.deadline:
        return retry
    left = max(state.deadline - now, timedelta())
    sentence = (
        f"It would be tried again in {figures.span(wait.total_seconds())}, and"
        f" {figures.span(left.total_seconds())} of the run's time are left."
    )
    return replace(retry, kind=DecisionKind.DENY, sentence=sentence)


def in_the_dark(flight: Flight, back: Returned) -> bool:
    """Whether nobody knows if the call happened and it makes a difference: nothing is built on it
    before somebody has said so.
    """
    return silent(back) and not flight.idempotent and flight.effect is not Effect.READ


def silent(back: Returned) -> bool:
    """Whether no answer came, so that nobody knows what was done."""
    return back.outcome is Outcome.TIMEOUT or not back.answered


def lost(flight: Flight, back: Returned, now: datetime) -> e.CallLost:
    return e.CallLost(
        at=now,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=back.outcome,
        error=back.error,
        duration=back.duration,
    )


def told(flight: Flight, back: Returned) -> str:
    """The error's words.

    Whoever plans on must know that an effect without an answer may have happened, however often it
    was tried.
    """
    return (
        f"{back.error} {MAY_HAVE_HAPPENED}"
        if silent(back) and flight.effect is not Effect.READ
        else back.error
    )


def after_lookup(
    state: RunState,
    found: Lookup,
    error: str,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls = NOTHING_KNOWN,
) -> list[e.RunEvent]:
    """The tool's word on a call in doubt; when it did happen, its result as well.

    One that its worker was lost with before it happened is made; one that was made, and left
    without an answer, has failed.
    """
    flight = state.flight
    assert flight is not None
    looked = e.CallLookedUp(
        at=now,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        happened=found.happened,
        error=error,
    )
    if found.happened is Happened.NO and flight.lost and state.status is RunStatus.RUNNING:
        # known for certain now: a failure like any other, which the retry policy bounds
        failed = Returned(Outcome.ERROR, error=f"{flight.lost} {DID_NOT_HAPPEN}")
        return [
            looked,
            *after_call(
                fold(state, looked),
                failed,
                Meaning(Verdict.FAILED, "lookup", DID_NOT_HAPPEN),
                rules,
                now,
                known,
            ),
        ]
    if found.happened is not Happened.YES:
        return [looked]
    back = Returned(Outcome.OK, result=found.result)
    return [
        looked,
        *after_call(
            fold(state, looked), back, Meaning(Verdict.SUCCEEDED, "lookup"), rules, now, known
        ),
    ]


def in_doubt(state: RunState) -> bool:
    """Whether a person is asked if the call in flight happened: the run waits for that word, or a
    kill ended it without knowing.
    """
    asked = state.status is RunStatus.WAITING and state.waiting_for is Waiting.IN_DOUBT
    left = state.status is RunStatus.STOPPED and state.stop_reason is StopReason.KILLED_IN_DOUBT
    return (asked or left) and state.flight is not None and state.flight.doubtful


def undo_in_doubt(state: RunState) -> bool:
    """Whether a person is asked if the undo that was begun happened."""
    return state.status is RunStatus.COMPENSATING and state.waiting_for is Waiting.IN_DOUBT


def after_settlement(
    state: RunState, settlement: e.CallSettled, came_back: Json = None
) -> list[e.RunEvent]:
    """A person's word on a call in doubt. It did happen:

    `came_back`, if they know it, is its result. It did not: it is made again.

    Nobody can tell: nothing can be built on it, so the run ends, and the call stays on record as of
    unknown outcome.
    """
    if settlement.happened is Happened.NO:
        return [settlement]
    settled = fold(state, settlement)
    if settlement.happened is Happened.UNKNOWN:
        lost = word_on(settled, settlement, Outcome.CANCELLED, Verdict.UNKNOWN, error=NOBODY_KNOWS)
        detail = f"Nobody can tell whether {settlement.tool} happened. {settlement.note}".strip()
        return [
            settlement,
            lost,
            e.RunStopped(
                at=settlement.at,
                actor=settlement.actor,
                person=settlement.person,
                reason=StopReason.IN_DOUBT,
                detail=detail,
            ),
        ]
    return [
        settlement,
        word_on(
            settled,
            settlement,
            Outcome.OK,
            Verdict.SUCCEEDED,
            result=result_of(settlement, came_back),
        ),
    ]


def result_of(settlement: e.CallSettled, came_back: Json) -> Json:
    """What the tool would have answered, where a person could find it out; an object keeps its own
    names, so that it can be undone.
    """
    said = {"settled": "A person says that this call did happen.", "note": settlement.note}
    if isinstance(came_back, Mapping):
        return {**came_back, **said}
    return said if came_back is None else {"came_back": came_back, **said}


def word_on(
    state: RunState,
    settlement: e.CallSettled,
    outcome: Outcome,
    verdict: Verdict,
    result: Json = None,
    error: str = "",
) -> e.RunEvent:
    flight = state.flight
    assert flight is not None
    return e.CallReturned(
        at=settlement.at,
        actor=settlement.actor,
        person=settlement.person,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=outcome,
        verdict=verdict,
        rule="settled",
        result=result,
        error=error,
        runway=limits.runway(state),
    )


def after_undo(entry: Undoable, attempt: int, back: Returned, now: datetime) -> list[e.RunEvent]:
    """What an undo gave.

    Without an answer nobody knows whether it happened: harmless only when the undo may be repeated.
    """
    open_ended = silent(back) or back.outcome is Outcome.CANCELLED
    failed = Verdict.UNKNOWN if open_ended and not entry.idempotent else Verdict.FAILED
    return [
        undo_returned(
            entry, attempt, back, Verdict.SUCCEEDED if back.outcome is Outcome.OK else failed, now
        )
    ]


def undo_returned(
    entry: Undoable, attempt: int, back: Returned, verdict: Verdict, now: datetime
) -> e.UndoReturned:
    return e.UndoReturned(
        at=now,
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        outcome=back.outcome,
        verdict=verdict,
        attempt=attempt,
        result=back.result,
        error=back.error,
        duration=back.duration,
    )


def after_undo_lookup(
    entry: Undoable, attempt: int, found: Lookup, error: str, now: datetime
) -> list[e.RunEvent]:
    """The tool's word on an undo whose worker was lost; when it did happen, its result as well."""
    looked = e.CallLookedUp(
        at=now,
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        happened=found.happened,
        error=error,
        undo=True,
    )
    if found.happened is not Happened.YES:
        return [looked]
    return [
        looked,
        undo_returned(
            entry, attempt, Returned(Outcome.OK, result=found.result), Verdict.SUCCEEDED, now
        ),
    ]


def after_undo_settlement(state: RunState, settlement: e.CallSettled) -> list[e.RunEvent]:
    """A person's word on an undo in doubt.

    What nobody can know is not tried again: it stays on the list of what a person must undo.
    """
    entry, at = state.undoable[-1], settlement.at
    match settlement.happened:
        case Happened.NO:
            return [settlement]
        case Happened.YES:
            back = Returned(
                Outcome.OK,
                result={
                    "settled": "A person says that this undo did happen.",
                    "note": settlement.note,
                },
            )
            return [
                settlement,
                undo_returned(entry, state.undo_attempt, back, Verdict.SUCCEEDED, at),
            ]
        case Happened.UNKNOWN:
            back = Returned(Outcome.ERROR, error="Nobody knows whether this undo happened.")
            return [settlement, undo_returned(entry, UNDO_ATTEMPTS, back, Verdict.FAILED, at)]
    assert_never(settlement.happened)
