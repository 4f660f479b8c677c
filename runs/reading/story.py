"""A run's journal grouped into turns: a plan, a call with all that happened to it, an undo, or a mark (paused, resumed, hinted).

Pure. Timeline and transcript are two readings of the same turns; what the reader may not see was left out before it came here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from console.journal.records import Record, Stored

RESTS = frozenset({"run.waiting", "run.stopped"})
HANDS = frozenset({"run.leased", "run.resumed", "call.settled"})


class Sort(StrEnum):
    PLAN = "plan"
    CALL = "call"
    UNDO = "undo"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Turn:
    """Events that belong together, in order; `key` stays the same while more arrive. `cut` is what left a call without an answer."""

    key: str
    sort: Sort
    events: tuple[Stored, ...]
    cut: Record | None = None

    @property
    def first(self) -> Record:
        return self.events[0].record

    @property
    def last(self) -> Record:
        return self.events[-1].record

    @property
    def seq(self) -> int:
        return self.events[-1].seq

    def find(self, *kinds: str) -> Record | None:
        return next((event.record for event in self.events if event.record.kind in kinds), None)

    @property
    def returned(self) -> Record | None:
        return self.find("call.returned", "undo.returned")

    @property
    def in_flight(self) -> bool:
        return self.unanswered and self.cut is None

    @property
    def unanswered(self) -> bool:
        return self.sort in (Sort.CALL, Sort.UNDO) and self.returned is None and self.find("call.refused") is None

    @property
    def start(self) -> datetime:
        if self.first.duration is not None:
            return self.first.at - timedelta(seconds=self.first.duration)
        return self.first.at

    @property
    def end(self) -> datetime | None:
        return None if self.in_flight else (self.returned or self.cut or self.last).at

    @property
    def took(self) -> float | None:
        """Seconds of work, as whoever did it measured them."""
        measured = self.returned or self.first
        return measured.duration


def turns(stored: Iterable[Stored]) -> list[Turn]:
    """Turns in the order in which they began."""
    grouped: dict[tuple[str, Sort], list[Stored]] = {}
    for event in stored:
        grouped.setdefault(place(event), []).append(event)
    found = [Turn(key, sort, tuple(events)) for (key, sort), events in grouped.items()]
    end = resting(found)
    return [replace(turn, cut=end.first) if end and turn.unanswered and turn.seq < end.seq else turn for turn in found]


def resting(found: list[Turn]) -> Turn | None:
    """The event that took the run out of everybody's hands, unless somebody took it in hand since."""
    last = next((turn for turn in reversed(found) if turn.first.kind in (*RESTS, *HANDS)), None)
    return last if last and last.first.kind in RESTS else None


def place(event: Stored) -> tuple[str, Sort]:
    record = event.record
    if record.kind.startswith("call.") and record.kind != "call.settled":
        return f"call-{name(record)}", Sort.CALL
    if record.kind.startswith("undo."):
        return f"undo-{name(record)}-{record.data.get('attempt', 1)}", Sort.UNDO
    return f"seq-{event.seq}", Sort.PLAN if record.kind.startswith("step.") else Sort.MARK


def name(record: Record) -> str:
    return str(record.data.get("call", record.step or 0)).replace(".", "-")


def asked(turn: Turn) -> Any:
    """The arguments of a call, None when the part of the journal at hand does not hold them."""
    record = turn.find("call.intended", "call.refused")
    return record.data.get("args") if record else None


def who(record: Record) -> str:
    """The actor as people say it: `user:anna` is anna."""
    return record.actor.removeprefix("user:")
