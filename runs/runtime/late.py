"""Recording what came back to a worker whose lease had ended, even when the run has ended since.

This is the one append without the fence of a lease, for this one kind of event. It changes nothing
of the run except the count of late results that a person sees.
"""

from datetime import datetime
from typing import Any

import psycopg

from console.journal import append
from console.journal.pool import pool
from policies.verdicts import Meaning
from runs.engine.events import CallLate
from runs.engine.kept_calls import Flight, Undoable
from runs.engine.ports import Returned
from runs.engine.vocabulary import Outcome, Verdict
from runs.runtime import run_ledger

LOCK = "SELECT late FROM runs_run WHERE id = %s FOR UPDATE"


def of_call(
    flight: Flight, back: Returned, meaning: Meaning, epoch: int, now: datetime
) -> CallLate:
    return CallLate(
        at=now,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        epoch=epoch,
        outcome=back.outcome,
        verdict=Verdict.UNKNOWN if back.outcome is Outcome.CANCELLED else meaning.verdict,
        harmless=flight.idempotent,
        result=back.result,
        error=back.error,
        duration=back.duration,
    )


def of_undo(
    entry: Undoable, back: Returned, epoch: int, now: datetime, *, harmless: bool
) -> CallLate:
    return CallLate(
        at=now,
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        epoch=epoch,
        outcome=back.outcome,
        verdict=Verdict.SUCCEEDED if back.outcome is Outcome.OK else Verdict.UNKNOWN,
        undo=True,
        harmless=harmless,
        result=back.result,
        error=back.error,
        duration=back.duration,
    )


def write(origin: run_ledger.EventOrigin, event: CallLate) -> None:
    with pool().connection() as connection, connection.transaction():
        late = counted(connection, origin, event)
        if late is not None:
            rows, _ = run_ledger.rows([event], origin)
            append.append(
                connection, run_ledger.RUNS, origin.run, rows, epoch=None, projection={"late": late}
            )


def counted(
    connection: psycopg.Connection[Any], origin: run_ledger.EventOrigin, event: CallLate
) -> int | None:
    """The run's count of late results with this one; None when the run is gone. Locks the row until
    the transaction ends.
    """
    row = connection.execute(LOCK, (origin.run,)).fetchone()
    return None if row is None else int(row[0]) + (not event.harmless)
