"""A run's journal grouped into turns: a plan, a question to a person, an attempt of a call, an
undo, or a mark (paused, resumed, hinted).

Pure. Timeline and transcript are two readings of the same turns; what the reader may not see was
left out before it came here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from console.journal.records import JournalRecord, Stored, label_of

RESTS = frozenset({"run.waiting", "run.stopped", "run.paused"})
MARKED = frozenset({"call.settled", "call.late"})
"""Events about a call that are not part of its own course."""
HANDS = frozenset({"run.leased", "run.resumed", "run.continued", "call.settled"})


class Sort(StrEnum):
    PLAN = "plan"
    ASK = "ask"
    CALL = "call"
    UNDO = "undo"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class StoryTurn:
    """Events that belong together, in order; `key` stays the same while more of them arrive. `cut`
    is the event that left a call without an answer; `proposed` the arguments that a planner wanted
    for a call that a person decided on.
    """

    key: str
    sort: Sort
    events: tuple[Stored, ...]
    cut: JournalRecord | None = None
    proposed: Any = None
    answered: int = 0

    @property
    def first(self) -> JournalRecord:
        return self.events[0].record

    @property
    def last(self) -> JournalRecord:
        return self.events[-1].record

    @property
    def seq(self) -> int:
        return max(self.events[-1].seq, self.answered)

    def find(self, *kinds: str) -> JournalRecord | None:
        return next((event.record for event in self.events if event.record.kind in kinds), None)

    @property
    def returned(self) -> JournalRecord | None:
        return self.find("call.returned", "undo.returned")

    @property
    def in_flight(self) -> bool:
        return self.unanswered and self.cut is None

    @property
    def unanswered(self) -> bool:
        return (
            self.sort in (Sort.CALL, Sort.UNDO)
            and self.returned is None
            and self.find("call.refused") is None
        )

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
        """Seconds of work, as measured by whoever did it."""
        measured = self.returned or self.first
        return measured.duration


@dataclass(frozen=True, slots=True)
class Flying:
    """Calls in flight at this moment: how many, and when the first of them times out, if
    one does.
    """

    calls: int
    until: datetime | None = None


def flying(found: Iterable[StoryTurn]) -> Flying | None:
    """The calls in flight; None when there is none."""
    unanswered = [turn for turn in found if turn.in_flight]
    ends = [
        turn.start + timedelta(seconds=float(seconds))
        for turn in unanswered
        if (seconds := turn.first.data.get("timeout"))
    ]
    return Flying(len(unanswered), min(ends, default=None)) if unanswered else None


def turns(stored: Iterable[Stored]) -> list[StoryTurn]:
    """Turns in the order in which they began."""
    grouped: dict[tuple[str, Sort], list[Stored]] = {}
    for event in stored:
        grouped.setdefault(place(event), []).append(event)
    found = [StoryTurn(key, sort, tuple(events)) for (key, sort), events in grouped.items()]
    end = resting(found)
    proposed = {
        name(turn.first): turn.first.data.get("args")
        for turn in found
        if turn.first.kind == "call.asked"
    }
    return [
        replace(
            turn,
            cut=end.first if end and turn.unanswered and turn.seq < end.seq else None,
            proposed=proposed.get(name(turn.first)) if turn.sort is Sort.CALL else None,
        )
        for turn in found
    ]


def resting(found: list[StoryTurn]) -> StoryTurn | None:
    """The event since which nobody works on the run; None when somebody does."""
    last = next((turn for turn in reversed(found) if turn.first.kind in (*RESTS, *HANDS)), None)
    return last if last and last.first.kind in RESTS else None


def place(event: Stored) -> tuple[str, Sort]:
    record = event.record
    attempt = int(record.data.get("attempt") or 1)
    if record.kind in ("call.asked", "call.decided"):
        return f"ask-{name(record)}", Sort.ASK
    if (
        record.kind.startswith("call.")
        and record.kind not in MARKED
        and not (record.kind == "call.looked_up" and record.data.get("undo"))
    ):
        return f"call-{name(record)}" + (f"-{attempt}" if attempt > 1 else ""), Sort.CALL
    if record.kind.startswith("undo."):
        return f"undo-{name(record)}-{attempt}", Sort.UNDO
    return f"seq-{event.seq}", Sort.PLAN if record.kind.startswith("step.") else Sort.MARK


def name(record: JournalRecord) -> str:
    return str(record.data.get("call", record.step or 0)).replace(".", "-")


def who(record: JournalRecord) -> str:
    """The actor as people say it: `user:anna` is anna."""
    return label_of(record.actor)
