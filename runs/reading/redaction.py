"""What a reader who may not see tools is told where a sentence may name a tool or repeat its
answer: that something happened, no more. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace

from console.journal.records import JournalRecord, Stored
from policies import acceptance
from runs.engine.vocabulary import StopReason, Waiting
from runs.models import Run

# the details of these speak of limits and of people, never of a tool
HARMLESS = frozenset(
    {
        StopReason.BUDGET_EXCEEDED.value,
        StopReason.TIMEOUT.value,
        StopReason.USER_PAUSED.value,
        StopReason.USER_KILLED.value,
    }
)
GUARDED = frozenset(
    {
        "run.waiting",
        "run.paused",
        "run.stopped",
        "run.downgraded",
        "call.settled",
        "call.late",
        "undo.ended",
    }
)
TELLING = frozenset({"detail", "why", "facts", "rule"})


def detail(run: Run, *, sees_tools: bool) -> str:
    """Why a run stands still, in the words of what stopped it; empty for readers who may not see
    tools where these may name one.
    """
    harmless = run.stop_reason in HARMLESS or run.waiting_for == Waiting.PROVIDER
    return acceptance.in_a_line(run.stop_detail) if sees_tools or harmless else ""


def spared(stored: Sequence[Stored], *, sees_tools: bool) -> list[Stored]:
    """The events as this reader may read them."""
    return (
        list(stored)
        if sees_tools
        else [replace(event, record=without_details(event.record)) for event in stored]
    )


def without_details(record: JournalRecord) -> JournalRecord:
    said = record.data
    harmless = said.get("reason") in HARMLESS or said.get("waiting_for") == Waiting.PROVIDER
    if record.kind not in GUARDED or harmless:
        return record
    return replace(
        record,
        tool="",
        rule="",
        data={name: value for name, value in record.data.items() if name not in TELLING},
    )
