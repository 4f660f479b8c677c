"""A run's journal as a table: one line for each event, newest page first, in story order. Text
only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console import figures
from console.journal import selectors
from console.journal.records import JournalRecord, Stored
from runs.models import Run
from runs.reading import (
    call_details,
    damaged_rows,
    erasures,
    interventions,
    model_costs,
    redaction,
    rulings,
    story,
    transcript,
    turn_costs,
    window,
)
from runs.reading.readers import PageReader
from runs.reading.story import StoryTurn

PAGE = 200


@dataclass(frozen=True, slots=True)
class EventLine:
    seq: int
    at: str
    who: str
    kind: str
    step: str
    what: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Lines in story order, with a line where something is left out; `earlier` is the seq before
    which the page before ends.
    """

    lines: Sequence[EventLine]
    earlier: int
    later: bool


def page(run: Run, who: PageReader, before: int) -> EventPage:
    end = min(before, run.seq + 1) if before else run.seq + 1
    start = max(end - 1 - PAGE, 0)
    found_here = selectors.events(run.id, clearance=who.clearance, after=start, limit=PAGE)
    stored = erasures.told(run.id, [event for event in found_here if event.seq < end])
    missing = window.holes(stored, start + 1, end)
    found = [left_out(missing[start], start + 1, who)] if start in missing else []
    for event in redaction.spared(stored, sees_tools=who.sees_tools):
        found.append(damaged_rows.reading(only_line, [event]))
        if event.seq in missing:
            found.append(left_out(missing[event.seq], event.seq + 1, who))
    return EventPage(found, start + 1 if start else 0, bool(before))


def only_line(stored: Sequence[Stored]) -> EventLine:
    return line(story.turns(stored)[0])


def left_out(count: int, seq: int, who: PageReader) -> EventLine:
    return EventLine(
        seq, "", "", "", "", transcript.left_out(count, seq, sees_tools=who.sees_tools).speaker
    )


def line(turn: StoryTurn) -> EventLine:
    record = turn.first
    return EventLine(
        seq=turn.seq,
        at=f"{record.at:%H:%M:%S}.{record.at.microsecond // 1000:03}",
        who=story.who(record),
        kind=record.kind,
        step=str(record.step or ""),
        what=with_rule(said(turn, record), record),
        tone="bad"
        if record.outcome not in ("", "ok")
        or record.verdict == "failed"
        or record.kind == "call.refused"
        else "",
    )


def with_rule(said: str, record: JournalRecord) -> str:
    """What was said, with the rule that decided and its version, even where it allowed."""
    named = rulings.named(record)
    return f"{said} ({named})" if named else said


def said(turn: StoryTurn, record: JournalRecord) -> str:
    """The event in one line; first what its columns hold."""
    if record.kind in ("call.intended", "undo.intended"):
        return f"{record.tool} {figures.arguments(record.data.get('args'), 140)}".strip()
    if record.kind in ("call.returned", "undo.returned"):
        took = f" in {figures.span(record.duration)}" if record.duration is not None else ""
        return f"{record.tool} {record.outcome}, {record.verdict}{took}" + (
            f": {figures.cut(call_details.beginning(record.data.get('error')), 140)}"
            if record.data.get("error")
            else because(turn)
        )
    if record.kind == "call.refused":
        return f"{record.tool}: {record.data.get('sentence', '')}"
    if record.kind == "call.asked":
        return f"{record.tool} {record.data.get('sentence', '')}"
    if record.kind == "call.decided":
        return f"{record.tool} {call_details.decision(turn)}"
    if record.kind == "call.retried":
        return f"{record.tool}, {figures.ordinal(call_details.attempt(turn))} attempt"
    if record.kind in ("call.looked_up", "call.lost"):
        return f"{record.tool}, {call_details.unsure(turn, record)}"
    if record.kind == "step.planned":
        return f"{record.data.get('model', '')} · {paid(record)}"
    if record.kind == "run.created":
        return figures.cut(str(record.data.get("goal", "")), 160)
    _, _, note = interventions.marked(turn)
    said = "" if note == record.kind else note
    asked = record.kind in model_costs.ASKED and (record.tokens_in or record.tokens_out)
    return " · ".join(filter(None, (said, paid(record) if asked else "")))


def paid(record: JournalRecord) -> str:
    """Tokens and cost of an answer of a model, said as an estimate where they are one."""
    return f"{turn_costs.tokens(record)} tokens · {turn_costs.cost(record)}"


def because(turn: StoryTurn) -> str:
    """Why a call that came back is not a success, and what the retry policy said of it."""
    why = str(turn.first.data.get("sentence") or "") if turn.first.verdict != "succeeded" else ""
    return "".join(f": {each}" for each in (why, call_details.afterwards(turn)) if each)
