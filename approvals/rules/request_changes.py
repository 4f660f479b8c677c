"""What a run's events mean for its requests: which open, which end and how. Pure;
`approvals.approval_gate` makes SQL of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from approvals.rules.request_vocabulary import CLOCK, UNDO, RequestKind, RequestStatus
from approvals.rules.run_news import News
from approvals.rules.terms import OF_A_CALL, Terms, terms_of
from console.json_value import Json
from runs.engine import events as e
from runs.engine.ports import Happened
from runs.engine.state import Flight, RunState
from runs.engine.vocabulary import AnswerAct, StopReason, Waiting

STOPS: dict[StopReason, RequestKind] = {
    StopReason.BUDGET_EXCEEDED: RequestKind.BUDGET,
    StopReason.TIMEOUT: RequestKind.BUDGET,
    StopReason.LOOP_DETECTED: RequestKind.LOOP,
    StopReason.NO_PROGRESS: RequestKind.LOOP,
    StopReason.DRIFTED: RequestKind.LOOP,
    StopReason.ACCEPTANCE_FAILED: RequestKind.ACCEPTANCE,
}
"""Pauses that ask for a person, by their reason: the engine's `ASKS_PEOPLE`."""
SETTLED = {
    Happened.YES: AnswerAct.HAPPENED,
    Happened.NO: AnswerAct.DID_NOT,
    Happened.UNKNOWN: AnswerAct.UNKNOWN,
}
OF_A_PAUSE = tuple(dict.fromkeys(STOPS.values()))


@dataclass(frozen=True, slots=True)
class Opened:
    """A new request. `call` names what it is about within the run: a call, or the step after which
    the run stands still.
    """

    kind: RequestKind
    call: str
    step: int
    at: datetime
    tool: str = ""
    args: Mapping[str, Json] = field(default_factory=dict)
    effect: str = ""
    undo: bool = False
    rule: str = ""
    sentence: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    terms: Terms = OF_A_CALL


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the open requests of these kinds, or of those about one call when it is named.
    `args` are the arguments decided on; `person` is the id of who decided.
    """

    kinds: tuple[RequestKind, ...]
    status: RequestStatus
    at: datetime
    act: str = ""
    by: str = ""
    why: str = ""
    call: str = ""
    args: Mapping[str, Json] | None = None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The run waits for these calls, perhaps again: their requests are open, whatever had closed
    them.
    """

    calls: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """A session approval begins."""

    grant: str
    tool: str
    args: Mapping[str, Json]
    free: tuple[str, ...]
    limit: int
    at: datetime
    by: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """A session approval let one more call through."""

    grant: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """A session approval is over."""

    grant: str
    at: datetime
    by: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The run ended, or stands still until a person acts: channels may want to know."""

    news: News
    reason: str
    at: datetime


Change = Opened | Ended | Reopened | Granted | Used | Revoked | Noticed


def changes(events: Sequence[e.RunEvent], after: RunState) -> Iterator[Change]:
    """The changes in order. Nearly every batch of events changes nothing, and costs one look-up for
    each event.
    """
    for event in events:
        meaning = MEANINGS.get(type(event))
        if meaning is not None:
            yield from meaning(event, after)


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
    yield Ended(
        (RequestKind.IN_DOUBT,),
        RequestStatus.DECIDED,
        event.at,
        act.value,
        event.actor,
        event.note,
        call,
        person=event.person,
    )


def undo_of(call: str) -> str:
    """The name under which a request is about the undo of a call."""
    return f"{UNDO}{call}"


def paused(event: e.RunPaused, after: RunState) -> Iterator[Change]:
    kind = STOPS.get(event.reason)
    if kind is not None:
        facts, terms = {**event.facts, **versioned(event)}, terms_of(kind, event.facts)
        call, sentence = f"after {after.step}", event.detail
        if kind is RequestKind.ACCEPTANCE and (unmet := lacking(facts)):
            sentence = f"Not met: {', '.join(unmet)}."
        yield Opened(
            kind,
            call,
            after.step,
            event.at,
            rule=event.rule,
            sentence=sentence,
            facts=facts,
            terms=terms,
        )
    if event.reason is not StopReason.USER_PAUSED:
        yield Noticed(News.WAITING, event.reason.value, event.at)


def lacking(facts: Mapping[str, Json]) -> tuple[str, ...]:
    """Names of the criteria that an answer does not meet."""
    found = facts.get("checks")
    checks = (
        [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    )
    return tuple(str(each.get("name", "")) for each in checks if not each.get("passed"))


def versioned(event: e.RunPaused) -> dict[str, Json]:
    """The version of the rule that paused the run, where rules have versions."""
    return {"version": event.version} if event.version else {}


def answer_decided(event: e.AnswerDecided, after: RunState) -> Iterator[Change]:
    yield Ended(
        (RequestKind.ACCEPTANCE,),
        RequestStatus.DECIDED,
        event.at,
        event.word.value,
        event.actor,
        event.note,
        person=event.person,
    )


def resumed(event: e.RunResumed, after: RunState) -> Iterator[Change]:
    act = AnswerAct.APPROVE if event.request else AnswerAct.RESUME
    yield Ended(
        OF_A_PAUSE,
        RequestStatus.DECIDED,
        event.at,
        act.value,
        event.actor,
        event.note,
        person=event.person,
    )


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
        yield undo_question(after, event.at, event.detail)
    if event.reason is StopReason.KILLED_IN_DOUBT and after.flight is not None:
        yield in_doubt(after.flight, event.at, event.detail)
    yield Noticed(News.ENDED, event.reason.value, event.at)


def completed(event: e.RunCompleted, after: RunState) -> Iterator[Change]:
    yield from over(event, after)
    yield Noticed(News.ENDED, StopReason.COMPLETED.value, event.at)


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
    yield Ended(
        (RequestKind.UNDO,),
        RequestStatus.DECIDED,
        event.at,
        act.value,
        event.actor,
        event.note,
        person=event.person,
    )


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


def why_over(event: e.RunStopped | e.RunCompleted | e.KillAcknowledged) -> str:
    match event:
        case e.KillAcknowledged():
            return "The run was killed."
        case e.RunCompleted():
            return "The run ended without it."
        case e.RunStopped():
            return f"The run was stopped: {event.reason.replace('_', ' ').lower()}."


MEANINGS: dict[type[e.RunEvent], Callable[[Any, RunState], Iterator[Change]]] = {
    e.CallAsked: asked,
    e.CallDecided: decided,
    e.GrantGiven: granted,
    e.GrantRevoked: revoked,
    e.RunWaiting: waiting,
    e.CallSettled: settled,
    e.AnswerDecided: answer_decided,
    e.RunPaused: paused,
    e.RunResumed: resumed,
    e.KillAcknowledged: over,
    e.RunStopped: stopped,
    e.RunCompleted: completed,
    e.UndoAsked: undo_wanted,
    e.UndoBegun: undo_answered,
    e.UndoDeclined: undo_answered,
    e.RunRequeued: goes_on,
    e.RunExtended: goes_on,
    e.RunContinued: goes_on,
}
