"""The timeline of a run: one row for each turn with its bar on a common axis, gaps drawn as gaps.
Pure: text and numbers, no markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from console import figures
from console.journal.records import JournalRecord
from runs.reading import call_details, interventions, rulings
from runs.reading.story import Sort, StoryTurn

GAP = 3.0
WRAP = 30
THIN = 0.008
BARLESS = frozenset({"gap", "mark"})
SILENT = frozenset({"run.created", "run.briefed", "step.reasoned"})
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
FAULTS = {
    "transient": "the provider failed",
    "rate_limited": "rate limited",
    "malformed": "malformed answer",
    "fatal": "gave up",
    "overflow": "does not fit the model's window",
}


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One row. `beside`: its call was under way together with one of the rows above. `x` and
    `width` are percent of the axis; `start` and `end` are epoch milliseconds, for code that appends
    to it.
    """

    key: str
    sort: str
    seq: int
    number: str = ""
    icon: str = ""
    what: str = ""
    note: str = ""
    tone: str = ""
    took: str = ""
    since: str = ""
    tokens: str = ""
    cost: str = ""
    start: int = 0
    end: int = 0
    x: str = "0"
    width: str = "0"
    beside: bool = False


def rows(turns: Sequence[StoryTurn], now: datetime) -> list[TimelineRow]:
    """Rows of `turns` with the gaps between them; a call in flight reaches to `now`."""
    found: list[TimelineRow] = []
    seen: dict[str, int] = {}
    previous: StoryTurn | None = None
    last: StoryTurn | None = None
    rest: StoryTurn | None = None
    for turn in turns:
        if turn.first.kind in SILENT or (
            turn.first.kind == "run.leased" and not told(turn, previous)
        ):
            continue
        if last and rest and (gap := between(last, turn, rest)):
            found.append(gap)
        if not waits_for_approval(turn):
            made = replace(row(turn, seen), beside=is_beside(turn, last))
            found.append(timed(lost(made, turn, last), turn, now))
        previous, rest = turn, rest if rest and is_aside(turn) else turn
        last = last if last and outlasts(last, turn) else turn
    return placed(found)


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
        timed(row(turn, {}), turn, now)
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
            return "backing off before the planner is asked again"
        case "run.kill_acknowledged" | "run.kill_requested" | "run.pause_requested":
            return ""
        case _:
            return "no worker had it in hand"


def row(turn: StoryTurn, seen: dict[str, int]) -> TimelineRow:
    match turn.sort:
        case Sort.PLAN:
            return plan(turn)
        case Sort.ASK:
            return ask(turn)
        case Sort.CALL:
            return call(turn, seen)
        case Sort.UNDO:
            return undo(turn)
        case Sort.MARK:
            return mark(turn)
    assert_never(turn.sort)


def plan(turn: StoryTurn) -> TimelineRow:
    record = turn.first
    base = TimelineRow(
        turn.key, "plan", turn.seq, number=str(record.step or ""), icon="brain", took=took(turn)
    )
    if record.kind == "step.plan_failed":
        fault = FAULTS.get(str(record.data.get("fault")), "no decision")
        failed = replace(
            base, what="Plan", tone="bad", note=f"{fault}: {record.data.get('message', '')}"
        )
        paid = record.tokens_in or record.usd
        return replace(failed, tokens=tokens(record), cost=cost(record)) if paid else failed
    final = record.data.get("final") is not None
    return replace(
        base,
        what="Final answer" if final else "Plan",
        note=record.model or str(record.data.get("model", "")),
        tokens=tokens(record),
        cost=cost(record),
    )


def tokens(record: JournalRecord) -> str:
    return f"{about(record)}{record.tokens_in:,} → {record.tokens_out:,}"


def cost(record: JournalRecord) -> str:
    return "no price" if record.usd is None else f"{about(record)}{figures.money(record.usd)}"


def about(record: JournalRecord) -> str:
    """The mark before a figure that is our own estimate."""
    return "about " if record.data.get("estimated") else ""


def judge(turn: StoryTurn) -> TimelineRow:
    """The row of a judge's answer, which costs like any other call."""
    record = turn.first
    said = " — ".join(
        filter(None, (interventions.judged(record.data), str(record.data.get("sentence") or "")))
    )
    base = TimelineRow(
        turn.key,
        "plan",
        turn.seq,
        icon="route",
        what="Judge",
        took=took(turn),
        note=f"{said} ({rulings.named(record)})",
    )
    return replace(
        base,
        tone="bad" if record.data.get("closer") == "no" else "",
        tokens=tokens(record),
        cost=cost(record),
    )


def summary(turn: StoryTurn) -> TimelineRow:
    """The row of a summary by a model, which costs like any other call, even one of no use."""
    record = turn.first
    icon, _, note = interventions.marked(turn)
    base = TimelineRow(
        turn.key, "plan", turn.seq, icon=icon, what="Summary", took=took(turn), note=note
    )
    tone = "bad" if record.data.get("why") else ""
    return replace(base, tone=tone, tokens=tokens(record), cost=cost(record))


def ask(turn: StoryTurn) -> TimelineRow:
    """A question to a person: who asked what, and what was said to it."""
    said, why = call_details.decision(turn), turn.first.data.get("sentence")
    note = said or (f"needs a person: {why}" if why else "needs a person")
    return TimelineRow(
        turn.key,
        "mark",
        turn.seq,
        icon="hand",
        tone="" if said else "person",
        note=with_rule(f"{turn.first.tool} {note}", turn),
    )


def call(turn: StoryTurn, seen: dict[str, int]) -> TimelineRow:
    base = TimelineRow(
        turn.key,
        "call",
        turn.seq,
        icon="wrench",
        what=turn.first.tool,
        note=call_details.summary(turn),
    )
    if refused := turn.find("call.refused"):
        return replace(
            base,
            icon="ban",
            tone="" if refused.data.get("repeats") else "bad",
            note=with_rule(call_details.held_back(refused), turn),
        )
    tries = again(turn, seen)
    if turn.cut:
        how = call_details.lost(turn) or "no answer came:"
        return replace(base, tone="person", note=f"{how} nobody knows yet whether it happened")
    if turn.in_flight:
        note = call_details.looked_up(turn) or call_details.lost(turn) or base.note or "calling…"
        return replace(base, tone="running", note=note, since=figures.iso(turn.start))
    before = (
        call_details.looked_up(turn)
        or call_details.lost(turn)
        or (f"{figures.ordinal(tries)} time" if tries > 1 else "")
    )
    base = replace(base, took=took(turn), note=" · ".join(filter(None, (before, base.note))))
    if reason := call_details.failure(turn):
        return replace(
            base,
            tone="bad",
            note=" · ".join(filter(None, (with_rule(reason, turn), call_details.afterwards(turn)))),
        )
    return replace(base, tone="good")


def with_rule(note: str, turn: StoryTurn) -> str:
    return f"{note} ({rule})" if (rule := call_details.ruled(turn)) else note


def again(turn: StoryTurn, seen: dict[str, int]) -> int:
    """How often this very call was made before, in this part of the journal."""
    args = call_details.asked(turn)
    if args is None:
        return 1
    fingerprint = f"{turn.first.tool}({figures.plain(args)})"
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    return seen[fingerprint]


def undo(turn: StoryTurn) -> TimelineRow:
    base = TimelineRow(
        turn.key, "call", turn.seq, icon="undo-2", what=f"Undo {turn.first.tool}", tone="undoing"
    )
    if turn.in_flight:
        return replace(base, note="undoing…", since=figures.iso(turn.start))
    reason = call_details.failure(turn)
    return replace(
        base, took=took(turn), tone="bad" if reason else "undoing", note=reason or "undone"
    )


def mark(turn: StoryTurn) -> TimelineRow:
    if turn.first.kind == "judge.answered":
        return judge(turn)
    if turn.first.kind == "context.compacted" and turn.first.duration is not None:
        return summary(turn)
    icon, tone, note = interventions.marked(turn)
    rule = "" if turn.first.rule in rulings.OWN else rulings.named(turn.first)
    return TimelineRow(turn.key, "mark", turn.seq, icon=icon, tone=tone, note=ruled(note, rule))


def ruled(note: str, rule: str) -> str:
    """The note with the rule before it, where a narrow row still shows it."""
    title, dash, said = note.partition(interventions.DASH)
    return f"{title} ({rule}){dash}{said}" if rule else note


def took(turn: StoryTurn) -> str:
    return figures.span(turn.took) if turn.took is not None else ""


def epoch(at: datetime | None) -> int:
    return round(at.timestamp() * 1000) if at else 0


def timed(row: TimelineRow, turn: StoryTurn, now: datetime) -> TimelineRow:
    return replace(row, start=epoch(turn.start), end=epoch(turn.end or now))


def placed(found: list[TimelineRow]) -> list[TimelineRow]:
    """Rows with their place on the axis, which only work takes up: an hour of waiting does not
    squeeze a second of it, wherever a bar began before the wait or ended after it. The axis wraps
    like a line of text after `WRAP` bars, so that a thousand steps keep the scale of ten. One scale
    holds for all; the page's own script draws the same when rows are added.
    """
    gaps = [(one.start, one.end) for one in found if one.sort == "gap"]
    bars = {
        one.key: (worked(one.start, gaps), worked(one.end, gaps))
        for one in found
        if one.sort not in BARLESS
    }
    first = min((start for start, _ in bars.values()), default=0)
    line = max(max((end - first for _, end in bars.values()), default=0), 1) / -(
        -max(len(bars), 1) // WRAP
    )
    return [on_axis(one, *bars[one.key], first, line) if one.key in bars else one for one in found]


def worked(at: int, gaps: Sequence[tuple[int, int]]) -> int:
    """The time `at` without the idle time before it."""
    return at - sum(min(at, end) - start for start, end in gaps if start < at)


def on_axis(one: TimelineRow, start: int, end: int, first: int, line: float) -> TimelineRow:
    return replace(
        one,
        x=percent((start - first) % line, line),
        width=percent(max(end - start, line * THIN), line),
    )


def percent(part: float, whole: float) -> str:
    return f"{min(max(part / whole, 0), 1) * 100:.2f}"
