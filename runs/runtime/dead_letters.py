"""What a worker's failure does to its run: it is written down, the run rests a while, and after too many it becomes a dead letter.

Needs nothing of the run but its row: its journal may be what cannot be read. A person's word on the run stands all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from console.journal import append as journal
from console.journal import pool
from console.journal.away import AWAY
from console.live.frames import Frame
from console.outside import confidential
from runs.engine import events as e
from runs.engine.errors import EngineError, Unreadable
from runs.engine.projection import COLUMNS
from runs.engine.state import State
from runs.engine.vocabulary import FINAL, Control, Phase, Status, StopReason
from runs.runtime import announce, lease, ledger
from runs.runtime.crew import crew
from runs.runtime.lease import Lease

MOST_TAKES = 4
"""Workers in a row that may fail to take a run up before nobody tries again."""
LONGEST = 2_000
STANDING = f"SELECT status, control, takes, seq, {', '.join(COLUMNS)} FROM runs_run WHERE id = %s AND lease_epoch = %s FOR UPDATE"


class NeverTaken(EngineError):
    """Worker after worker was lost before it had the run in hand."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run's row as it is now, whatever its journal says. `takes` is 0 once a worker has had the run in hand."""

    status: Status
    control: Control
    takes: int
    seq: int
    row: Mapping[str, object]

    @property
    def killed(self) -> bool:
        return self.control is Control.KILL or self.status is Status.COMPENSATING

    def active_seconds(self, now: datetime) -> float:
        """Its running time by now: a back-off is over when it was to be."""
        active, since, wake_at = (self.row[column] for column in ("active_seconds", "clock_since", "wake_at"))
        assert isinstance(active, float)
        if not isinstance(since, datetime):
            return active
        until = min(now, wake_at) if isinstance(wake_at, datetime) else now
        # added as the fold adds them: what is stored has to be the very number that the journal gives
        return (timedelta(seconds=active) + max(until - since, timedelta())).total_seconds()

    def last_try(self, error: Exception) -> bool:
        """What a person has paused waits for them, whatever became of its worker; a kill does not wait for what cannot be read."""
        if self.killed and isinstance(error, Unreadable | NeverTaken):
            return True
        return self.takes >= MOST_TAKES and (self.killed or self.status is not Status.PAUSED)


def failed(held: Lease, error: Exception, now: datetime) -> None:
    """Write down why the worker failed; the run rests, each time for longer, or has had its last try.

    A database that is away is nobody's failure: the lease runs out, and then the run is taken again.
    """
    if isinstance(error, AWAY):
        return
    with pool.pool().connection() as connection, connection.transaction():
        standing = stands(connection, held)
        if standing is None or standing.status in FINAL:
            return
        last = standing.last_try(error)
        written = append(connection, held, standing, *what_follows(held, standing, said(error), now, last=last))
        if standing.status is Status.PAUSED and not last:
            lease.release(connection, held.run, held.epoch)
        elif not last:
            lease.hold_off(connection, held.run, held.epoch, lease.TTL * 2 ** max(standing.takes - 1, 0))
    announce.announce(written)


def stands(connection: psycopg.Connection[Any], held: Lease) -> Standing | None:
    found = connection.execute(STANDING, (held.run, held.epoch)).fetchone()
    if found is None:
        return None
    status, control, takes, seq, *columns = found
    return Standing(Status(status), Control(control), takes, seq, dict(zip(COLUMNS, columns, strict=True)))


def said(error: Exception) -> str:
    words = confidential.current().text(str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}")
    return words[:LONGEST]


def what_follows(held: Lease, standing: Standing, why: str, now: datetime, *, last: bool) -> tuple[Sequence[e.Event], Mapping[str, object]]:
    """The events, and the columns of the run's row that change with them."""
    failure = e.WorkerFailed(at=now, error=why, takes=standing.takes)
    if not last:
        return [failure], {}
    heeded: list[e.Event] = []
    if standing.killed:
        reason, detail = StopReason.COMPENSATION_FAILED, f"It was killed, and nothing could be undone; a person must. {why}"
        heeded = [] if standing.status is Status.COMPENSATING else [leased(held, now), e.KillAcknowledged(at=now)]
    else:
        tries = min(standing.takes, MOST_TAKES)
        reason, detail = StopReason.DEAD_LETTER, f"{tries} workers in a row could not take it up. {why}"
    # a kill is acknowledged by a worker that takes the run in hand, if only for that: so it has begun, if it never had
    begun = {"started_at": standing.row["started_at"] or now} if heeded else {}
    return [failure, *heeded, e.RunStopped(at=now, reason=reason, detail=detail)], {**stopped(standing, reason, detail, now), **begun}


def leased(held: Lease, now: datetime) -> e.RunLeased:
    return e.RunLeased(at=now, **lease.told(held))


def stopped(standing: Standing, reason: StopReason, detail: str, now: datetime) -> Mapping[str, object]:
    """What `project` gives of a run that has just stopped, as far as it does not depend on its history."""
    return {
        "status": Status.STOPPED.value,
        "stop_reason": reason.value,
        "stop_detail": detail,
        "control": Control.NONE.value,
        "waiting_for": "",
        "wake_at": None,
        "phase": Phase.IDLE.value,
        "phase_at": now,
        "reserved_tokens": 0,
        "reserved_usd": 0,
        "ended_at": now,
        "active_seconds": standing.active_seconds(now),
        "clock_since": None,
        "lease_owner": "",
        "lease_expires_at": None,
        "takes": 0,
    }


def append(
    connection: psycopg.Connection[Any], held: Lease, standing: Standing, events: Sequence[e.Event], row: Mapping[str, object]
) -> Frame:
    """Fenced by the lease alone. Gives the frame to announce once it is durable."""
    rows, kept = ledger.rows(events, ledger.origin(held))
    journal.append(connection, ledger.RUNS, held.run, rows, epoch=held.epoch, projection=row)
    for text, params in crew().approvals.statements(held.run, kept, State(status=Status.STOPPED)) if row else ():
        connection.execute(text, params)
    shown = {column: row.get(column, value) for column, value in standing.row.items()}
    return announce.frame(held.run, standing.seq, events[0].at, shown, kept)
