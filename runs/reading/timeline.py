"""The timeline of a run: one row for each turn with its bar on a common axis, gaps drawn as gaps.
Pure: text and numbers, no markup.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from console import figures
from runs.reading import interventions, time_axis, turn_rows
from runs.reading.story import Sort, StoryTurn
from runs.reading.turn_rows import TimelineRow

GAP = 3.0
SILENT = frozenset(
    {"run.created", "run.briefed", "step.reasoned", "approval.held", "approval.refused"}
)
"""What is no part of the run's course; the audit page has it all."""

RESTS = frozenset(
    {
        "run.paused",
        "run.resumed",
        "run.waiting",
        "run.requeued",
        "run.extended",
        "run.continued",
        "run.kill_requested",
        "step.plan_failed",
    }
)

ANSWERS = frozenset({"call.settled", "call.asked", "call.decided"})


def rows(turns: Sequence[StoryTurn], now: datetime) -> list[TimelineRow]:
    """Rows of `turns` with the gaps between them; a call in flight reaches to `now`."""
    found: list[TimelineRow] = []
    seen: dict[str, int] = {}
    previous: StoryTurn | None = None
    last: StoryTurn | None = None
    rest: StoryTurn | None = None
    for turn in with_answers(turns):
        if is_silent(turn) or (turn.first.kind == "run.leased" and not told(turn, previous)):
            continue
        if last and rest and (gap := between(last, turn, rest)):
            found.append(gap)
        if not waits_for_approval(turn):
            made = replace(turn_rows.row(turn, seen), beside=is_beside(turn, last))
            found.append(timed(lost(made, turn, last), turn, now))
        previous, rest = turn, rest if rest and is_aside(turn) else turn
        last = last if last and outlasts(last, turn) else turn
    return time_axis.placed(found)


def with_answers(turns: Sequence[StoryTurn]) -> list[StoryTurn]:
    """The turns, with what was decided on a question apart from it, at the time when it was."""
    parts = [part for turn in turns for part in apart(turn)]
    return sorted(parts, key=lambda part: part.events[0].seq)


def apart(turn: StoryTurn) -> list[StoryTurn]:
    """A question and the answer to it; any other turn as it is."""
    answer = tuple(event for event in turn.events if event.record.kind == "call.decided")
    if not answer:
        return [turn]
    question = tuple(event for event in turn.events if event not in answer)
    asked = [replace(turn, events=question, answered=turn.seq)] if question else []
    return [*asked, replace(turn, key=f"{turn.key}-answer", events=answer)]


def is_silent(turn: StoryTurn) -> bool:
    """Whether it is no row: what is no part of the run's course, and a confirmed kill with nothing
    to undo, since that the run is over stands in the next row.
    """
    record = turn.first
    confirmed = record.kind == "run.kill_acknowledged" and not record.data.get("to_undo")
    return confirmed or record.kind in SILENT


def is_beside(turn: StoryTurn, last: StoryTurn | None) -> bool:
    """Whether it is a call that began before another call of its decision was back."""
    if last is None or not (turn.sort is last.sort is Sort.CALL):
        return False
    return turn.first.step == last.first.step and (last.end is None or turn.start < last.end)


def outlasts(last: StoryTurn, turn: StoryTurn) -> bool:
    """Whether, of two calls side by side, the one that began first was back last, or is not back
    yet.
    """
    if not is_beside(turn, last):
        return False
    return last.end is None or (turn.end is not None and turn.end < last.end)


def is_aside(turn: StoryTurn) -> bool:
    """Whether it is an event about a question that stays open: the run goes on waiting for what it
    waited for.
    """
    return turn.first.kind.startswith("approval.") and turn.first.kind != "approval.escalated"


def waits_for_approval(turn: StoryTurn) -> bool:
    """Whether it is a wait that the question itself tells of already; only the gap after it needs
    it as its reason.
    """
    return turn.first.kind == "run.waiting" and turn.first.data.get("waiting_for") == "approval"


def effects(turns: Sequence[StoryTurn], now: datetime) -> list[TimelineRow]:
    """Rows of what people and the supervisor did, for readers who may not see the work between,
    which would look like idleness.
    """
    return [
        timed(turn_rows.row(turn, {}), turn, now)
        for turn in turns
        if turn.sort is Sort.MARK and turn.first.kind not in SILENT
    ]


def taken_over(previous: StoryTurn | None) -> bool:
    """Whether one worker follows another: a lease right after work was under way. After a rest a
    lease is nothing worth a row.
    """
    return previous is not None and previous.last.kind not in RESTS | ANSWERS


def told(turn: StoryTurn, previous: StoryTurn | None) -> bool:
    return taken_over(previous) or bool(interventions.became_of_worker(turn.first))


def lost(made: TimelineRow, turn: StoryTurn, previous: StoryTurn | None) -> TimelineRow:
    """The row of a lost worker. One that ends in order gives its runs back between two calls; one
    that left a call open was lost.
    """
    if (
        turn.first.kind != "run.leased"
        or not (previous and previous.in_flight)
        or interventions.became_of_worker(turn.first)
    ):
        return made
    return replace(made, note=f"Its worker was lost; {made.note[0].lower()}{made.note[1:]}")


def between(before: StoryTurn, after: StoryTurn, rest: StoryTurn) -> TimelineRow | None:
    """The gap between two turns with its reason, which is that of `rest`; None when it is too short
    to be shown.
    """
    idle = figures.since(before.end, after.start) if before.end else 0
    if idle < GAP:
        return None
    reason = why_idle(rest)
    note = f"idle {figures.span(idle)}" + (f" — {reason}" if reason else "")
    tone = "person" if "waited" in reason else ""
    return TimelineRow(
        f"gap-{after.key}",
        "gap",
        after.seq,
        note=note,
        tone=tone,
        start=epoch(before.end),
        end=epoch(after.start),
    )


def why_idle(before: StoryTurn) -> str:
    record = before.last
    match record.kind:
        case "run.paused":
            return "paused"
        case "run.waiting":
            return interventions.WAITS.get(str(record.data.get("waiting_for")), "waited")
        case "approval.escalated":
            return f"waited for {record.data.get('group') or 'an approver'}"
        case "call.asked":
            return interventions.WAITS["approval"]
        case "call.returned" if record.data.get("retry_at"):
            return "backing off before the next attempt"
        case "step.plan_failed":
            return "backing off before the model is asked again"
        case "run.leased":
            return "its worker was starting on it"
        case "run.kill_acknowledged" | "run.kill_requested" | "run.pause_requested":
            return ""
        case _:
            return "no worker had it in hand"


def epoch(at: datetime | None) -> int:
    return round(at.timestamp() * 1000) if at else 0


def timed(row: TimelineRow, turn: StoryTurn, now: datetime) -> TimelineRow:
    return replace(row, start=epoch(turn.start), end=epoch(turn.end or now))
