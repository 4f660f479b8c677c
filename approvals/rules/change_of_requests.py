"""What a run's events can change of its requests and session approvals: plain facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.run_news import News
from approvals.rules.terms import OF_A_CALL, Terms
from console.json_value import Json
from runs.engine import events as e
from runs.engine.vocabulary import AnswerAct


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


def answered(
    kinds: tuple[RequestKind, ...],
    event: e.AnswerDecided | e.CallSettled | e.RunResumed | e.UndoBegun | e.UndoDeclined,
    act: AnswerAct,
    call: str = "",
) -> Ended:
    """These requests end with the answer of the person whom the event names."""
    return Ended(
        kinds,
        RequestStatus.DECIDED,
        event.at,
        act.value,
        event.actor,
        event.note,
        call,
        person=event.person,
    )
