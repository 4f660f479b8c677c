"""A run as plain facts for programs: where it stands, why, what it cost, what it waits for; and its
answer.
"""

from typing import Any

from django.db import connection

from console import figures
from console.journal import append, selectors, spill
from console.journal.visibility import Clearance
from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.reading import pills, queue_places, redaction


def facts(run: Run, *, sees_tools: bool) -> dict[str, Any]:
    """Money is text, since JSON has no decimals; times are ISO in UTC. `detail` is empty for a
    reader who may not see tools, where it may name one.
    """
    shown = pills.pill(run)
    return {
        "id": str(run.pk),
        "agent": str(run.snapshot.get("name", "")),
        "goal": run.goal,
        "started_by": run.principal.get_username(),
        "status": run.status,
        "ended": run.status in FINAL,
        "priority": run.priority,
        "queue": queued(run),
        "waiting_for": run.waiting_for,
        "needs_person": needs_person(run),
        "requested": run.control,
        "reason": run.stop_reason,
        "title": shown.word,
        "sentence": shown.sentence,
        "detail": redaction.detail(run, sees_tools=sees_tools),
        "seq": run.seq,
        **spent(run),
        "created_at": figures.iso(run.created_at),
        "started_at": figures.iso(run.started_at) if run.started_at else None,
        "ended_at": figures.iso(run.ended_at) if run.ended_at else None,
    }


def queued(run: Run) -> dict[str, Any] | None:
    """How many queued runs come before it and which bound keeps it waiting; None when it is not
    queued.
    """
    place = queue_places.of([run]).get(run.pk)
    return None if place is None else {"before": place.before, "bound": place.bound}


def spent(run: Run) -> dict[str, Any]:
    return {
        "step": run.step,
        "calls": run.calls,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "usd": format(run.usd.normalize(), "f"),
        "usd_unknown": run.usd_unknown,
        "limits": {
            "steps": run.max_steps,
            "tokens": run.max_tokens,
            "usd": format(run.max_usd.normalize(), "f"),
            "seconds": run.max_seconds,
        },
    }


def needs_person(run: Run) -> bool:
    """Whether it stands still until a person acts."""
    if run.waiting_for in (Waiting.APPROVAL, Waiting.IN_DOUBT) or run.late:
        return True
    return run.status == RunStatus.PAUSED or (
        run.status == RunStatus.STOPPED and run.stop_reason == StopReason.KILLED_IN_DOUBT
    )


def result(run: Run, clearance: Clearance) -> Any:
    """The accepted answer of a completed run, whole; None when there is none that this reader may
    read. Raises LookupError when it was erased.
    """
    found = selectors.events(run.pk, clearance=clearance, kinds=["run.completed"])
    if not found:
        return None
    if found[-1].erased:
        raise LookupError("its content was erased")
    value = found[-1].record.data.get("final")
    mark = spill.marker(value)
    return spill.load(append.raw_connection(connection), mark) if mark else value
