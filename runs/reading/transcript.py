"""The transcript of a run: what was asked, thought, called, answered.

Pure: text only, nothing of it is ever marked safe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from console import figures
from console.journal import spill
from console.journal.records import JournalRecord
from runs.reading import call_details, interventions, rulings, shown_pictures, story, turn_costs
from runs.reading.rulings import Checked
from runs.reading.shown_pictures import ShownPicture
from runs.reading.story import Sort, StoryTurn

SHOWN = 400
LINES = 8
FEW, SHORT = 10, 120  # a result with no more, and no longer, values reads as a form
SLACK = 1.5  # what is only a little longer is shown whole
ALWAYS_HIDDEN = "always hidden, such as the system prompt: auditors open it in Audit"
SILENT = frozenset(
    {
        *("run.leased", "run.kill_acknowledged", "run.waiting"),
        *("approval.held", "approval.refused"),
    }
)


@dataclass(frozen=True, slots=True)
class TranscriptText:
    """Text to show, perhaps only its beginning; `full` is the event that holds the rest, `size`
    says how much there is.
    """

    head: str
    full: int = 0
    size: str = ""
    json: bool = False


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A named value; `was` is its value before a person changed it."""

    name: str
    value: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One entry. `mark` entries are a line; all others have a speaker and a body. `first` and `seq`
    are its first and last event; `step` is that of a planner's turn, for which a page can show what
    was sent.
    """

    key: str
    sort: str
    first: int
    seq: int
    speaker: str
    where: str = ""
    tone: str = ""
    icon: str = ""
    text: TranscriptText | None = None
    args: tuple[NamedValue, ...] = ()
    result: tuple[NamedValue, ...] = ()
    error: str = ""
    runway: str = ""
    rule: str = ""
    checks: tuple[Checked, ...] = ()
    operators: bool = False
    step: int = 0
    pictures: tuple[ShownPicture, ...] = ()
    paid: str = ""


def entries(turns: Sequence[StoryTurn]) -> list[TranscriptEntry]:
    """The entries of these turns. An accepted final answer is shown once, as the answer."""
    accepted = [turn.first.data["final"] for turn in turns if turn.first.kind == "run.completed"]
    again = {
        turn.key
        for turn in turns
        if turn.sort is Sort.PLAN and turn.first.data.get("final") in accepted
    }
    return [entry(turn) for turn in turns if not silent(turn) and turn.key not in again]


def silent(turn: StoryTurn) -> bool:
    if turn.first.kind == "step.reasoned":
        return not turn.first.data.get("thinking")
    return turn.first.kind in SILENT and not interventions.became_of_worker(turn.first)


def entry(turn: StoryTurn) -> TranscriptEntry:
    base = TranscriptEntry(
        turn.key,
        turn.sort.value,
        turn.events[0].seq,
        turn.seq,
        speaker="",
        operators=turn.first.visibility != "visible",
    )
    match turn.sort:
        case Sort.PLAN:
            return planner(base, turn.first)
        case Sort.ASK:
            return ask(base, turn)
        case Sort.CALL:
            return tool(base, turn)
        case Sort.UNDO:
            return undo(base, turn)
        case Sort.MARK:
            return mark(base, turn)
    assert_never(turn.sort)


def left_out(count: int, seq: int, *, sees_tools: bool) -> TranscriptEntry:
    """A line for events from `seq` on that this reader may not see."""
    why = ALWAYS_HIDDEN if sees_tools else "visible to operators only"
    said = f"{figures.plural(count, 'entry', 'entries')} {why}"
    return TranscriptEntry(f"hidden-{seq}", "hidden", seq, seq + count - 1, said, icon="eye-off")


def planner(base: TranscriptEntry, record: JournalRecord) -> TranscriptEntry:
    where = f"step {record.step}"
    if record.kind == "step.reasoned":
        thinking = text(record.data.get("thinking", ""), base.seq)
        return replace(
            base, speaker="model", where=f"{where} · thinking", text=thinking, tone="quiet"
        )
    if record.kind == "step.plan_failed":
        retry = became(record)
        return replace(
            base,
            speaker="model",
            where=f"{where} · {retry}",
            tone="bad",
            error=str(record.data.get("message", "")),
        )
    final = record.data.get("final")
    base = replace(base, step=record.step or 0, paid=turn_costs.paid(record))
    if final is not None:
        return replace(
            base, speaker="model", where=f"{where} · final answer", text=text(final, base.seq)
        )
    thought = record.data.get("thought") or ""
    return replace(
        base,
        speaker="model",
        where=where,
        text=text(thought or intent(record), base.seq),
        tone="" if thought else "quiet",
    )


def became(record: JournalRecord) -> str:
    """Whether the question to the model is asked again. One that a kill, a pause or the run's end
    cut off was given up, whatever time a retry was thought of for.
    """
    if record.data.get("fault") == "cancelled":
        return "cut off"
    return "asked again later" if record.data.get("retry_at") else "not asked again"


def intent(record: JournalRecord) -> str:
    """What a planner that said nothing is about to do."""
    calls = [
        str(call.get("tool", ""))
        for call in record.data.get("calls") or ()
        if isinstance(call, Mapping)
    ]
    return f"No words; calls {', '.join(calls)}." if calls else "No words."


def ask(base: TranscriptEntry, turn: StoryTurn) -> TranscriptEntry:
    """What was proposed, why a person had to be asked, and what they said."""
    said, why = call_details.decision(turn, timed=True), str(turn.first.data.get("sentence") or "")
    proposed, decided = call_details.asked(turn), call_details.decided(turn)
    where = f"{turn.first.tool} · step {turn.first.step} · " + (
        "proposed → decided" if said else "proposed"
    )
    args = form(
        proposed if decided is None else decided, call_details.differences(proposed, decided)
    )
    base = replace(base, speaker="approval", where=where, args=args, rule=call_details.ruled(turn))
    return replace(base, tone="" if said else "person", error="" if said else why, runway=said)


def tool(base: TranscriptEntry, turn: StoryTurn) -> TranscriptEntry:
    """A call: what was asked, by which rule, and what came of it, or that nothing has yet."""
    where = course_of(turn)
    base = replace(
        base,
        speaker="tool",
        where=where,
        args=form(call_details.asked(turn), call_details.changes(turn)),
        rule=" · ".join(filter(None, (call_details.ruled(turn), call_details.afterwards(turn)))),
    )
    if refused := turn.find("call.refused"):
        return replace(
            base,
            tone="bad",
            where=f"{where} · {call_details.how_held_back(refused)}",
            error=str(refused.data.get("sentence", "")),
        )
    returned = turn.returned
    if turn.cut:
        return replace(
            base, tone="person", where=f"{where} · no answer came", error=call_details.lost(turn)
        )
    if returned is None:
        return replace(base, tone="running", where=f"{where} · calling…")
    reason = call_details.failure(turn)
    return answered(
        replace(
            base,
            tone="bad" if reason else "",
            error=reason,
            runway=str(returned.data.get("runway") or ""),
            pictures=shown_pictures.of(turn.events),
        ),
        returned,
    )


def course_of(turn: StoryTurn) -> str:
    """Tool and step, and what else happened to the call: looked up, executed, tried again."""
    record, number = turn.first, call_details.attempt(turn)
    executed = turn.proposed is not None and turn.find("call.intended")
    parts = (
        f"{record.tool} · step {record.step}",
        call_details.looked_up(turn),
        "executed" if executed else "",
        f"{figures.ordinal(number)} attempt" if number > 1 else "",
        call_details.progress(turn),
    )
    return " · ".join(filter(None, parts))


def answered(base: TranscriptEntry, record: JournalRecord) -> TranscriptEntry:
    """The result: named values as a form when there are only a few plain ones,
    as text otherwise."""
    value = record.data.get("result")
    if value is None or value == "":
        return base
    if (
        isinstance(value, Mapping)
        and value
        and len(value) <= FEW
        and all(simple(each) for each in value.values())
    ):
        return replace(base, result=form(value))
    return replace(base, text=text(value, base.seq))


def simple(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, bool | int | float)
        or (isinstance(value, str) and len(value) <= SHORT)
    )


def undo(base: TranscriptEntry, turn: StoryTurn) -> TranscriptEntry:
    base = replace(
        base,
        speaker="supervisor",
        where=f"undo {turn.first.tool} · step {turn.first.step}",
        tone="undoing",
    )
    if turn.returned is None:
        return replace(base, where=f"{base.where} · undoing…")
    reason = call_details.failure(turn)
    return answered(replace(base, tone="bad" if reason else "undoing", error=reason), turn.returned)


def mark(base: TranscriptEntry, turn: StoryTurn) -> TranscriptEntry:
    record = turn.first
    match record.kind:
        case "run.created":
            return replace(
                base,
                sort="goal",
                speaker=str(record.data.get("principal") or story.who(record)),
                where="goal",
                text=text(record.data.get("goal", ""), base.seq),
            )
        case "run.completed":
            return replace(
                base,
                sort="answer",
                speaker="answer",
                icon="circle-check",
                text=text(record.data.get("final", ""), base.seq),
            )
        case "hint.given":
            return hint(base, record)
        case "context.compacted":
            return summary(base, record)
        case _:
            icon, tone, note = interventions.marked(turn)
            return replace(
                base, sort="mark", speaker=note, icon=icon, tone=tone, rule=rulings.named(record)
            )


def hint(base: TranscriptEntry, record: JournalRecord) -> TranscriptEntry:
    """The entry of a hint to the planner; for an answer that was not accepted, with what was met
    and what was not.
    """
    checks = rulings.checks(record)
    base = replace(
        base,
        sort="hint",
        speaker="supervisor",
        where=f"hint · step {record.step}",
        rule=rulings.named(record),
    )
    if checks:
        return replace(
            base,
            where=f"answer not accepted · step {record.step}",
            tone="bad",
            checks=checks,
            rule="",
        )
    return replace(base, text=text(record.data.get("text", ""), base.seq))


def summary(base: TranscriptEntry, record: JournalRecord) -> TranscriptEntry:
    """The entry of a summary, which the planner reads from now on in place of the steps before."""
    return replace(
        base,
        sort="hint",
        speaker="supervisor",
        where=interventions.folded(record),
        error=str(record.data.get("why") or ""),
        text=text(record.data.get("summary", ""), base.seq),
    )


def form(args: Any, changed: Mapping[str, str] | None = None) -> tuple[NamedValue, ...]:
    """Named values as a readable form; text that is not a JSON object is shown as it came."""
    if args is None:
        return ()
    if not isinstance(args, Mapping):
        return (NamedValue("as sent", figures.cut(figures.plain(args), SHOWN)),)
    was = changed or {}
    return tuple(
        NamedValue(str(name), figures.cut(figures.plain(value), SHOWN), was.get(str(name), ""))
        for name, value in args.items()
    )


def text(value: Any, seq: int) -> TranscriptText:
    """A value to read: its beginning, and where the rest is when it is long."""
    if mark := spill.marker(value):
        return TranscriptText(
            folded(str(mark["head"])), seq, size(int(mark["size"])), json=mark["form"] != "text"
        )
    whole = figures.plain(value)
    head = folded(whole)
    return TranscriptText(
        head,
        seq if head != whole else 0,
        size(len(whole)) if head != whole else "",
        json=not isinstance(value, str),
    )


def folded(whole: str) -> str:
    if len(whole) <= SHOWN * SLACK and whole.count("\n") < LINES * SLACK:
        return whole
    return "\n".join(figures.cut(whole, SHOWN).splitlines()[:LINES]).removesuffix("…") + "…"


def size(characters: int) -> str:
    if characters < 1000:
        return f"{characters} characters" if characters else ""
    return (
        f"{characters / 1000:,.1f} kB"
        if characters < 1_000_000
        else f"{characters / 1_000_000:,.1f} MB"
    )
