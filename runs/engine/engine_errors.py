"""What can go wrong, by whose fault it is.

Each error carries facts; one place per shell turns them into words on a page.
"""

from dataclasses import dataclass
from enum import StrEnum

from runs.engine.ports import Usage


class EngineError(Exception):
    """The root: never raised itself."""


class IllegalMove(EngineError):
    """Our bug: an event that the state it met does not allow. Nothing was changed."""


class BadEvent(EngineError):
    """Our bug: an event with impossible content. It was never made."""


@dataclass
class Unreadable(EngineError):
    """A row of a run's journal that does not make an event, or not one that could have happened:
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
        """What it cost, as far as anybody can tell: a request that was turned away cost nothing,
        one that was cut off or never answered nobody knows.
        """
        if self.usage is not None or self.unanswered or self.fault is PlannerFault.CANCELLED:
            return self.usage
        return Usage()


NO_ANSWER = frozenset(
    """TimeoutError ReadTimeout WriteTimeout ReadTimeoutError ServerTimeoutError ReadError
    WriteError RemoteProtocolError IncompleteRead ConnectionResetError ConnectionAbortedError
    BrokenPipeError RemoteDisconnected ServerDisconnectedError ProtocolError""".split()
)
"""Exceptions, by the names that the clients of the field give them, of a request that was on its
way when its answer was lost.
"""
NOT_REACHED = frozenset(
    "ConnectTimeout ConnectionTimeoutError ConnectTimeoutError PoolTimeout ConnectError"
    " ConnectionRefusedError".split()
)
"""Exceptions of a request that never went out."""


def without_answer(error: BaseException) -> bool:
    """Whether what a tool raised means that its far side may have acted all the same: its request
    was sent, and no answer came.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names & NOT_REACHED and bool(names & NO_ANSWER)


@dataclass
class ToolError(EngineError):
    """A tool's own, expected failure: what it says goes to the planner as the call's result.

    Not `answered`: the call was on its way when the other side was lost, so it may have happened.
    """

    message: str
    answered: bool = True

    def __str__(self) -> str:
        return self.message
