"""How calls of each tool went lately, from the newest part of the journal: how many, how many
failed, how long they took, and the last failure in its words.

Bounded: however long the journal is, no more than its newest `ROWS` events are looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from console import figures
from console.journal import visibility
from console.journal.event_rows import READ, EventRow
from console.journal.records import Stored
from console.journal.visibility import Clearance
from runs.reading import call_details

ROWS = 20_000
DAYS = timedelta(days=7)
MICRO = 1_000_000
COUNTED = """
SELECT tool, count(*), count(*) FILTER (WHERE failed),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_us),
       percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_us),
       max(id) FILTER (WHERE failed AND readable)
FROM (
    SELECT id, tool, duration_us, verdict = 'failed' OR outcome <> 'ok' AS failed,
           visibility = ANY(%(open)s) AS readable
    FROM journal_event
    WHERE id > (SELECT coalesce(max(id), 0) FROM journal_event) - %(rows)s
      AND kind = 'call.returned' AND ts >= %(since)s AND outcome <> 'cancelled'
      AND run NOT IN (SELECT id FROM runs_run WHERE drill)
) AS calls
GROUP BY tool
"""


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """The calls of one tool: how many came back, how many of them failed, and seconds that half of
    them took at most (`p50`), and all but one of twenty (`p95`).
    """

    calls: int = 0
    failed: int = 0
    p50: float | None = None
    p95: float | None = None
    failure: "LastFailure | None" = None

    @property
    def took(self) -> str:
        """Both times as people read them: `0.3 s / 0.9 s`; a dash without any call."""
        if self.p50 is None or self.p95 is None:
            return figures.NOTHING
        return f"{figures.span(self.p50)} / {figures.span(self.p95)}"

    @property
    def counted(self) -> str:
        """`12 calls, 2 failed`; empty without any call."""
        if not self.calls:
            return ""
        said = figures.plural(self.calls, "call")
        return f"{said}, {self.failed} failed" if self.failed else said


@dataclass(frozen=True, slots=True)
class LastFailure:
    """The last call of a tool that failed: when, why, and in which run."""

    at: datetime
    why: str
    run: str


NONE_YET = ToolFigures()


def lately(clearance: Clearance, now: datetime) -> Mapping[str, ToolFigures]:
    """The figures of each tool that was called in the last week, by its name. Failures are told in
    words only where this reader may read them.
    """
    readable = visibility.open_to(clearance)
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"rows": ROWS, "since": now - DAYS, "open": readable})
        rows = cursor.fetchall()
    told = failures([row[5] for row in rows if row[5] is not None])
    return {
        tool: ToolFigures(calls, failed, seconds(p50), seconds(p95), told.get(last))
        for tool, calls, failed, p50, p95, last in rows
    }


def seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / MICRO


def failures(numbers: Sequence[int]) -> Mapping[int, LastFailure]:
    """These events as failures, by id."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"{READ} WHERE id = ANY(%s)", [list(numbers)])
        rows = [EventRow._make(row).stored() for row in cursor.fetchall()]
    return {row.id: failure(row) for row in rows}


def failure(stored: Stored) -> LastFailure:
    """A failed call in words; of erased content only that it failed is known."""
    said = stored.record.data
    why = call_details.beginning(said.get("error") or said.get("sentence") or "")
    return LastFailure(stored.record.at, why or "it failed", str(stored.run))
