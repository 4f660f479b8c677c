"""Why a run is not at work: a pause or an end with its rule and facts, a hint, a request that
nobody has confirmed. Reads only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from console.journal import selectors
from console.journal.records import JournalRecord, Stored
from runs.engine.vocabulary import RunStatus
from runs.models import Run
from runs.reading import control_requests, damaged_rows, redaction, rulings
from runs.reading.control_requests import ControlRequest
from runs.reading.readers import PageReader

KINDS = (
    "run.paused",
    "run.stopped",
    "run.resumed",
    "run.requeued",
    "run.extended",
    "run.continued",
    "run.kill_requested",
    "run.pause_requested",
    "hint.given",
    "step.plan_failed",
)
BACK = 2_000
"""How many events are read back: a hint from further back matters to nobody, and the reading stays
short however long the run.
"""
STILL = (RunStatus.PAUSED, RunStatus.STOPPED, RunStatus.COMPENSATING)
ENDED = ("run.paused", "run.stopped")
AGAIN = ("run.resumed", "run.requeued", "run.extended", "run.continued")


@dataclass(frozen=True, slots=True)
class StopContext:
    """`rule` is empty where a person or nobody in particular is the reason; `loop` is the newest
    finding that still holds.

    `asked` is a request that no worker has confirmed yet,
    `by` the one by which the run stands still; `again` is when a planner
    that failed is asked again.
    """

    rule: str = ""
    named: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked: ControlRequest | None = None
    by: ControlRequest | None = None
    again: datetime | None = None
    loop: JournalRecord | None = None

    @property
    def halted(self) -> bool:
        return self.rule.startswith("halt:")

    @property
    def budget(self) -> str:
        return self.rule.removeprefix("budget:") if self.rule.startswith("budget:") else ""

    @property
    def looped(self) -> bool:
        return self.rule.startswith(("loop-", "judge:"))


def of(run: Run, who: PageReader) -> StopContext:
    """The context, read as far back as `BACK`, of what this reader may see. One query."""
    stored = selectors.events(
        run.id, clearance=who.clearance, after=max(run.seq - BACK, 0), kinds=KINDS
    )
    spared = redaction.spared(stored, sees_tools=who.sees_tools)
    return damaged_rows.reading(
        lambda rows: read(rows, run.status, run.control, run.stop_reason, run.seq), spared
    )


def read(
    stored: Sequence[Stored], status: str, control: str, reason: str = "", seq: int = 0
) -> StopContext:
    records = [event.record for event in stored]
    still = newest(records, ENDED) if status in STILL else None
    return StopContext(
        rule=still.rule if still else "",
        named=rulings.named(still) if still and still.rule else "",
        facts=rulings.facts(still) if still else {},
        asked=control_requests.pending(records, control),
        by=control_requests.fulfilled(records, still, reason) if still else None,
        again=again(stored, seq),
        loop=loop(records),
    )


def again(stored: Sequence[Stored], seq: int) -> datetime | None:
    """When a planner that failed is asked again; None unless its failure is the last thing that
    happened.
    """
    last = stored[-1] if stored and stored[-1].seq == seq else None
    told = (
        last.record.data.get("retry_at")
        if last and last.record.kind == "step.plan_failed"
        else None
    )
    return datetime.fromisoformat(str(told)) if told else None


def newest(records: Sequence[JournalRecord], kinds: Sequence[str]) -> JournalRecord | None:
    return next((record for record in reversed(records) if record.kind in kinds), None)


def loop(records: Sequence[JournalRecord]) -> JournalRecord | None:
    """The last finding of a loop after which no person has let the run go on."""
    for record in reversed(records):
        if record.kind in AGAIN:
            return None
        if record.rule.startswith("loop-"):
            return record
    return None
