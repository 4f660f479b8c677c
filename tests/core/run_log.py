"""A journal of one run on a clock that the test holds, as timeline and transcript read it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from console.journal.records import JournalRecord, Stored
from runs.reading import story, timeline, transcript
from runs.reading.turn_rows import TimelineRow

START = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
RUN = UUID(int=7)


class Log:
    """Events of one run on a clock the test holds."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.at = START

    def add(
        self, kind: str, after: float = 0.0, data: Mapping[str, Any] | None = None, **facts: Any
    ) -> "Log":
        self.at += timedelta(seconds=after)
        record = JournalRecord(
            kind=kind,
            at=self.at,
            actor=facts.pop("actor", "supervisor"),
            correlation_id=RUN,
            data=data or {},
            **facts,
        )
        self.stored.append(Stored(len(self.stored) + 1, RUN, len(self.stored) + 1, record))
        return self

    def plan(self, step: int, **facts: Any) -> "Log":
        return self.add(
            "step.planned",
            1,
            {"model": "m", "thought": "", "calls": [], **facts},
            step=step,
            duration=1.0,
        )

    def call(self, step: int, args: Any = None, **facts: Any) -> "Log":
        self.add(
            "call.intended", 0, {"call": f"{step}.0", "args": args or {}}, step=step, tool="get"
        )
        given = {"outcome": "ok", "verdict": "succeeded", **facts}
        data = {
            "call": f"{step}.0",
            "result": given.pop("result", "fine"),
            "error": given.pop("error", ""),
        }
        return self.add("call.returned", 0.5, data, step=step, tool="get", duration=0.5, **given)

    def rows(self, later: float = 0) -> list[TimelineRow]:
        return timeline.rows(story.turns(self.stored), self.at + timedelta(seconds=later))

    def entries(self) -> list[transcript.TranscriptEntry]:
        return transcript.entries(story.turns(self.stored))
