"""The request about an ended run: whether what it did is undone."""

from collections.abc import Iterator
from datetime import datetime

from approvals.rules.change_of_requests import Change, Ended, Opened, answered
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.terms import terms_of
from console.json_value import Json
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct


def undo_question(after: RunState, at: datetime, sentence: str) -> Opened:
    """Whether what an ended run did is undone. It is about the calls that are named."""
    calls: list[Json] = list(after.undo_asked)
    return Opened(
        RequestKind.UNDO,
        f"after {after.step}",
        after.step,
        at,
        undo=True,
        sentence=sentence,
        facts={"undoes": calls},
        terms=terms_of(RequestKind.UNDO, {}),
    )


def undo_wanted(event: e.UndoAsked, after: RunState) -> Iterator[Change]:
    yield undo_question(after, event.at, event.note)


def undo_answered(event: e.UndoBegun | e.UndoDeclined, after: RunState) -> Iterator[Change]:
    act = AnswerAct.APPROVE if isinstance(event, e.UndoBegun) else AnswerAct.DENY
    yield answered((RequestKind.UNDO,), event, act)


def goes_on(
    event: e.RunRequeued | e.RunExtended | e.RunContinued, after: RunState
) -> Iterator[Change]:
    """A run that goes on after all is not undone: nobody need say so any more."""
    yield Ended(
        (RequestKind.UNDO,),
        RequestStatus.CLOSED,
        event.at,
        by=event.actor,
        why="The run goes on.",
        person=event.person,
    )
