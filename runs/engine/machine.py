"""What to do next, and what to record of what was done. Pure: the clock comes as `now`, dice from the run's seed, rules as a port.

The driver plays it: ask `next_effect`, do it, hand what came back to the `after_…` function of that effect, commit the events it gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, assert_never

from runs.engine import events as e
from runs.engine import limits
from runs.engine.context import Window, window
from runs.engine.errors import ContextExhausted, Fault, PlannerError
from runs.engine.ids import call_id, dice
from runs.engine.ports import Answer, Call, Decision, Happened, Lookup, Returned, Ruling, ToolSpec, Usage
from runs.engine.state import Ask, Doubt, Flight, State, Undoable, fold, folded
from runs.engine.vocabulary import Control, Outcome, Status, StopReason, Verdict, Visibility, Waiting, Word

PLAN_ATTEMPTS = 5
REFUSALS_IN_A_ROW = 8
LIVES = 4
BACKOFF_BASE, BACKOFF_CAP = 0.5, 30.0
LONGEST_NAP = timedelta(seconds=3)


class Rules(Protocol):
    """What supervision says. Knows the run's state; the planner and the tools know nothing of it."""

    def may_plan(self, state: State, estimate: limits.Estimate, now: datetime) -> Ruling: ...

    def may_call(self, state: State, call: Call, spec: ToolSpec | None, now: datetime) -> Ruling: ...

    def may_retry(self, state: State, flight: Flight, back: Returned, verdict: Verdict, now: datetime) -> Ruling:
        """ALLOW with `wait` seconds until the next attempt, DENY to let the planner hear of the failure, `stop` to end the run."""

    def watch(self, state: State, now: datetime) -> Ruling | None:
        """Before a step: None, or a hint for the planner (ALLOW with a sentence), or the pause or end of a run that gets nowhere."""

    def accepts(self, state: State, final: str, now: datetime) -> Ruling: ...

    def spec(self, tool: str) -> ToolSpec | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Ask the planner, with this window, reserving this much."""

    window: Window
    estimate: limits.Estimate


@dataclass(frozen=True, slots=True)
class Perform:
    """Make the call in flight."""

    flight: Flight


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask the tool whether the call in flight, whose worker was lost, happened."""

    flight: Flight


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo a succeeded call."""

    entry: Undoable
    attempt: int


@dataclass(frozen=True, slots=True)
class Record:
    """Commit these events; nothing to do in the world."""

    events: tuple[e.Event, ...]


@dataclass(frozen=True, slots=True)
class Nap:
    """Too short a wait to give the slot back."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing more for this worker to do."""


Effect = Plan | Perform | Resolve | Undo | Record | Nap | Release


def next_effect(state: State, rules: Rules, now: datetime, prompt: str = "") -> Effect:
    """The one thing to do next for a run that this worker holds."""
    if state.status is Status.COMPENSATING:
        return next_undo(state, now)
    if state.status is not Status.RUNNING:
        return Release()
    if state.control is Control.KILL:
        return kill(state, now)
    if state.lives > LIVES:
        return stop(now, StopReason.CRASH_LOOP, f"{state.lives - 1} workers were lost in a row without a step forward.")
    if state.flight:
        return next_of_flight(state, state.flight, now)
    if state.control is Control.PAUSE:
        return Record((e.RunPaused(at=now),))
    if state.queue:
        return Record(tuple(next_calls(state, rules, now)))
    if state.proposed is not None:
        return next_of_answer(state, state.proposed, rules, now)
    return next_plan(state, rules, now, prompt)


def stop(now: datetime, reason: StopReason, detail: str = "", rule: str = "") -> Record:
    return Record((e.RunStopped(at=now, reason=reason, detail=detail, rule=rule),))


def kill(state: State, now: datetime) -> Record:
    """Acknowledge; a call that was lost with its worker stays on the record as of unknown outcome."""
    lost: tuple[e.Event, ...] = ()
    if state.flight:
        lost = (gone(state, state.flight, now, "cut off by the kill; whether it happened is unknown"),)
    return Record((*lost, e.KillAcknowledged(at=now, to_undo=len(state.undoable))))


def gone(state: State, flight: Flight, now: datetime, error: str) -> e.CallReturned:
    return e.CallReturned(
        at=now,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=Outcome.CANCELLED,
        verdict=Verdict.UNKNOWN,
        error=error,
        runway=limits.runway(state),
    )


def next_of_flight(state: State, flight: Flight, now: datetime) -> Effect:
    """A call of this life is made; a failed one is tried again in time; a lost one is resolved by its tool's own contract, or by a person."""
    if flight.doubt is Doubt.CLEARED:
        return next_retry(state, flight, now)
    if flight.doubt is Doubt.NONE or flight.idempotent:
        return Perform(flight)
    if flight.lookup and flight.doubt is Doubt.LOST:
        return Resolve(flight)
    why = f"Its worker was lost during {flight.tool}; did it happen?"
    return Record((e.RunWaiting(at=now, waiting_for=Waiting.IN_DOUBT, why=why),))


def next_retry(state: State, flight: Flight, now: datetime) -> Effect:
    """The next attempt is intended like the first one; a pause holds it back."""
    if state.control is Control.PAUSE:
        return Record((e.RunPaused(at=now),))
    if flight.retry_at and now < flight.retry_at:
        return next_backoff(f"{flight.tool}: {state.last_failure}", flight.retry_at, now)
    attempt = flight.attempt + 1 if flight.retry_at else flight.attempt
    return Record((e.CallRetried(at=now, step=flight.step, tool=flight.tool, call=flight.call, attempt=attempt),))


def next_of_answer(state: State, final: str, rules: Rules, now: datetime) -> Record:
    ruling = rules.accepts(state, final, now)
    if ruling.answer is Answer.ALLOW:
        return Record((e.RunCompleted(at=now, actor="planner", final=final),))
    if ruling.stop:
        return Record((ended(ruling, now),))
    return Record((e.HintGiven(at=now, step=state.step, text=ruling.sentence, rule=ruling.rule),))


def next_plan(state: State, rules: Rules, now: datetime, prompt: str) -> Effect:
    """Wait out a failed plan, stop after too many, refuse what a limit forbids, or plan."""
    if state.plan_failures and (state.plan_fatal or state.plan_failures >= PLAN_ATTEMPTS):
        attempts = f"{state.plan_failures} attempts, the last one: " if state.plan_failures > 1 else ""
        return stop(now, StopReason.PLANNER_FAILURE, f"{attempts}{state.last_failure}")
    if state.retry_at and now < state.retry_at:
        return next_backoff(f"Planner: {state.last_failure}", state.retry_at, now)
    found = rules.watch(state, now) if state.step > state.watched else None
    if found is not None:
        return Record((watched(state, found, now),))
    guess = limits.estimate(state)
    ruling = rules.may_plan(state, guess, now)
    if ruling.answer is not Answer.ALLOW:
        return Record((ended(ruling, now),))
    try:
        return Plan(window(state, prompt), guess)
    except ContextExhausted as problem:
        return stop(now, StopReason.CONTEXT_EXHAUSTED, str(problem))


def next_backoff(why: str, until: datetime, now: datetime) -> Effect:
    """Short waits keep the slot; long ones give it back, and then what they hold back is remembered by `retry_at`."""
    if until - now <= LONGEST_NAP:
        return Nap(until)
    return Record((e.RunWaiting(at=now, waiting_for=Waiting.BACKOFF, why=why, until=until),))


def watched(state: State, found: Ruling, now: datetime) -> e.Event:
    if found.stop:
        return ended(found, now)
    return e.HintGiven(at=now, step=state.step, text=found.sentence, rule=found.rule)


def ended(ruling: Ruling, now: datetime) -> e.Event:
    """A refusal that ends or pauses the run."""
    reason = ruling.stop or StopReason.POLICY_DENIED
    if ruling.pause:
        return e.RunPaused(at=now, reason=reason, rule=ruling.rule, detail=ruling.sentence)
    return e.RunStopped(at=now, reason=reason, rule=ruling.rule, detail=ruling.sentence)


def next_undo(state: State, now: datetime) -> Effect:
    """Undo the newest success; an undo lost with its worker is tried again under the same attempt."""
    if state.undoable:
        entry = state.undoable[-1]
        if state.undo_in_flight:
            return Undo(entry, state.undo_attempt)
        intent = e.UndoIntended(at=now, step=entry.step, tool=entry.tool, call=entry.call, attempt=state.undo_attempt + 1)
        return Record((intent,))
    if state.undo_failed:
        return stop(now, StopReason.COMPENSATION_FAILED, f"Could not undo {', '.join(state.undo_failed)}; a person must.")
    return stop(now, StopReason.USER_KILLED, f"{state.undone} of {state.to_undo} undone." if state.to_undo else "")


def next_calls(state: State, rules: Rules, now: datetime) -> Iterator[e.Event]:
    """Rule on the queued calls in order: refusals go back to the planner, the first allowed one becomes the intent.

    A call that needs a person makes the run wait; whatever else of this decision needs one is asked for at the same time.
    """
    while state.queue and not state.flight:
        ask = state.ask_of(call_id(state.step, state.queued + 1))
        event = decided(state, ask, rules, now) if ask else ruled(state, state.queue[0], state.queued + 1, rules, now)
        if isinstance(event, e.CallAsked):
            yield from asking(state, event, rules, now)
            return
        if event is None:
            yield e.RunWaiting(at=now, waiting_for=Waiting.APPROVAL, why="A call needs a person.")
            return
        yield event
        state = fold(state, event)
        if state.status is not Status.RUNNING:
            return
        if state.refusals >= REFUSALS_IN_A_ROW and isinstance(event, e.CallRefused):
            detail = f"{state.refusals} calls in a row were refused, the last one: {event.sentence}"
            yield e.RunStopped(at=now, reason=StopReason.PLANNER_FAILURE, rule=event.rule, detail=detail)
            return


def asking(state: State, first: e.CallAsked, rules: Rules, now: datetime) -> Iterator[e.Event]:
    """Ask for `first` and for all later calls of the decision that need a person, then wait."""
    yield first
    for place, call in enumerate(state.queue[1:], state.queued + 2):
        event = ruled(state, call, place, rules, now)
        if isinstance(event, e.CallAsked):
            yield event
    yield e.RunWaiting(at=now, waiting_for=Waiting.APPROVAL, why=first.sentence)


def ruled(state: State, call: Call, place: int, rules: Rules, now: datetime) -> e.Event:
    """The intent, the question or the refusal of one proposed call, or the end of the run."""
    spec = rules.spec(call.tool)
    ruling = rules.may_call(state, call, spec, now)
    if ruling.stop:
        return ended(ruling, now)
    if spec is None or isinstance(call.args, str) or ruling.answer is Answer.DENY:
        return refusal(state, call, place, ruling.rule, ruling.sentence, now)
    if ruling.answer is Answer.REQUIRE_APPROVAL:
        return e.CallAsked(
            at=now,
            step=state.step,
            tool=call.tool,
            call=call_id(state.step, place),
            ref=call.id,
            args=call.args,
            effect=spec.effect,
            undo=spec.has_undo,
            rule=ruling.rule,
            sentence=ruling.sentence,
        )
    return intent(state, call, place, spec, ruling.rule, now)


def decided(state: State, ask: Ask, rules: Rules, now: datetime) -> e.Event | None:
    """What a person's word makes of the next queued call; None while there is no word yet."""
    call, place = state.queue[0], state.queued + 1
    match ask.word:
        case None:
            return None
        case Word.APPROVE | Word.EDIT:
            return approved(state, replace(call, args=ask.args), place, ask, rules, now)
        case Word.STOP:
            return e.RunStopped(at=now, reason=StopReason.APPROVAL_DENIED, rule="approval", detail=f"{ask.by} said no. {ask.note}".strip())
        case Word.EXPIRE_AND_STOP:
            return e.RunStopped(
                at=now, reason=StopReason.APPROVAL_EXPIRED, rule="approval", detail=f"Nobody decided on {call.tool} in time."
            )
        case Word.RESPOND:
            return refusal(state, call, place, "approval", f"{ask.by} answered instead.", now, answer=ask.note)
        case Word.DENY:
            return refusal(state, call, place, "approval", f"A person said no. {ask.note}".strip(), now)
        case Word.EXPIRE:
            return refusal(state, call, place, "approval", "Nobody approved it in time.", now)
    assert_never(ask.word)


def approved(state: State, call: Call, place: int, ask: Ask, rules: Rules, now: datetime) -> e.Event:
    """Approved arguments meet schema and policy once more: a rule that denies still denies."""
    spec = rules.spec(call.tool)
    ruling = rules.may_call(state, call, spec, now)
    if ruling.stop:
        return ended(ruling, now)
    if spec is None or ruling.answer is Answer.DENY:
        return refusal(state, call, place, ruling.rule, ruling.sentence, now)
    return intent(state, call, place, spec, f"approved by {ask.by}", now)


def refusal(state: State, call: Call, place: int, rule: str, sentence: str, now: datetime, answer: str = "") -> e.CallRefused:
    return e.CallRefused(
        at=now,
        step=state.step,
        tool=call.tool,
        call=call_id(state.step, place),
        ref=call.id,
        args=call.args,
        rule=rule,
        sentence=sentence,
        answer=answer,
    )


def intent(state: State, call: Call, place: int, spec: ToolSpec, rule: str, now: datetime) -> e.CallIntended:
    assert not isinstance(call.args, str)
    name = call_id(state.step, place)
    return e.CallIntended(
        at=now,
        step=state.step,
        tool=call.tool,
        call=name,
        ref=call.id,
        args=call.args,
        key=name,
        effect=spec.effect,
        idempotent=spec.idempotent,
        lookup=spec.has_lookup,
        undo=spec.has_undo,
        rule=rule,
        timeout=spec.timeout,
    )


def after_plan(state: State, plan: Plan, decision: Decision, rules: Rules, now: datetime, took: float) -> list[e.Event]:
    """Commit A: the decision with its cost, and the intent of its first allowed call."""
    planned = e.StepPlanned(
        at=now,
        actor="planner",
        visibility=Visibility.USER_HIDDEN if decision.calls else Visibility.VISIBLE,
        step=state.step + 1,
        thought=decision.thought,
        calls=decision.calls,
        final=None if decision.calls else (decision.final or ""),
        model=decision.model,
        tokens_in=decision.usage.tokens_in,
        tokens_out=decision.usage.tokens_out,
        usd=decision.usage.usd,
        duration=took,
        context=plan.window.estimate,
    )
    events: list[e.Event] = [planned]
    if plan.window.results > state.shortened:
        events.insert(0, e.ContextShortened(at=now, step=state.step + 1, results=plan.window.results))
    return going_on(events, state, rules, now)


def going_on(events: list[e.Event], state: State, rules: Rules, now: datetime) -> list[e.Event]:
    """Add what follows at once from `events`: the intent of the next queued call, or the end; unless a person wants the run to halt here."""
    if state.control is not Control.NONE:
        return events
    state = folded(events, state)
    if state.queue and state.status is Status.RUNNING:
        events.extend(next_calls(state, rules, now))
    elif state.proposed is not None:
        events.extend(next_of_answer(state, state.proposed, rules, now).events)
    return events


def after_plan_failure(state: State, error: PlannerError, now: datetime, took: float) -> list[e.Event]:
    """The failure with what it cost, and when to try again."""
    unpriced = error.fault is Fault.CANCELLED and state.price_in != 0
    usage = error.usage or Usage(usd=None if unpriced else Decimal(0))
    failed = e.PlanFailed(
        at=now,
        actor="planner",
        step=state.step + 1,
        fault=error.fault,
        message=error.message,
        retry_at=None if error.fault is Fault.FATAL else now + backoff(state, error),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        usd=usage.usd,
        duration=took,
    )
    return [failed]


def backoff(state: State, error: PlannerError) -> timedelta:
    """Exponential with full jitter from the run's own dice, never sooner than the provider asked."""
    failures = state.plan_failures + 1
    jitter = dice(state.seed, state.step, failures).uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2**failures))
    return timedelta(seconds=max(jitter, error.retry_after or 0))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a result means: the verdict, the rule that gave it and its sentence for people."""

    verdict: Verdict
    rule: str = ""
    sentence: str = ""


def after_call(state: State, back: Returned, meaning: Meaning, rules: Rules, now: datetime) -> list[e.Event]:
    """Commit B: the result with its verdict and the runway line, and the intent of the decision's next call; or when to try again."""
    flight = state.flight
    assert flight is not None
    spec = rules.spec(flight.tool)
    retry = (
        None
        if meaning.verdict is Verdict.SUCCEEDED or back.outcome is Outcome.CANCELLED
        else rules.may_retry(state, flight, back, meaning.verdict, now)
    )
    again = retry is not None and retry.answer is Answer.ALLOW
    returned = e.CallReturned(
        at=now,
        visibility=spec.visibility if spec else Visibility.USER_HIDDEN,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=back.outcome,
        verdict=meaning.verdict,
        rule=meaning.rule,
        sentence=meaning.sentence,
        result=back.result,
        error=back.error,
        runway="" if again else limits.runway(state),
        attempt=flight.attempt,
        retry_at=now + timedelta(seconds=retry.wait or 0) if retry and again else None,
        duration=back.duration,
    )
    if again:
        return [returned]
    if retry is not None and retry.stop:
        return [returned, ended(retry, now)]
    return going_on([returned], state, rules, now) if state.queue else [returned]


def after_lookup(state: State, found: Lookup, error: str, rules: Rules, now: datetime) -> list[e.Event]:
    """The tool's word on a lost call; when it did happen, its result as well."""
    flight = state.flight
    assert flight is not None
    looked = e.CallLookedUp(at=now, step=flight.step, tool=flight.tool, call=flight.call, happened=found.happened, error=error)
    if found.happened is not Happened.YES:
        return [looked]
    back = Returned(Outcome.OK, result=found.result)
    return [looked, *after_call(fold(state, looked), back, Meaning(Verdict.SUCCEEDED, "lookup"), rules, now)]


def after_settlement(state: State, settlement: e.CallSettled) -> list[e.Event]:
    """A person's word on a call in doubt; when it did happen, that is all that is known of its result."""
    if settlement.happened is not Happened.YES:
        return [settlement]
    settled = fold(state, settlement)
    flight = settled.flight
    assert flight is not None
    result = {"settled": "A person says that this call did happen.", "note": settlement.note}
    returned = e.CallReturned(
        at=settlement.at,
        actor=settlement.actor,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=Outcome.OK,
        verdict=Verdict.SUCCEEDED,
        rule="settled",
        result=result,
        runway=limits.runway(settled),
    )
    return [settlement, returned]


def after_undo(entry: Undoable, attempt: int, back: Returned, verdict: Verdict, now: datetime) -> list[e.Event]:
    return [
        e.UndoReturned(
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
    ]
