"""Events about a request on its run's chain that do not move the run: votes, escalations,
refusals.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from approvals.models import Request
from console.journal import append
from console.journal.records import USER_HIDDEN, Actor, JournalRecord
from console.json_value import Json
from runs.engine.ids import span_id
from runs.models import Run
from runs.runtime import announce, run_ledger


def note(
    run: Run, request: Request, *, kind: str, actor: Actor, at: datetime, data: Mapping[str, Json]
) -> None:
    """Append one event that no fold reads. The run's row must be locked; its page and the queue
    hear of it after the commit.
    """
    about = {"request": str(request.pk), "call": request.call, **data}
    record = JournalRecord(
        kind,
        at,
        actor.name,
        run.correlation_id,
        request.step or None,
        request.tool,
        rule=request.rule,
        span=span_id(str(run.pk), request.call) if request.call else "",
        visibility=USER_HIDDEN,
        person=actor.person,
        data=about,
    )
    run.seq = append.append(
        connection, run_ledger.RUNS, run.pk, [record], epoch=None, projection={}
    ).seq
    transaction.on_commit(partial(announce.announce_row, run, run.seq, at, (kind,)))
