"""Requests about one call: whether it is made, and what became of one that is in doubt; with the
session approvals that are given beside it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from approvals.rules.change_of_requests import (
    Change,
    Ended,
    Granted,
    Noticed,
    Opened,
    Reopened,
    Revoked,
    Used,
    answered,
)
from approvals.rules.request_vocabulary import CLOCK, UNDO, RequestKind, RequestStatus
from approvals.rules.run_news import News
from approvals.rules.terms import terms_of
from runs.engine import events as e
from runs.engine.kept_calls import Flight
from runs.engine.ports import Happened
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Waiting

SETTLED = {
    Happened.YES: AnswerAct.HAPPENED,
    Happened.NO: AnswerAct.DID_NOT,
    Happened.UNKNOWN: AnswerAct.UNKNOWN,
}


def asked(event: e.CallAsked, after: RunState) -> Iterator[Change]:
    yield Opened(
        RequestKind.CALL,
        event.call,
        event.step,
        event.at,
        tool=event.tool,
        args=event.args,
        effect=event.effect.value,
        undo=event.undo,
        rule=event.rule,
        sentence=event.sentence,
        facts=event.facts,
        terms=terms_of(RequestKind.CALL, event.facts),
    )


def decided(event: e.CallDecided, after: RunState) -> Iterator[Change]:
    act = AnswerAct(event.word.value)
    status = RequestStatus.EXPIRED if act in CLOCK else RequestStatus.DECIDED
    ask = after.ask_of(event.call)
    args = (
        (event.args if event.args is not None else ask.args if ask else None)
        if event.word in (AnswerAct.APPROVE, AnswerAct.EDIT)
        else None
    )
    yield Ended(
        (RequestKind.CALL,),
        status,
        event.at,
        act.value,
        event.actor,
        event.note,
        event.call,
        args,
        event.person,
    )
    if event.grant:
        yield Used(event.grant)


def granted(event: e.GrantGiven, after: RunState) -> Iterator[Change]:
    yield Granted(
        event.grant,
        event.tool,
        event.args,
        event.free,
        event.limit,
        event.at,
        event.actor,
        event.person,
    )


def revoked(event: e.GrantRevoked, after: RunState) -> Iterator[Change]:
    yield Revoked(event.grant, event.at, event.actor, event.person)


def waiting(event: e.RunWaiting, after: RunState) -> Iterator[Change]:
    if event.waiting_for is Waiting.APPROVAL:
        yield Reopened(tuple(ask.call for ask in after.asks if ask.word is None), event.at)
        yield Noticed(News.WAITING, event.waiting_for.value, event.at)
    elif event.waiting_for is Waiting.IN_DOUBT and after.undoing is not None:
        entry = after.undo_next
        assert entry is not None
        args = entry.args if isinstance(entry.args, Mapping) else {}
        yield Opened(
            RequestKind.IN_DOUBT,
            undo_of(entry.call),
            entry.step,
            event.at,
            entry.tool,
            args,
            undo=True,
            sentence=event.why,
            terms=terms_of(RequestKind.IN_DOUBT, {}),
        )
        yield Noticed(News.WAITING, event.waiting_for.value, event.at)
    elif event.waiting_for is Waiting.IN_DOUBT and after.flight is not None:
        yield in_doubt(after.flight, event.at, event.why)
        yield Noticed(News.WAITING, event.waiting_for.value, event.at)


def in_doubt(flight: Flight, at: datetime, sentence: str) -> Opened:
    args, terms = (
        flight.args if isinstance(flight.args, Mapping) else {},
        terms_of(RequestKind.IN_DOUBT, {}),
    )
    return Opened(
        RequestKind.IN_DOUBT,
        flight.call,
        flight.step,
        at,
        flight.tool,
        args,
        undo=flight.undo,
        sentence=sentence,
        terms=terms,
    )


def settled(event: e.CallSettled, after: RunState) -> Iterator[Change]:
    act = SETTLED[event.happened]
    call = undo_of(event.call) if event.undo else event.call
    yield answered((RequestKind.IN_DOUBT,), event, act, call)


def undo_of(call: str) -> str:
    """The name under which a request is about the undo of a call."""
    return f"{UNDO}{call}"
