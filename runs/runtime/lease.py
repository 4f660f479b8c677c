"""Ownership of runs: a lease with a fencing epoch on the run's row, timed by the database's clock, so that no worker's clock matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

TTL = 8.0
"""Seconds a lease lives without a heartbeat."""
BEAT = 2.0
"""Seconds between heartbeats."""

RUNNABLE = """(status IN ('queued', 'running', 'compensating')
    OR control = 'kill' AND status IN ('waiting', 'paused')
    OR status = 'waiting' AND wake_at <= now())"""
FREE = "(lease_expires_at IS NULL OR lease_expires_at < now())"

ACQUIRE = f"""UPDATE runs_run SET lease_owner = %s, lease_epoch = lease_epoch + 1, lease_expires_at = now() + make_interval(secs => %s)
    WHERE id = %s AND {RUNNABLE} AND {FREE}
    RETURNING lease_epoch, snapshot, correlation_id, principal_id,
        (SELECT username FROM auth_user WHERE auth_user.id = principal_id) AS principal"""
RENEW = """UPDATE runs_run SET lease_expires_at = now() + make_interval(secs => %s)
    WHERE lease_owner = %s AND id = ANY(%s) RETURNING id, lease_epoch, control"""
RELEASE = """UPDATE runs_run SET lease_owner = '', lease_expires_at = NULL WHERE id = %s AND lease_epoch = %s"""
WAITING = f"SELECT id FROM runs_run WHERE {RUNNABLE} AND {FREE} ORDER BY created_at LIMIT %s"


@dataclass(frozen=True, slots=True)
class Lease:
    """A run in hand: its fencing epoch and what never changes about it."""

    run: UUID
    owner: str
    epoch: int
    snapshot: dict[str, Any]
    correlation_id: UUID
    principal: str
    principal_id: int | None


@dataclass(frozen=True, slots=True)
class Beat:
    """What the database says of a held run at a heartbeat."""

    run: UUID
    epoch: int
    control: str


def acquire(connection: psycopg.Connection[Any], run: UUID, owner: str) -> Lease | None:
    """The lease, or None when somebody else holds the run or there is nothing to do for it."""
    row = connection.execute(ACQUIRE, (owner, TTL, run), prepare=True).fetchone()
    return Lease(run, owner, row[0], row[1], row[2], row[4], row[3]) if row else None


def renew(connection: psycopg.Connection[Any], runs: Sequence[UUID], owner: str) -> list[Beat]:
    """Renew all leases of `owner` on `runs` in one statement; those missing from the answer are lost."""
    rows = connection.execute(RENEW, (TTL, owner, list(runs)), prepare=True).fetchall()
    return [Beat(*row) for row in rows]


def release(connection: psycopg.Connection[Any], run: UUID, epoch: int) -> None:
    """Give the run up as it stands; it can be taken at once."""
    connection.execute(RELEASE, (run, epoch), prepare=True)


def unheld(connection: psycopg.Connection[Any], most: int) -> list[UUID]:
    """Runs with something to do that nobody holds, oldest first."""
    return [row[0] for row in connection.execute(WAITING, (most,)).fetchall()]


def wanted(connection: psycopg.Connection[Any], run: UUID) -> bool:
    """Whether a free run has something to do."""
    return connection.execute(f"SELECT 1 FROM runs_run WHERE id = %s AND {RUNNABLE} AND {FREE}", (run,)).fetchone() is not None
