"""What to record when a person says whether a call or an undo in doubt happened. Pure."""

from collections.abc import Mapping
from typing import assert_never

from console.json_value import Json
from runs.engine import events as e
from runs.engine import limits
from runs.engine.fold import fold
from runs.engine.kept_calls import UNDO_ATTEMPTS
from runs.engine.outcomes.undo_outcomes import undo_returned
from runs.engine.ports import (
    Happened,
    Returned,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)

NOBODY_KNOWS = "Nobody could find out whether this call happened."


def in_doubt(state: RunState) -> bool:
    """Whether a person is asked if the call in flight happened: the run, or its undoing, waits for
    that word, or a kill ended it without knowing.
    """
    asked = state.waiting_for is Waiting.IN_DOUBT and not undo_in_doubt(state)
    left = state.status is RunStatus.STOPPED and state.stop_reason is StopReason.KILLED_IN_DOUBT
    return (asked or left) and state.flight is not None and state.flight.doubtful


def undo_in_doubt(state: RunState) -> bool:
    """Whether a person is asked if the undo that was begun happened."""
    return (
        state.status is RunStatus.COMPENSATING
        and state.waiting_for is Waiting.IN_DOUBT
        and state.undoing is not None
    )


def after_settlement(
    state: RunState, settlement: e.CallSettled, came_back: Json = None
) -> list[e.RunEvent]:
    """A person's answer to whether a call in doubt happened.

    It did: the call has succeeded, with `came_back` as its result where the person knows it. It did
    not: the call is made again. Nobody can tell: the call ends with an unknown verdict and the run
    stops, since nothing can be built on it. A run that is being undone makes no call again, and
    what it did besides is undone all the same.
    """
    if settlement.happened is Happened.NO:
        return [settlement]
    settled = fold(state, settlement)
    if settlement.happened is Happened.UNKNOWN:
        lost = word_on(settled, settlement, Outcome.CANCELLED, Verdict.UNKNOWN, error=NOBODY_KNOWS)
        if state.status is RunStatus.COMPENSATING:
            return [settlement, lost]
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
    """The result to record for a call that a person says happened, with their note.

    An object keeps its own fields, which the tool's undo may need; anything else stands under
    `came_back`.
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
    """The result of the call in flight as a person gave it."""
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


def after_undo_settlement(state: RunState, settlement: e.CallSettled) -> list[e.RunEvent]:
    """A person's answer to whether an undo in doubt happened.

    It did not: the undo is tried again. Nobody can tell: it counts as failed for good, and the call
    stays on the list of what a person must undo.
    """
    entry, at = state.undo_next, settlement.at
    assert entry is not None
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
