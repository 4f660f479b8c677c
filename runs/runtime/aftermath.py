"""What follows for a run whose worker failed: events, columns of its row, how long it rests.
Decides, and writes nothing.

It uses only the run's row, since the journal may be what cannot be read. What a person asked of the
run still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runs.engine import events as e
from runs.engine.engine_errors import EngineError, Unreadable
from runs.engine.vocabulary import FINAL, Control, RunPhase, RunStatus, StopReason
from runs.runtime import lease
from runs.runtime.lease import Lease

MOST_TAKES = 4
"""Workers in a row that may fail to take a run up before nobody tries again."""


class NeverTaken(EngineError):
    """Worker after worker was lost before it had the run in hand."""


@dataclass(frozen=True, slots=True)
class FailedRunRow:
    """A run's row as it is now, whatever its journal says.

    `takes` is 0 once a worker has had the run in hand.
    """

    status: RunStatus
    control: Control
    takes: int
    seq: int
    row: Mapping[str, object]

    @property
    def killed(self) -> bool:
        return self.control is Control.KILL or self.status is RunStatus.COMPENSATING

    @property
    def ended(self) -> str:
        """How it came to an end: what is undone without a stop reason was killed."""
        return "stopped" if self.row.get("stop_reason") else "killed"

    def active_seconds(self, now: datetime) -> float:
        """The run's running time by `now`, in seconds. A back-off ends when it was due."""
        active, since, wake_at = (
            self.row[column] for column in ("active_seconds", "clock_since", "wake_at")
        )
        assert isinstance(active, float)
        if not isinstance(since, datetime):
            return active
        until = min(now, wake_at) if isinstance(wake_at, datetime) else now
        # added as the fold adds them: what is stored has to be the very number that the journal
        # gives
        return (timedelta(seconds=active) + max(until - since, timedelta())).total_seconds()

    def last_try(self, error: Exception) -> bool:
        """Whether no worker tries again. A run that a person paused waits for them, whatever became
        of its worker; a kill does not wait for a journal that cannot be read.
        """
        if self.killed and isinstance(error, Unreadable | NeverTaken):
            return True
        return self.takes >= MOST_TAKES and (self.killed or self.status is not RunStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """`events` to append, with the columns `row` that change with them. Then, unless this was the
    `last` try, the lease is given up; with `rest`, nobody takes the run for so many seconds.
    """

    events: Sequence[e.RunEvent]
    row: Mapping[str, object] = field(default_factory=dict)
    rest: float = 0.0
    last: bool = False


def aftermath(
    held: Lease, standing: FailedRunRow, error: Exception, why: str, now: datetime
) -> Aftermath | None:
    """What follows for the run; None when it has ended anyway. `why`: the error as text, with
    secrets masked.
    """
    if standing.status in FINAL:
        return None
    failure = e.WorkerFailed(at=now, error=why, takes=standing.takes)
    if standing.last_try(error):
        return dead_letter(held, standing, failure, now)
    rest = (
        0.0 if standing.status is RunStatus.PAUSED else lease.TTL * 2 ** max(standing.takes - 1, 0)
    )
    return Aftermath([failure], rest=rest)


def dead_letter(
    held: Lease, standing: FailedRunRow, failure: e.WorkerFailed, now: datetime
) -> Aftermath:
    """The end of a run that nobody tries again until a person says so.

    A kill is acknowledged first, which needs a worker that has the run: it is taken for just that.
    Nothing is undone, and none of what the run did is counted as to be undone.
    """
    heeded: list[e.RunEvent] = []
    if standing.killed:
        reason, detail = (
            StopReason.COMPENSATION_FAILED,
            f"It was {standing.ended}, and nothing could be undone; a person must. {failure.error}",
        )
        heeded = (
            []
            if standing.status is RunStatus.COMPENSATING
            else [leased(held, now), e.KillAcknowledged(at=now)]
        )
    else:
        tries = min(standing.takes, MOST_TAKES)
        reason, detail = (
            StopReason.DEAD_LETTER,
            f"{tries} workers in a row could not take it up. {failure.error}",
        )
    begun = {"started_at": standing.row["started_at"] or now, "to_undo": 0} if heeded else {}
    left = {"leftover": True} if standing.killed else {}
    stop = e.RunStopped(at=now, reason=reason, detail=detail)
    row = {**stopped(standing, stop), **begun, **left}
    return Aftermath([failure, *heeded, stop], row, last=True)


def leased(held: Lease, now: datetime) -> e.RunLeased:
    return e.RunLeased(at=now, **lease.told(held))


def stopped(standing: FailedRunRow, stop: e.RunStopped) -> Mapping[str, object]:
    """The columns that `project` gives for a run that has just stopped, as far as they do not
    depend on its history.
    """
    return {
        "status": RunStatus.STOPPED.value,
        "stop_reason": stop.reason.value,
        "stop_detail": stop.detail,
        "control": Control.NONE.value,
        "waiting_for": "",
        "wake_at": None,
        "phase": RunPhase.IDLE.value,
        "phase_at": stop.at,
        "reserved_tokens": 0,
        "reserved_usd": 0,
        "ended_at": stop.at,
        "active_seconds": standing.active_seconds(stop.at),
        "clock_since": None,
        "lease_owner": "",
        "lease_expires_at": None,
        "takes": 0,
    }
