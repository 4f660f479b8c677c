"""What a run did to the world: each call that changed it, what it gave back, and what has become of
it since. Text only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from console import figures
from console.journal import selectors
from console.journal.records import JournalRecord, Stored
from console.journal.visibility import Clearance
from runs.engine.kept_calls import UNDO_ATTEMPTS
from runs.engine.ports import Happened
from runs.engine.vocabulary import Verdict
from runs.models import Run

KINDS = (
    "call.intended",
    "call.returned",
    "call.lost",
    "call.asked",
    "call.settled",
    "undo.returned",
    "undo.intended",
    "content.erased",
)
BACK = 20_000
"""How many events are read back."""
ABLE = "It can be undone."
LASTS = "Its tool has no undo."
UNKNOWN = "Nobody knows whether it happened."
UNDONE = "Undone {when}."
FAILED = "Its undo failed: {error}"
BEGUN = "Its undo has begun."


@dataclass(frozen=True, slots=True)
class RunEffect:
    """A call that changed the world, or may have. `able`: it can be undone and is not; `asked`: a
    person was asked before it was made. `known` is what has become of it, as a sentence.
    """

    call: str
    tool: str
    step: int
    at: str
    args: str
    gave: str
    known: str
    able: bool
    asked: bool
    tone: str = ""

    @property
    def undone(self) -> bool:
        return self.tone == "undoing"


def of(run: Run, clearance: Clearance) -> list[RunEffect]:
    """What the run did, newest first."""
    after = max(run.seq - BACK, 0)
    return told(selectors.events(run.pk, clearance=clearance, after=after, kinds=KINDS))


def left_over(run: Run, clearance: Clearance) -> list[RunEffect]:
    """What is not undone, where everything was to be."""
    return [effect for effect in of(run, clearance) if not effect.undone]


def told(stored: Iterable[Stored]) -> list[RunEffect]:
    """The effects that these events tell of, newest first."""
    calls: dict[str, list[JournalRecord]] = {}
    for event in stored:
        if name := str(event.record.data.get("call", "")):
            calls.setdefault(name, []).append(event.record)
    found = [effect(name, records) for name, records in calls.items()]
    return [each for each in reversed(found) if each is not None]


def effect(name: str, records: Sequence[JournalRecord]) -> RunEffect | None:
    """The call as an effect; None for one that only read, failed, or was never made."""
    intent, back = last(records, "call.intended"), last(records, "call.returned")
    if intent is None or intent.data.get("effect") == "read" or not may_have(back):
        return None
    known, tone = fate(intent, back, records)
    return RunEffect(
        call=name,
        tool=intent.tool,
        step=intent.step or 0,
        at=figures.moment(intent.at),
        args=figures.arguments(intent.data.get("args"), 200),
        gave=given(back),
        known=known,
        able=bool(intent.data.get("undo")) and succeeded(back) and not over(tone, records),
        asked=last(records, "call.asked") is not None,
        tone=tone,
    )


def over(tone: str, records: Sequence[JournalRecord]) -> bool:
    """Whether it is undone, or nobody knows if it is, so that nobody may choose it again."""
    word = last(records, "call.settled")
    said = word.data if word else {}
    unknown = bool(said.get("undo")) and said.get("happened") == Happened.UNKNOWN
    return tone == "undoing" or unknown


def may_have(back: JournalRecord | None) -> bool:
    """Whether the call changed something, or nobody knows: also one that failed, where an attempt
    of it was never answered.
    """
    return back is None or back.verdict != Verdict.FAILED or bool(back.data.get("silent"))


def succeeded(back: JournalRecord | None) -> bool:
    return back is not None and back.verdict == Verdict.SUCCEEDED


def given(back: JournalRecord | None) -> str:
    """What came back, cut to a line."""
    result: Any = back.data.get("result") if back else None
    return figures.cut(figures.plain(result), 160) if result not in (None, "") else ""


def fate(
    intent: JournalRecord, back: JournalRecord | None, records: Sequence[JournalRecord]
) -> tuple[str, str]:
    """What has become of the call, as a sentence and a tone."""
    if not succeeded(back):
        return UNKNOWN, "person"
    undo = last(records, "undo.returned", "undo.intended")
    if undo is None:
        return (ABLE, "") if intent.data.get("undo") else (LASTS, "bad")
    if undo.verdict == Verdict.SUCCEEDED:
        return UNDONE.format(when=figures.moment(undo.at)), "undoing"
    if undo.verdict == Verdict.FAILED and int(undo.data.get("attempt") or 1) >= UNDO_ATTEMPTS:
        error = figures.cut(str(undo.data.get("error") or "no answer"), 160)
        return FAILED.format(error=error), "bad"
    return BEGUN, "person"


def last(records: Sequence[JournalRecord], *kinds: str) -> JournalRecord | None:
    return next((record for record in reversed(records) if record.kind in kinds), None)
