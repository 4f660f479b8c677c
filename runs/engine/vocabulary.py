"""The closed vocabularies of a run: statuses, reasons to wait, what may be done.

Pure data, no behaviour.

"Failed" alone is not a word here: whoever reads a stop reason must know what to do next.
"""

from enum import StrEnum
from typing import Literal, get_args

from policies.decision import StopReason as StopReason
from policies.judge.rules import Closer as Closer
from policies.verdicts import Effect as Effect
from policies.verdicts import Outcome as Outcome
from policies.verdicts import Verdict as Verdict

__all__ = [
    "CALL_ACTS",
    "FINAL",
    "AnswerAct",
    "CallAct",
    "Closer",
    "Compensation",
    "Control",
    "Discrepancy",
    "Effect",
    "Outcome",
    "Priority",
    "RunPhase",
    "RunStatus",
    "StopReason",
    "Verdict",
    "Visibility",
    "Waiting",
]


class RunStatus(StrEnum):
    """Where a run stands. `COMPLETED` and `STOPPED` are final."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    STOPPED = "stopped"


FINAL = frozenset({RunStatus.COMPLETED, RunStatus.STOPPED})


class Waiting(StrEnum):
    """What a run waits for; it holds no worker slot meanwhile. A stopped one may wait for UNDO: a
    person is asked whether what it did is to be undone.
    """

    APPROVAL = "approval"
    BACKOFF = "backoff"
    PROVIDER = "provider"
    CHILD = "child"
    IN_DOUBT = "in_doubt"
    UNDO = "undo"


class LossBlame(StrEnum):
    """Whose fault it is that a call was lost: its own; that of one among several, itself included;
    that of something else in the same place, such as a call beside it that had to be ended.
    """

    OWN = "own"
    SHARED = "shared"
    OTHERS = "others"


class Control(StrEnum):
    """What a person has asked of a run and the worker has not confirmed yet."""

    NONE = ""
    PAUSE = "pause"
    KILL = "kill"


class Priority(StrEnum):
    """Whether people wait for a run, or it may come after those that they wait for."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


class Compensation(StrEnum):
    """What becomes of what a run did when it ends short of its goal: undone at once, left as it is,
    or as a person says who is asked.
    """

    UNDO = "undo"
    LEAVE = "leave"
    ASK = "ask"


class Discrepancy(StrEnum):
    """What journal and far side differ in: an effect that no call had; a call that succeeded and
    whose effect is not there; one whose effect is there although it failed, or was undone, or is
    there more than once.
    """

    NO_CALL = "no_call"
    NOT_THERE = "not_there"
    ALTHOUGH_FAILED = "although_failed"
    ALTHOUGH_UNDONE = "although_undone"
    TWICE = "twice"


class RunPhase(StrEnum):
    """What a running run is doing this second."""

    IDLE = "idle"
    PLANNING = "planning"
    CALLING = "calling"
    RESOLVING = "resolving"
    UNDOING = "undoing"


class Visibility(StrEnum):
    """Who may read an event's content; the journal's selector is the only
    place that enforces it."""

    VISIBLE = "visible"
    USER_HIDDEN = "user_hidden"
    ALWAYS_HIDDEN = "always_hidden"


def strictest(*found: Visibility | None) -> Visibility:
    """The one of several visibilities that the fewest people may read."""
    order = list(Visibility)
    return max((each for each in found if each), key=order.index, default=Visibility.VISIBLE)


class AnswerAct(StrEnum):
    """What a person answers to a run that asks. The last two stand for nobody having answered in
    time.

    RESUME is given on the run's own page.
    """

    APPROVE = "approve"
    EDIT = "edit"
    DENY = "deny"
    RESPOND = "respond"
    STOP = "stop"
    ESCALATE = "escalate"
    HAPPENED = "happened"
    DID_NOT = "did_not"
    UNKNOWN = "unknown"
    RESUME = "resume"
    EXPIRE = "expire"
    EXPIRE_AND_STOP = "expire_and_stop"


CallAct = Literal[
    AnswerAct.APPROVE,
    AnswerAct.EDIT,
    AnswerAct.DENY,
    AnswerAct.RESPOND,
    AnswerAct.STOP,
    AnswerAct.EXPIRE,
    AnswerAct.EXPIRE_AND_STOP,
]
"""Acts that decide on a proposed call. Escalating decides nothing."""
CALL_ACTS: frozenset[AnswerAct] = frozenset(get_args(CallAct))


SUPERVISOR = "supervisor"
"""The actor of events that no person caused."""
