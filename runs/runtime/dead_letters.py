"""Records that a run's worker failed, and what follows (see `runs.runtime.aftermath`), fenced by
the lease alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from console.journal import append as journal
from console.journal import pool
from console.journal.outage import AWAY
from console.live.frames import Frame
from console.outside import confidential
from runs.engine.engine_errors import EngineError
from runs.engine.events import RunEvent
from runs.engine.projection import COLUMNS
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, RunStatus
from runs.runtime import announce, lease, run_ledger
from runs.runtime.aftermath import Aftermath, FailedRunRow, aftermath
from runs.runtime.dependencies import dependencies
from runs.runtime.lease import Lease

LONGEST = 2_000
STANDING = f"""SELECT status, control, takes, seq, {", ".join(COLUMNS)} FROM runs_run
    WHERE id = %s AND lease_epoch = %s FOR UPDATE"""


def failed(held: Lease, error: Exception, now: datetime) -> None:
    """Record why the worker failed; the run rests, longer each time, or this was its last try.

    A database that is away is nobody's failure: the lease runs out, and the run is taken again.
    """
    if isinstance(error, AWAY):
        return
    with pool.pool().connection() as connection, connection.transaction():
        standing = stands(connection, held)
        after = aftermath(held, standing, error, said(error), now) if standing else None
        if standing is None or after is None:
            return
        written = append(connection, held, standing, after)
        if after.rest:
            lease.hold_off(connection, held.run, held.epoch, after.rest)
        elif not after.last:
            lease.release(connection, held.run, held.epoch)
    announce.announce(written)


def stands(connection: psycopg.Connection[Any], held: Lease) -> FailedRunRow | None:
    found = connection.execute(STANDING, (held.run, held.epoch)).fetchone()
    if found is None:
        return None
    status, control, takes, seq, *columns = found
    row = dict(zip(COLUMNS, columns, strict=True))
    return FailedRunRow(RunStatus(status), Control(control), takes, seq, row)


def said(error: Exception) -> str:
    plain = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
    return confidential.current().text(plain)[:LONGEST]


def append(
    connection: psycopg.Connection[Any], held: Lease, standing: FailedRunRow, after: Aftermath
) -> Frame:
    """Append what follows; gives the frame to announce once it is durable."""
    rows, kept = run_ledger.rows(after.events, run_ledger.origin(held))
    journal.append(
        connection, run_ledger.RUNS, held.run, rows, epoch=held.epoch, projection=after.row
    )
    if after.last:
        close_requests(connection, held, kept)
    shown = {column: after.row.get(column, value) for column, value in standing.row.items()}
    return announce.frame(held.run, standing.seq, after.events[0].at, shown, kept)


def close_requests(
    connection: psycopg.Connection[Any], held: Lease, kept: Sequence[RunEvent]
) -> None:
    """Close the open requests of a run for calls that will not be made."""
    over = RunState(status=RunStatus.STOPPED)
    for text, params in dependencies().approvals.statements(held.run, kept, over):
        connection.execute(text, params)
