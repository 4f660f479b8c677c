"""Ownership of runs: a lease with a fencing epoch on the run's row, timed by the database's clock.

Each statement also returns what that clock shows, and the worker keeps time by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from console.journal import database_clock
from console.journal.monotonic_clock import boottime
from runs.runtime import losses

TTL = 8.0
"""Seconds a lease lives without a heartbeat."""
BEAT = 2.0
"""Seconds between heartbeats."""
MARGIN = 1.0
"""Seconds before the lease's end from which it is not relied on: enough time to begin a call."""

RUNNABLE = """(status IN ('queued', 'running')
    OR status = 'compensating' AND waiting_for = ''
    OR control = 'kill' AND status IN ('waiting', 'paused')
    OR status = 'waiting' AND wake_at <= now())"""
FREE = "(lease_expires_at IS NULL OR lease_owner = '' AND lease_expires_at < now())"
"""Condition for a run that nobody holds. A lease that expired in a worker's hands is ended first,
by a statement that decides whether the loss counts against the run.
"""

FREE_RUN = f"""SELECT id, lease_expires_at IS NOT NULL AS lost FROM runs_run
    WHERE id = %(run)s AND {RUNNABLE} AND {FREE} AND (%(suspects)s OR NOT suspect)"""
TAKE = """UPDATE runs_run run SET lease_owner = %(owner)s, lease_epoch = lease_epoch + 1,
        takes = takes + 1, lease_expires_at = now() + make_interval(secs => %(ttl)s)
    FROM free WHERE run.id = free.id
    RETURNING lease_epoch, snapshot, correlation_id,
        (SELECT username FROM auth_user WHERE auth_user.id = principal_id) AS principal,
        principal_id, takes, lost,
        crashes, blamed, suspect, lost_after, lost_words, by_right, clock_timestamp()"""
ACQUIRE = f"WITH free AS ({FREE_RUN} FOR UPDATE) {TAKE}"
RENEW = """UPDATE runs_run SET lease_expires_at = now() + make_interval(secs => %s)
    WHERE lease_owner = %s AND id = ANY(%s) RETURNING id, lease_epoch, control, clock_timestamp()"""
KEEP = """UPDATE runs_run SET lease_expires_at = now() + make_interval(secs => %s)
    WHERE id = %s AND lease_owner = %s AND lease_epoch = %s RETURNING id"""
RELEASE = """UPDATE runs_run SET lease_owner = '', lease_expires_at = NULL, takes = 0
    WHERE id = %s AND lease_epoch = %s"""
HOLD_OFF = """UPDATE runs_run SET lease_owner = '', lease_expires_at = now() + make_interval(secs =>
    %s),
        blamed = true, lost_after = '', lost_words = ''
    WHERE id = %s AND lease_epoch = %s"""
SUSPECT = f"suspect AND {RUNNABLE} AND {FREE}"
SUSPECTS = f"SELECT id FROM runs_run WHERE {SUSPECT} ORDER BY phase_at DESC NULLS LAST LIMIT %s"


@dataclass(frozen=True, slots=True)
class Lease:
    """A held run: its fencing epoch and facts that do not change while it is held.

    `takes` counts the workers in a row, this one included, that took the lease and have not
    recorded that they have the run. `by_right`: the person it works for was allowed to start runs
    when they started it.

    `lost` says that the worker before did not give the lease back: `after` what became of it,
    `words` what it said last, `blamed` whether the loss counts against the run, `crashes` how many
    were lost in a row, `suspect` that a process holds this run alone.
    """

    run: UUID
    owner: str
    epoch: int
    snapshot: dict[str, Any]
    correlation_id: UUID
    principal: str
    principal_id: int | None
    takes: int = 1
    lost: bool = False
    crashes: int = 0
    blamed: bool = True
    suspect: bool = False
    after: str = ""
    words: str = ""
    by_right: bool = False


def told(lease: Lease) -> dict[str, Any]:
    """The lease's fields of the event `run.leased`, with those about the worker before if it was
    lost.
    """
    facts = {"owner": lease.owner, "epoch": lease.epoch, "lost": lease.lost}
    return (
        facts | {"blamed": lease.blamed, "after": lease.after, "words": lease.words}
        if lease.lost
        else facts
    )


@dataclass(frozen=True, slots=True)
class Beat:
    """What the database says of a held run at a heartbeat."""

    run: UUID
    epoch: int
    control: str


def acquire(
    connection: psycopg.Connection[Any], run: UUID, owner: str, *, suspects: bool = True
) -> Lease | None:
    """The lease of a run; None when somebody else holds it, when there is nothing to do for it, or
    when it is a suspect and `suspects` are not wanted now.
    """
    sent = boottime()
    wanted = {"run": run, "suspects": suspects, "owner": owner, "ttl": TTL}
    row = connection.execute(ACQUIRE, wanted, prepare=True).fetchone()
    if row is None and losses.of_expired_with(connection, run):
        row = connection.execute(ACQUIRE, wanted, prepare=True).fetchone()
    return None if row is None else read(run, owner, row, sent)


def read(run: UUID, owner: str, row: Sequence[Any], sent: float) -> Lease:
    """The lease of a row as TAKE returns it; `sent`: when the statement was sent, by `boottime`."""
    *facts, at = row
    database_clock.heard(at, sent)
    return Lease(run, owner, *facts)


def renew(connection: psycopg.Connection[Any], runs: Sequence[UUID], owner: str) -> list[Beat]:
    """Renew all leases of `owner` on `runs` in one statement. A run that is missing in the answer
    is lost.
    """
    sent = boottime()
    rows = connection.execute(RENEW, (TTL, owner, list(runs)), prepare=True).fetchall()
    if rows:
        database_clock.heard(rows[-1][-1], sent)
    return [Beat(*facts) for *facts, _at in rows]


def release(connection: psycopg.Connection[Any], run: UUID, epoch: int) -> None:
    """Give the run up as it stands; another worker can take it at once."""
    connection.execute(RELEASE, (run, epoch), prepare=True)


def hold_off(connection: psycopg.Connection[Any], run: UUID, epoch: int, seconds: float) -> None:
    """Give the run up after a failure: nobody takes it for `seconds`, and the next worker reads
    that it was not given back in order.
    """
    connection.execute(HOLD_OFF, (seconds, run, epoch), prepare=True)


def suspected(connection: psycopg.Connection[Any], run: UUID) -> bool:
    """Whether the run is a suspect that nobody holds and that has something to do."""
    return (
        connection.execute(f"SELECT 1 FROM runs_run WHERE id = %s AND {SUSPECT}", (run,)).fetchone()
        is not None
    )


def suspects(connection: psycopg.Connection[Any], most: int) -> list[UUID]:
    """At most so many suspects that nobody holds; first the one whose call began last, which is the
    likeliest cause.
    """
    return [row[0] for row in connection.execute(SUSPECTS, (most,)).fetchall()]


def wanted(connection: psycopg.Connection[Any], run: UUID) -> bool:
    """Whether a free run has something to do."""
    return (
        connection.execute(
            f"SELECT 1 FROM runs_run WHERE id = %s AND {RUNNABLE} AND {FREE}", (run,)
        ).fetchone()
        is not None
    )
