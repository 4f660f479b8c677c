"""The row and the journal of a run as people's acts use them: locked, folded, appended to."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from console.journal import append
from console.refused import Refused
from runs.engine.engine_errors import Unreadable
from runs.engine.events import RunCreated, RunEvent
from runs.engine.fold import folded
from runs.engine.moves import MOVES
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import FINAL, Control, RunStatus
from runs.models import Run
from runs.run_refusals import Unread
from runs.runtime import announce, nudge, run_ledger
from runs.runtime.dependencies import dependencies
from runs.supervision import resume_obstacles


def locked(run_id: UUID) -> Run:
    """The run's row, locked; raises Run.DoesNotExist."""
    return (
        Run.objects.select_for_update(of=("self",))
        .select_related("agent", "principal")
        .get(pk=run_id)
    )


def check(run: Run, event: RunEvent, verb: str) -> None:
    if (RunStatus(run.status), type(event)) in MOVES:
        return
    if run.status in FINAL:
        raise Refused(f"The run has already ended; it cannot be {verb}.")
    raise Refused(f"A run that is {run.status} cannot be {verb}.")


def state_of(run: Run) -> RunState:
    """The state, folded from the journal. Raises Unread when that cannot be read."""
    return history(run)[0]


def history(run: Run) -> tuple[RunState, list[RunEvent]]:
    """The state with the events that made it. Raises Unread, which is a refusal."""
    try:
        return run_ledger.replayed(append.read(connection, run.id))
    except Unreadable as problem:
        raise Unread(
            f"{problem} Nothing can be done with this run but to kill it or queue it again."
        ) from problem


def ended_by(run: Run) -> str:
    """The rule that ended the run last, as its journal names it."""
    return resume_obstacles.pause_of(run.id, "run.stopped")[0]


def asked(run: Run, request: RunEvent, control: Control) -> None:
    """Append a request. It changes only `control` of the run, so that a long journal need not be
    folded for it.
    """
    check(run, request, f"{control}d" if control is Control.PAUSE else "killed")
    run.control = control
    write(run, [request], {"control": control.value})


def appended(run: Run, state: RunState, events: Sequence[RunEvent]) -> None:
    """Append to a run that no worker holds, with what its approvals want written beside. A run that
    is to be undone is taken by a worker.
    """
    after = folded(events, state)
    write(run, events, project(after))
    beside(run, events, after)
    if after.status is RunStatus.COMPENSATING:
        transaction.on_commit(partial(wake, run.id))


def beside(run: Run, events: Sequence[RunEvent], after: RunState) -> None:
    """Write what its approvals want written because of these events."""
    with connection.cursor() as cursor:
        for text, params in dependencies().approvals.statements(run.id, events, after):
            cursor.execute(text, params)


def write(run: Run, events: Sequence[RunEvent], projection: Mapping[str, object]) -> None:
    rows, _ = run_ledger.rows(events, origin(run))
    run.seq = append.append(
        connection, run_ledger.RUNS, run.id, rows, epoch=None, projection=projection
    ).seq
    for column, value in projection.items():
        setattr(run, column, value)
    kinds = tuple(event.kind for event in events)
    transaction.on_commit(
        partial(announce.announce_row, run, run.seq - len(events) + 1, events[-1].at, kinds)
    )
    if isinstance(events[0], RunCreated):
        transaction.on_commit(partial(nudge.advance, run.id))


def origin(run: Run) -> run_ledger.EventOrigin:
    return run_ledger.EventOrigin(
        run.id, run.correlation_id, str(run.snapshot.get("name", "")), str(run.principal_id or "")
    )


def wake(run: UUID, verb: str = "look") -> None:
    """Tell the worker that holds the run, and ask for one if nobody does."""
    nudge.tell(run, verb)
    nudge.advance(run)
