"""What to record of a call that came back, or that a tool was asked about. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from console import figures
from policies.decision import ENDING, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import killing, limits
from runs.engine.actions import RunRules
from runs.engine.course import Course
from runs.engine.fold import fold
from runs.engine.kept_calls import Flight
from runs.engine.outcomes.follow_ups import going_on, unless_asked
from runs.engine.ports import (
    NOTHING_KNOWN,
    Happened,
    Lookup,
    PreparedCalls,
    Returned,
    ToolSpec,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    Effect,
    LossBlame,
    Outcome,
    RunStatus,
    Verdict,
    Visibility,
    strictest,
)

DID_NOT_HAPPEN = "The tool says that it did not happen."
MAY_HAVE_HAPPENED = "Nobody knows whether it happened: find out before the same is done again."


def after_call(
    state: RunState,
    back: Returned,
    meaning: Meaning,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls = NOTHING_KNOWN,
    call: str = "",
) -> Sequence[e.RunEvent]:
    """Commit B: the result with its verdict and what the run has left, then the intents of the
    turn's next calls that may be made now; or the result and when to try again.

    `call` names the call that came back; empty, it is the oldest in flight. A call that is no
    longer in flight, since a kill has closed it meanwhile, gives no event.

    Three answers are no result. A call that a kill has cut off: the kill is acknowledged with the
    call still in flight, and it is cleared up afterwards. A call that may have acted and gave no
    answer: it is recorded as lost, and no planner hears of it before that is settled. A call that
    was lost by no fault of its own: it is recorded as lost, whatever it does, and no rule and no
    planner hears of it.
    """
    flight = state.flight_of(call) if call else state.flight
    if flight is None:
        return []
    if back.outcome is Outcome.CANCELLED and state.control is Control.KILL:
        return list(killing.acknowledged(state, now, begun=not back.answered))
    if innocent(flight, back):
        return [lost(flight, back, now, back.blame)]
    if in_the_dark(flight, back):
        return [lost(flight, back, now)]
    retry = another_attempt(state, flight, back, meaning, rules, now)
    returned = as_returned(state, flight, back, meaning, rules.spec(flight.tool), retry, now)
    if retry is not None and retry.kind in ENDING:
        return [returned, *unless_asked(state, retry, now)]
    if returned.retry_at is not None or not state.queue:
        return [returned]
    return going_on(Course(state, (returned,)), rules, now, known)


def another_attempt(
    state: RunState,
    flight: Flight,
    back: Returned,
    meaning: Meaning,
    rules: RunRules,
    now: datetime,
) -> Decision | None:
    """What the retry policy says of a failed call; None of one that succeeded or was cancelled."""
    if meaning.verdict is Verdict.SUCCEEDED or back.outcome is Outcome.CANCELLED:
        return None
    return in_its_time(state, rules.may_retry(state, flight, back, meaning.verdict, now), now)


def as_returned(
    state: RunState,
    flight: Flight,
    back: Returned,
    meaning: Meaning,
    spec: ToolSpec | None,
    retry: Decision | None,
    now: datetime,
) -> e.CallReturned:
    """The call's result as an event.

    When it is to be made again, `retry_at` says when, and the planner is told nothing yet: neither
    what the run has left nor that the effect may have happened.
    """
    again = retry is not None and retry.kind is DecisionKind.ALLOW
    return e.CallReturned(
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
        error=back.error if again else told(flight, back, meaning.verdict),
        runway="" if again else limits.runway(state),
        attempt=flight.attempt,
        retry_at=now + wait_of(retry) if retry and again else None,
        retry=retry.sentence if retry else "",
        retry_rule=named(retry),
        duration=back.duration,
        silent=may_have_happened(flight, back, meaning.verdict),
        pictures=back.pictures,
        progress=back.progress,
    )


def wait_of(retry: Decision) -> timedelta:
    """How long a retry policy wants to wait before the next attempt."""
    return timedelta(seconds=retry.facts.get("wait", 0))


def named(retry: Decision | None) -> str:
    """The retry policy and its version, as in `payments v3`; empty when no policy decided."""
    return f"{retry.rule} v{retry.version}" if retry and retry.rule and retry.version else ""


def in_its_time(state: RunState, retry: Decision, now: datetime) -> Decision:
    """Turn a retry into a denial when its wait would end after the run's deadline: the planner
    hears of the failure now, while there is time left.
    """
    wait = wait_of(retry)
    if retry.kind is not DecisionKind.ALLOW or not state.deadline or now + wait < state.deadline:
        return retry
    left = max(state.deadline - now, timedelta())
    sentence = (
        f"It would be tried again in {figures.span(wait.total_seconds())}, and"
        f" {figures.span(left.total_seconds())} of the run's time are left."
    )
    return replace(retry, kind=DecisionKind.DENY, sentence=sentence)


def innocent(flight: Flight, back: Returned) -> bool:
    """Whether no result came and the call is not to blame: another was, or it was one of several
    that may be, for the first time.

    A call that ends its process each time is so found out by its second.
    """
    if back.outcome in (Outcome.OK, Outcome.CANCELLED):
        return False
    return back.blame is LossBlame.OTHERS or (
        back.blame is LossBlame.SHARED and flight.blame is not LossBlame.SHARED
    )


def in_the_dark(flight: Flight, back: Returned) -> bool:
    """Whether nobody knows if the call happened and repeating it could do harm."""
    return silent(back) and not flight.idempotent and flight.effect is not Effect.READ


def silent(back: Returned) -> bool:
    """Whether no answer came, so that nobody knows what was done."""
    return back.outcome is Outcome.TIMEOUT or not back.answered


def lost(
    flight: Flight, back: Returned, now: datetime, blame: LossBlame = LossBlame.OWN
) -> e.CallLost:
    """That no answer came to a call."""
    return e.CallLost(
        at=now,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        outcome=back.outcome,
        error=back.error,
        blame=blame,
        begun=silent(back),
        duration=back.duration,
        progress=back.progress,
    )


def told(flight: Flight, back: Returned, verdict: Verdict) -> str:
    """The error in the planner's words: of an effect without an answer it also says that it may
    have happened. Where something came back there is no error, and that is what the planner reads.
    """
    unknown = back.outcome is not Outcome.OK and may_have_happened(flight, back, verdict)
    return f"{back.error} {MAY_HAVE_HAPPENED}" if unknown else back.error


def may_have_happened(flight: Flight, back: Returned, verdict: Verdict) -> bool:
    """Whether no answer came to this attempt, or to one before it, of a call that changes something
    and has not succeeded.
    """
    unknown = silent(back) or (flight.silent and verdict is not Verdict.SUCCEEDED)
    return unknown and flight.effect is not Effect.READ


def after_lookup(
    state: RunState,
    found: Lookup,
    error: str,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls = NOTHING_KNOWN,
) -> list[e.RunEvent]:
    """What the tool's `lookup` says of the oldest call in flight, and what follows from it.

    It happened: its result is recorded as well. It did not happen, and no answer had come to it: it
    has failed. It did not happen, and the worker was lost with it, or something else had ended it:
    nothing more is recorded, and the call is made. Nobody knows: nothing more is recorded.
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
    own = flight.lost and flight.blame is LossBlame.OWN
    if found.happened is Happened.NO and own and state.status is RunStatus.RUNNING:
        # known for certain now: a failure like any other, which the retry policy bounds
        back = Returned(Outcome.ERROR, error=f"{flight.lost} {DID_NOT_HAPPEN}")
        meaning = Meaning(Verdict.FAILED, "lookup", DID_NOT_HAPPEN)
    elif found.happened is Happened.YES:
        back = Returned(Outcome.OK, result=found.result)
        meaning = Meaning(Verdict.SUCCEEDED, "lookup")
    else:
        return [looked]
    return [looked, *after_call(fold(state, looked), back, meaning, rules, now, known)]
