"""The row of a timeline that each turn of a run becomes. Pure: text and numbers, no markup."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from console import figures
from console.journal.records import JournalRecord
from runs.reading import call_details, interventions, rulings, turn_costs
from runs.reading.story import Sort, StoryTurn

FAULTS = {
    "transient": "the provider failed",
    "rate_limited": "rate limited",
    "malformed": "malformed answer",
    "fatal": "gave up",
    "overflow": "does not fit the model's window",
}


TOLD = frozenset({"hint.given", "run.paused"})
"""What a rule found stands whole in the transcript, and over the run while it holds."""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One row. `beside`: its call was under way together with one of the rows above. `anew`: with
    it the axis begins again at its left edge. `x` and `width` are percent of the axis; `start` and
    `end` are epoch milliseconds, for code that appends to it.
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
    anew: bool = False

    @property
    def at(self) -> datetime | None:
        return datetime.fromtimestamp(self.start / 1000, UTC) if self.start else None

    @property
    def iso(self) -> str:
        return figures.iso(self.at)

    @property
    def clock(self) -> str:
        """The time of day at which it began, in UTC."""
        return f"{self.at:%H:%M:%S}" if self.at else ""

    @property
    def anchor(self) -> str:
        """What a link to this step leads to; empty for rows that begin none."""
        turn = self.sort == "plan" and self.number and self.tone != "bad"
        return f"step-{self.number}" if turn else ""


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
            base, what="Model turn", tone="bad", note=f"{fault}: {record.data.get('message', '')}"
        )
        paid = record.tokens_in or record.usd
        return priced(failed, record) if paid else failed
    what = "Final answer" if record.data.get("final") is not None else "Model turn"
    note = record.model or str(record.data.get("model", ""))
    return priced(replace(base, what=what, note=note), record)


def priced(row: TimelineRow, record: JournalRecord) -> TimelineRow:
    return replace(row, tokens=turn_costs.tokens(record), cost=turn_costs.cost(record))


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
    tone = "bad" if record.data.get("closer") == "no" else ""
    return priced(replace(base, tone=tone), record)


def summary(turn: StoryTurn) -> TimelineRow:
    """The row of a summary by a model, which costs like any other call, even one of no use."""
    record = turn.first
    icon, _, note = interventions.marked(turn)
    base = TimelineRow(
        turn.key, "plan", turn.seq, icon=icon, what="Summary", took=took(turn), note=note
    )
    tone = "bad" if record.data.get("why") else ""
    return priced(replace(base, tone=tone), record)


def ask(turn: StoryTurn) -> TimelineRow:
    """A question to a person and why it is asked, or what was decided on it."""
    said, why = call_details.decision(turn), turn.first.data.get("sentence")
    note = said or (f"needs a person: {why}" if why else "needs a person")
    return TimelineRow(
        turn.key,
        "mark",
        turn.seq,
        icon="hand",
        tone="" if said or turn.answered else "person",
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
            tone="ended" if call_details.harmlessly_cut(turn) else "bad",
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
    if rule and turn.first.kind in TOLD:
        note = note.partition(interventions.DASH)[0]
    return TimelineRow(turn.key, "mark", turn.seq, icon=icon, tone=tone, note=ruled(note, rule))


def ruled(note: str, rule: str) -> str:
    """The note with the rule before it, where a narrow row still shows it."""
    title, dash, said = note.partition(interventions.DASH)
    return f"{title} ({rule}){dash}{said}" if rule else note


def took(turn: StoryTurn) -> str:
    return figures.span(turn.took) if turn.took is not None else ""
