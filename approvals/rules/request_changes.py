"""What a run's events mean for its requests: which open, which end and how. What is about a call, a
pause or an undoing stands with it; what the end of a run means for all of them stands here. Pure;
`approvals.approval_gate` makes SQL of it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from approvals.rules import call_requests, pause_requests, undo_requests
from approvals.rules.change_of_requests import Change, Ended, Noticed
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.run_news import News
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import StopReason


def changes(events: Sequence[e.RunEvent], after: RunState) -> Iterator[Change]:
    """The changes in order. Nearly every batch of events changes nothing, and costs one look-up for
    each event.
    """
    for event in events:
        meaning = MEANINGS.get(type(event))
        if meaning is not None:
            yield from meaning(event, after)


def over(
    event: e.RunStopped | e.RunCompleted | e.KillAcknowledged, after: RunState
) -> Iterator[Change]:
    """Close all that an ended run asked for. An answer that ended the run has ended its own request
    before.
    """
    yield Ended(
        tuple(RequestKind),
        RequestStatus.CLOSED,
        event.at,
        by=event.actor,
        why=why_over(event),
        person=event.person,
    )


def stopped(event: e.RunStopped, after: RunState) -> Iterator[Change]:
    """The changes at the end of a run. One that a kill left in doubt still asks a person whether
    its last call happened.
    """
    yield from over(event, after)
    if after.undo_asked:
        yield undo_requests.undo_question(after, event.at, event.detail)
    if event.reason is StopReason.KILLED_IN_DOUBT and after.flight is not None:
        yield call_requests.in_doubt(after.flight, event.at, event.detail)
    yield Noticed(News.ENDED, event.reason.value, event.at)


def completed(event: e.RunCompleted, after: RunState) -> Iterator[Change]:
    yield from over(event, after)
    yield Noticed(News.ENDED, StopReason.COMPLETED.value, event.at)


def why_over(event: e.RunStopped | e.RunCompleted | e.KillAcknowledged) -> str:
    match event:
        case e.KillAcknowledged():
            return "The run was killed."
        case e.RunCompleted():
            return "The run ended without it."
        case e.RunStopped():
            return f"The run was stopped: {event.reason.replace('_', ' ').lower()}."


MEANINGS: dict[type[e.RunEvent], Callable[[Any, RunState], Iterator[Change]]] = {
    e.CallAsked: call_requests.asked,
    e.CallDecided: call_requests.decided,
    e.GrantGiven: call_requests.granted,
    e.GrantRevoked: call_requests.revoked,
    e.RunWaiting: call_requests.waiting,
    e.CallSettled: call_requests.settled,
    e.AnswerDecided: pause_requests.answer_decided,
    e.RunPaused: pause_requests.paused,
    e.RunResumed: pause_requests.resumed,
    e.KillAcknowledged: over,
    e.RunStopped: stopped,
    e.RunCompleted: completed,
    e.UndoAsked: undo_requests.undo_wanted,
    e.UndoBegun: undo_requests.undo_answered,
    e.UndoDeclined: undo_requests.undo_answered,
    e.RunRequeued: undo_requests.goes_on,
    e.RunExtended: undo_requests.goes_on,
    e.RunContinued: undo_requests.goes_on,
}
