"""The transcript of a run: what was asked, thought, called, answered. Pure: text only, nothing of it is ever marked safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.journal import spill
from console.journal.records import Record
from runs.reading import marks, story, timeline, words
from runs.reading.story import Sort, Turn

SHOWN = 400
LINES = 8
SLACK = 1.5  # what is only a little longer is shown whole
SILENT = frozenset({"run.leased", "context.shortened", "run.kill_acknowledged", "run.waiting"})


@dataclass(frozen=True, slots=True)
class Text:
    """Text to show, perhaps only its beginning; `full` is the event that holds the rest, `size` says how much that is."""

    head: str
    full: int = 0
    size: str = ""
    json: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `mark` entries are a line; all others have a speaker and a body. `first` and `seq` are its first and last event."""

    key: str
    sort: str
    first: int
    seq: int
    speaker: str
    where: str = ""
    tone: str = ""
    icon: str = ""
    text: Text | None = None
    args: tuple[tuple[str, str], ...] = ()
    error: str = ""
    runway: str = ""
    operators: bool = False


def entries(turns: Sequence[Turn]) -> list[Entry]:
    return [entry(turn) for turn in turns if turn.first.kind not in SILENT]


def entry(turn: Turn) -> Entry:
    base = Entry(turn.key, turn.sort.value, turn.events[0].seq, turn.seq, speaker="", operators=turn.first.visibility != "visible")
    match turn.sort:
        case Sort.PLAN:
            return planner(base, turn.first)
        case Sort.CALL:
            return tool(base, turn)
        case Sort.UNDO:
            return undo(base, turn)
        case Sort.MARK:
            return mark(base, turn)


def left_out(count: int, seq: int, *, sees_tools: bool) -> Entry:
    """A line for what this reader may not see, from `seq` on."""
    said = f"{words.plural(count, 'part')} {'is' if count == 1 else 'are'} {'always hidden' if sees_tools else 'for operators only'}"
    return Entry(f"hidden-{seq}", "hidden", seq, seq + count - 1, said, icon="eye-off")


def planner(base: Entry, record: Record) -> Entry:
    where = f"step {record.step}"
    if record.kind == "step.plan_failed":
        retry = "asked again later" if record.data.get("retry_at") else "not asked again"
        return replace(base, speaker="planner", where=f"{where} · {retry}", tone="bad", error=str(record.data.get("message", "")))
    final = record.data.get("final")
    if final is not None:
        return replace(base, speaker="planner", where=f"{where} · final answer", text=text(final, base.seq))
    thought = record.data.get("thought") or ""
    return replace(base, speaker="planner", where=where, text=text(thought or intent(record), base.seq), tone="" if thought else "quiet")


def intent(record: Record) -> str:
    """What a planner that said nothing is about to do."""
    calls = [str(call.get("tool", "")) for call in record.data.get("calls") or () if isinstance(call, Mapping)]
    return f"No words; calls {', '.join(calls)}." if calls else "No words."


def tool(base: Entry, turn: Turn) -> Entry:
    record, args = turn.first, story.asked(turn)
    base = replace(base, speaker="tool", where=f"{record.tool} · step {record.step}", args=form(args))
    if refused := turn.find("call.refused"):
        rule = f" ({refused.rule})" if refused.rule else ""
        return replace(base, tone="bad", where=f"{base.where} · refused", error=f"{refused.data.get('sentence', '')}{rule}")
    returned = turn.returned
    if turn.cut:
        return replace(base, tone="person", where=f"{base.where} · no answer came")
    if returned is None:
        return replace(base, tone="running", where=f"{base.where} · calling…")
    reason = timeline.failure(turn)
    seq = turn.seq
    return replace(
        base, tone="bad" if reason else "", error=reason, text=result(returned, seq), runway=str(returned.data.get("runway") or "")
    )


def result(record: Record, seq: int) -> Text | None:
    value = record.data.get("result")
    if value is None or value == "":
        return None
    return text(value, seq)


def undo(base: Entry, turn: Turn) -> Entry:
    base = replace(base, speaker="supervisor", where=f"undo {turn.first.tool} · step {turn.first.step}", tone="undoing")
    if turn.returned is None:
        return replace(base, where=f"{base.where} · undoing…")
    reason = timeline.failure(turn)
    return replace(base, tone="bad" if reason else "undoing", error=reason, text=result(turn.returned, turn.seq))


def mark(base: Entry, turn: Turn) -> Entry:
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
            return replace(base, sort="answer", speaker="answer", icon="circle-check", text=text(record.data.get("final", ""), base.seq))
        case "hint.given":
            return replace(
                base,
                sort="hint",
                speaker="supervisor",
                where=f"hint · step {record.step}",
                text=text(record.data.get("text", ""), base.seq),
            )
        case _:
            icon, tone, note = marks.marked(turn)
            return replace(base, sort="mark", speaker=note, icon=icon, tone=tone)


def form(args: Any) -> tuple[tuple[str, str], ...]:
    """Arguments as a readable form; text that was no JSON object is shown as it came."""
    if args is None:
        return ()
    if not isinstance(args, Mapping):
        return (("as sent", words.cut(words.plain(args), SHOWN)),)
    return tuple((str(name), words.cut(words.pretty(value), SHOWN)) for name, value in args.items())


def text(value: Any, seq: int) -> Text:
    """A value to read: its beginning, and where the rest is when it is long."""
    if mark := spill.marker(value):
        return Text(folded(str(mark["head"])), seq, size(int(mark["size"])), json=mark["form"] != "text")
    whole = words.pretty(value)
    if whole.count("\n") > LINES and not isinstance(value, str):
        whole = words.plain(value)
    head = folded(whole)
    return Text(head, seq if head != whole else 0, size(len(whole)) if head != whole else "", json=not isinstance(value, str))


def folded(whole: str) -> str:
    if len(whole) <= SHOWN * SLACK and whole.count("\n") < LINES * SLACK:
        return whole
    return "\n".join(words.cut(whole, SHOWN).splitlines()[:LINES]).removesuffix("…") + "…"


def size(characters: int) -> str:
    if characters < 1000:
        return f"{characters} characters" if characters else ""
    return f"{characters / 1000:,.1f} kB" if characters < 1_000_000 else f"{characters / 1_000_000:,.1f} MB"
