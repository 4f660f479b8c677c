"""What to do next. Pure: the clock comes as `now`, dice from the run's seed, rules as a port.

The driver asks `next_effect`, does the action, hands what came back to `runs.engine.outcomes` and
commits the events that gives. The question is asked anew for each action and nothing is remembered,
so a worker that takes a run over asks the very same question as the one before it.

The order of the branches is the order of what must not wait. A person's kill comes before all, what
may have happened in the world before what is only wanted, a pause before anything new is begun, and
what is paid for already (queued calls, an answer) before another turn is bought. Each branch says
what would break if it stood elsewhere.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from console import figures
from policies.decision import Decision, DecisionKind
from runs.engine import context, killing, limits
from runs.engine import events as e
from runs.engine.actions import (
    Action,
    Judge,
    Perform,
    Plan,
    Record,
    Release,
    Resolve,
    RunRules,
    Sleep,
    Summarise,
)
from runs.engine.call_decisions import ended, next_calls
from runs.engine.context import LEAST, Folding, window
from runs.engine.engine_errors import ContextExhausted
from runs.engine.fold import fold
from runs.engine.fold_calls import at_work
from runs.engine.folding import compacted
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.moves import held_back
from runs.engine.outcomes import MAY_HAVE_HAPPENED, hinted, next_of_answer
from runs.engine.plan_failures import PLAN_ATTEMPTS
from runs.engine.ports import NOTHING_KNOWN, PreparedCalls
from runs.engine.state import Away, RunState
from runs.engine.vocabulary import (
    Control,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)

CRASH_LOOP_AFTER = 4
"""Workers lost in a row, with no step between them, that end a run."""
LONGEST_SLEEP = timedelta(seconds=3)
EVER_AFTER = datetime.max.replace(tzinfo=UTC)


EVER = datetime.min.replace(tzinfo=UTC)


def next_effect(
    state: RunState,
    rules: RunRules,
    now: datetime,
    prompt: str = "",
    known: PreparedCalls = NOTHING_KNOWN,
) -> Action:
    """The one thing to do next for a run that this worker holds."""
    return at_once(state, now) or next_move(state, rules, now, prompt, known)


def certain(state: RunState) -> Perform | None:
    """What `next_effect` says of this state whatever the rules are and whatever time it is: the
    calls that have just been intended are made. None where that is not certain.
    """
    if (
        state.status is not RunStatus.RUNNING
        or state.control is Control.KILL
        or state.lost >= CRASH_LOOP_AFTER
        or not state.flights
        or not all(flight.may_be_made for flight in state.flights)
    ):
        return None
    return Perform(state.flights)


def at_once(state: RunState, now: datetime) -> Action | None:
    """The next action where no rule is asked about it; None when rules are to be asked."""
    # First, since a run that is being undone is in a worker's hands without being RUNNING: after
    # the next branch it would be given back and never undone.
    if state.status is RunStatus.COMPENSATING:
        return killing.next_effect(state, now)
    # Before the requests: one to a run that waits, rests or has ended is heard when it is taken,
    # not by a worker that has just let it go.
    if state.status is not RunStatus.RUNNING:
        return Release()
    # Before the crash loop and every rule: a run whose workers die would else end without what it
    # did being undone, and a rule that hangs or fails could hold a kill up.
    if state.control is Control.KILL:
        return Record(killing.acknowledged(state, now))
    # Before the call in flight: made once more, the call that ends its workers would end this one
    # too, and the run would never be stopped.
    if state.lost >= CRASH_LOOP_AFTER:
        return stop(now, StopReason.CRASH_LOOP, lost_in_a_row(state))
    return None


def next_move(
    state: RunState, rules: RunRules, now: datetime, prompt: str, known: PreparedCalls
) -> Action:
    """The next action of a run that goes on: what it has begun is finished before anything else."""
    # Before a pause: the intent is committed, and a call may be under way. Paused here, whether it
    # happened would have to be found out hours later.
    if state.flights:
        return next_of_flights(state, rules, now, known)
    # Between two calls of a turn, not after the turn: whoever pauses wants the next call not made.
    if state.control is Control.PAUSE:
        return Record((e.RunPaused(at=now),))
    # Before another turn, which would be planned on calls whose results are missing; providers
    # refuse such a context too.
    if state.queue:
        return Record(next_calls(state, rules, now, known))
    # Before another turn as well: an answer that is accepted ends the run, and one turn more would
    # be paid for nothing.
    if state.proposed is not None:
        return next_of_answer(state, state.proposed, rules, now)
    # Last, since it alone costs money.
    return next_plan(state, rules, now, prompt)


def taken(state: RunState, leased: e.RunLeased) -> tuple[e.RunEvent, ...]:
    """What a worker that has the lease records first; nothing where a person's decision forbids
    taking the run. A kill that waits is acknowledged at once.
    """
    if state.final or held_back(state):
        return ()
    if state.control is not Control.KILL or state.status is RunStatus.COMPENSATING:
        return (leased,)
    return (leased, *killing.acknowledged(fold(state, leased), leased.at))


def stop(now: datetime, reason: StopReason, detail: str = "", rule: str = "") -> Record:
    return Record((e.RunStopped(at=now, reason=reason, detail=detail, rule=rule),))


def lost_in_a_row(state: RunState) -> str:
    said = f" The last one: {state.lost_by}" if state.lost_by else ""
    calling = f", in a call of {at_work(state.flights)}" if state.flights else ""
    return f"{state.lost} workers were lost in a row without a step forward{calling}.{said}"


def next_of_flights(
    state: RunState, rules: RunRules, now: datetime, known: PreparedCalls
) -> Action:
    """The next action while calls are in flight. Several calls in flight all only read: they are
    made side by side, and a failed one is tried again beside the others.
    """
    made = tuple(flight for flight in state.flights if flight.may_be_made)
    again = min(filter(cleared, state.flights), key=due_at, default=None)
    # First, since only calls that are made can be side by side with anything: what has to be found
    # out or waited for is so alone.
    if not made:
        return next_of_flight(state, again or state.flights[0], rules, now, known)
    # Before a retry: nothing else is begun once a person wants the run to halt, and those that are
    # under way come back first.
    if again is None or state.control is not Control.NONE:
        return Perform(made)
    # Before the retry too: the wait for it is not time lost, others are under way meanwhile.
    if now < due_at(again):
        return Perform(made, due_at(again))
    # Last, and due, so it neither waits nor sleeps. Where it ends the run, or pauses it, the others
    # are broken off; they have changed nothing, and are made again if the run goes on.
    return next_retry(state, again, rules, now, known)


def cleared(flight: Flight) -> bool:
    return flight.doubt is Doubt.CLEARED


def due_at(flight: Flight) -> datetime:
    """When another attempt may be intended; long ago for a call that was never made."""
    return flight.retry_at or EVER


def next_of_flight(
    state: RunState, flight: Flight, rules: RunRules, now: datetime, known: PreparedCalls
) -> Action:
    """The next action of the one call in flight: it is made when this worker intended it, tried
    again when it failed, and, when in doubt, resolved by its tool's own contract or by a person.
    """
    # Before making it: an attempt that is known not to have happened is intended anew, with pause,
    # time, back-off and rules asked again. Simply made, it would pass them all by.
    if flight.doubt is Doubt.CLEARED:
        return next_retry(state, flight, rules, now, known)
    # Before the look-up: the same key has one effect, so making it again is the look-up, and gives
    # the result besides.
    if flight.may_be_made:
        return Perform((flight,))
    # Before people: a tool knows at once what they would have to find out. Only while LOST: a tool
    # that could not tell once is not asked for ever.
    if flight.lookup and flight.doubt is Doubt.LOST:
        return Resolve(flight)
    # What nobody else can say is asked of a person; made again here, it could happen twice.
    why = (
        f"{flight.lost} Did {flight.tool} happen?"
        if flight.lost
        else f"Its worker was lost during {flight.tool}; did it happen?"
    )
    return Record((e.RunWaiting(at=now, waiting_for=Waiting.IN_DOUBT, why=why),))


def next_retry(
    state: RunState, flight: Flight, rules: RunRules, now: datetime, known: PreparedCalls
) -> Action:
    """Intend the next attempt of a failed call when it is due, after pause, time and rules have
    been asked.
    """
    # Here a pause may come first, unlike before a call that may be under way: it is known that
    # nothing is.
    if state.control is Control.PAUSE:
        return Record((e.RunPaused(at=now),))
    time = limits.in_time(state, now)
    # Before the back-off, which would else be waited out only to be ended after it.
    if not time.allowed:
        return Record((ended(time, now),))
    # Before the rules: they may count, or give a breaker's one probe away, for an attempt that is
    # not due yet.
    if flight.retry_at and now < flight.retry_at:
        return next_backoff(state, f"{flight.tool}: {state.last_failure}", flight.retry_at, now)
    # Last and asked anew: a lever may have been pulled while it backed off.
    decision = rules.may_repeat(state, flight, known.get(flight.call), now)
    return Record((repeated(state, flight, decision, now),))


def repeated(state: RunState, flight: Flight, decision: Decision, now: datetime) -> e.RunEvent:
    match decision.kind:
        case DecisionKind.ALLOW | DecisionKind.ALLOW_WITH_CAPS:
            attempt = flight.attempt + 1 if flight.retry_at else flight.attempt
            return e.CallRetried(
                at=now, step=flight.step, tool=flight.tool, call=flight.call, attempt=attempt
            )
        case DecisionKind.ASK | DecisionKind.DENY:
            return given_up(state, flight, decision, now)
        case DecisionKind.PAUSE | DecisionKind.STOP:
            return ended(decision, now)
    assert_never(decision.kind)


def next_plan(state: RunState, rules: RunRules, now: datetime, prompt: str) -> Action:
    """Wait out a failed plan, stop after too many failures, refuse what a limit forbids;
    else plan.
    """
    # Before time and back-off: what asking again cannot mend is said as what it is, not as a limit
    # that was reached while waiting for it.
    if state.plan_failures and (state.plan_fatal or state.unusable >= PLAN_ATTEMPTS):
        return planner_failed(state, now)
    time = limits.in_time(state, now)
    # Before the back-off: a run whose time is over ends now and not when the provider is back.
    if not time.allowed:
        return Record((ended(while_away(time, state.away, now), now),))
    # Before all rules: they would be asked once for each look at a run that only waits.
    if state.retry_at and now < state.retry_at:
        return next_backoff(
            state, f"Planner: {state.last_failure}", state.retry_at, now, state.away
        )
    # Before the estimate: a hint is part of what is sent. Once for each step: a hint does not move
    # `step`, so hint would follow hint.
    if state.step > state.watched and (said := watched(state, rules.watch(state, now), now)):
        return Record((said,))
    # Before the estimate too, which would reserve for a history that is not sent any more, and
    # perhaps end the run over it.
    if fold_first := context.folding(state):
        return next_folding(state, fold_first, rules, now)
    guess = limits.estimate(state)
    decision = rules.may_plan(state, guess, now)
    # Before the judge, who costs as well: what may take no further step is not judged first.
    if decision.kind is not DecisionKind.ALLOW:
        return Record((ended(decision, now),))
    inquiry = rules.inquire(state, now)
    # Before the turn that the judge may save.
    if inquiry is not None:
        return Judge(inquiry)
    # The only branch in which money goes out, so everything that may forbid it stands above.
    try:
        return Plan(window(state, prompt), guess)
    except ContextExhausted as problem:
        told = f" {state.last_failure}" if state.plan_overflow and state.last_failure else ""
        return stop(now, StopReason.CONTEXT_EXHAUSTED, f"{problem}{told}")


def planner_failed(state: RunState, now: datetime) -> Record:
    """Stop a run whose planner cannot or will not answer."""
    many = state.plan_failures > 1
    attempts = f"{state.plan_failures} attempts, the last one: " if many else ""
    reason = StopReason.CONTEXT_EXHAUSTED if state.plan_overflow else StopReason.PLANNER_FAILURE
    return stop(now, reason, f"{attempts}{state.last_failure}")


def next_folding(state: RunState, fold_first: Folding, rules: RunRules, now: datetime) -> Action:
    """Make room in the context: ask a model for a summary where one is wanted, else record lines at
    once.
    """
    planner = rules.summariser(state)
    # Before a model is asked: what may take no further step buys no summary for it either. Nor is
    # one bought that has no room to say anything.
    if (
        planner is None
        or fold_first.most < LEAST
        or not rules.may_plan(state, limits.estimate(state), now).allowed
    ):
        return Record((compacted(state, fold_first, rules, now),))
    return Summarise(planner, fold_first)


def given_up(state: RunState, flight: Flight, decision: Decision, now: datetime) -> e.CallReturned:
    """The failure of a call that is not tried again after all: the planner reads the last failure,
    why there is no further attempt, and of an effect that was never answered that it may have
    happened.
    """
    unknown = flight.silent and flight.effect is not Effect.READ
    said = (state.last_failure, f"It is not tried again: {decision.sentence}")
    return e.CallReturned(
        at=now,
        actor="supervisor",
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=Outcome.ERROR,
        verdict=Verdict.FAILED,
        rule=decision.rule,
        sentence=decision.sentence,
        error=" ".join(filter(None, (*said, MAY_HAVE_HAPPENED if unknown else ""))).strip(),
        attempt=flight.attempt,
        runway=limits.runway(state),
        silent=unknown,
    )


def next_backoff(
    state: RunState, why: str, until: datetime, now: datetime, away: Away | None = None
) -> Action:
    """Wait until `until`: a short wait in the worker's hands; for a longer one the run is given
    back, and `retry_at` remembers what it waits for.

    No wait lasts longer than the run's own time. A wait for a provider names it.
    """
    until = min(until, state.deadline or until)
    if until - now <= LONGEST_SLEEP:
        return Sleep(until)
    waiting_for = Waiting.PROVIDER if away else Waiting.BACKOFF
    why = waited_for(away, now) if away else why
    return Record((e.RunWaiting(at=now, waiting_for=waiting_for, why=why, until=until),))


def its_turn_later(
    state: RunState, away: Away, seconds: float, now: datetime
) -> tuple[e.RunEvent, ...]:
    """Give the run back until it is its turn at a provider, unless a person wants it to halt or it
    has halted meanwhile. `seconds`: the wait.
    """
    if state.control is not Control.NONE or state.status is not RunStatus.RUNNING:
        return ()
    until = min(now + timedelta(seconds=seconds), state.deadline or EVER_AFTER)
    why = waited_for(away, now)
    return (e.RunWaiting(at=now, waiting_for=Waiting.PROVIDER, why=why, until=until),)


def while_away(time: Decision, away: Away | None, now: datetime) -> Decision:
    """The end of a run's time, naming the provider that it was waiting for."""
    return replace(time, sentence=f"{time.sentence} {waited_for(away, now)}.") if away else time


def waited_for(away: Away, now: datetime) -> str:
    """Which provider is waited for, what its trouble is and since when, with the day if it is not
    today.
    """
    day = "" if away.since.date() == now.date() else f"{away.since:%Y-%m-%d} "
    trouble = f", {away.trouble}" if away.trouble else ""
    return f"Waiting for {away.provider}{trouble} since {day}{figures.hour(away.since)}"


def watched(state: RunState, found: Decision, now: datetime) -> e.RunEvent | None:
    """A hint for the planner, or the pause or end of a run that makes no progress; nearly always
    None.
    """
    match found.kind:
        case DecisionKind.ALLOW:
            return hinted(state, found, now) if found.sentence else None
        case DecisionKind.PAUSE | DecisionKind.STOP:
            return ended(found, now)
        case DecisionKind.ALLOW_WITH_CAPS | DecisionKind.ASK | DecisionKind.DENY:
            return ended(found, now)
    assert_never(found.kind)
