"""What can go wrong, by whose fault it is.

Each error carries facts; each shell turns them into words on a page in one place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from runs.engine.ports import Usage
from runs.engine.vocabulary import LossBlame


class EngineError(Exception):
    """The base of all errors here; never raised itself."""


class IllegalMove(EngineError):
    """The state does not allow the event. A fault of this code; nothing was changed."""


class BadEvent(EngineError):
    """An event with impossible content. A fault of this code; the event was not made."""


@dataclass
class Unreadable(EngineError):
    """A row of a run's journal that is not an event, or not one that could have happened, so that
    the run cannot be folded.
    """

    seq: int
    kind: str
    why: str

    def __str__(self) -> str:
        return f"Event {self.seq} of its journal ({self.kind}) cannot be read: {self.why}"


class ContextExhausted(EngineError):
    """Not even the newest step fits the model's window, with everything before it summed up."""


class PlannerFault(StrEnum):
    """Why a planner gave nothing usable."""

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    MALFORMED = "malformed"
    FATAL = "fatal"
    OVERFLOW = "overflow"
    CUT_OFF = "cut_off"
    """The answer ended where its most tokens did."""
    ANSWER_LIMIT = "answer_limit"
    """More tokens of one answer were asked for than the model gives."""
    REFUSED = "refused"
    """The model declined, or its provider's filter held the answer back."""
    SCHEMA = "schema"
    """A tool was described in a way that the provider does not take; next time it is in another."""
    CANCELLED = "cancelled"


HOPELESS = frozenset({PlannerFault.FATAL})
AWAY = frozenset({PlannerFault.TRANSIENT, PlannerFault.RATE_LIMITED})
"""Faults of a provider, not of a request: it is waited for."""
NOT_THE_MODELS = AWAY | {PlannerFault.SCHEMA}
"""Faults that say nothing about what the model answers: they are not among its useless answers."""


@dataclass
class PlannerError(EngineError):
    """A planner that gave nothing usable.

    `retry_after` is in seconds, as the provider asked; `FATAL` is not worth a retry. `OVERFLOW`:
    the request does not fit the model's window, which is `window` tokens where the provider says.

    `usage` is what it cost all the same (an empty answer, one cut off); None when nothing was
    answered. `unanswered`: the request went out and no answer came, so that nobody knows whether it
    has to be paid. `provider` is whom it was asked of, `trouble` what the matter is, in a word or
    two: `529`. `answer_limit` is the most tokens that the model gives in one answer, where that is
    known.
    """

    fault: PlannerFault
    message: str
    retry_after: float | None = None
    usage: Usage | None = None
    window: int | None = None
    provider: str = ""
    trouble: str = ""
    answer_limit: int | None = None
    unanswered: bool = False

    def __str__(self) -> str:
        return self.message

    @property
    def known_usage(self) -> Usage | None:
        """What the request cost, as far as anybody can tell: nothing when it was turned away; None,
        which is unknown, when it was cut off or never answered.
        """
        if self.usage is not None or self.unanswered or self.fault is PlannerFault.CANCELLED:
            return self.usage
        return Usage()


NO_ANSWER = frozenset(
    """TimeoutError ReadTimeout WriteTimeout ReadTimeoutError ServerTimeoutError ReadError
    WriteError RemoteProtocolError IncompleteRead ConnectionResetError ConnectionAbortedError
    BrokenPipeError RemoteDisconnected ServerDisconnectedError ProtocolError""".split()
)
"""Names of exceptions, as common HTTP clients call them, of a request that was sent and whose
answer was lost.
"""
NOT_REACHED = frozenset(
    "ConnectTimeout ConnectionTimeoutError ConnectTimeoutError PoolTimeout ConnectError"
    " ConnectionRefusedError".split()
)
"""Names of exceptions of a request that was never sent."""


BETWEEN = frozenset({502, 504, 520, 524, 598, 599})
"""Statuses over HTTP of somebody in between, who had passed a request on and got no answer to it
that could be used.
"""


def without_answer(error: BaseException) -> bool:
    """Whether an exception of a tool means that its request was sent and no answer came, at least
    none of whoever was asked, so that the far side may have acted.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & NOT_REACHED:
        return False
    return bool(names & NO_ANSWER) or bool(BETWEEN.intersection(statuses(error)))


def statuses(error: BaseException) -> Iterator[int]:
    """What common HTTP clients keep a status in: the exception itself, or the answer with it."""
    for holder in (error, getattr(error, "response", None)):
        found = (getattr(holder, name, None) for name in ("status_code", "status", "code"))
        yield from (each for each in found if isinstance(each, int))


@dataclass
class ToolError(EngineError):
    """A tool's own, expected failure; the planner reads its message as the call's result.

    Not `answered`: the connection was lost after the call was sent, so it may have happened.
    `blame`: whose fault that is, where something else was going on in the same place.
    """

    message: str
    answered: bool = True
    blame: LossBlame = LossBlame.OWN

    def __str__(self) -> str:
        return self.message
