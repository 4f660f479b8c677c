"""A loop's repeated calls side by side, with what differs between them marked. Text only."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import reduce
from typing import Any

from console import figures
from console.journal import selectors, spill
from console.journal.records import JournalRecord, Stored
from runs.models import Run
from runs.reading import call_details, damaged_rows, rulings, story
from runs.reading.readers import PageReader
from runs.reading.story import StoryTurn

KINDS = ("call.intended", "call.refused", "call.returned", "step.planned")
MOST = 6
LONGEST, AROUND = 140, 36
MOST_READ = 2_000
"""How much of a value is compared."""
WORDS = re.compile(r"\d+(?:[.,]\d+)+|\w+|\s+|[^\w\s]+")
MANNERS = {
    "exact": "the same call",
    "near": "nearly the same call",
    "cyclic": "calls in a round",
    "stagnant": "steps that brought little new",
}


@dataclass(frozen=True, slots=True)
class ValuePiece:
    """A stretch of a value: words that all of its neighbours have as well, or its `own`."""

    words: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One argument, or the result, over all calls; `alike` when it is the same in all."""

    name: str
    values: tuple[tuple[ValuePiece, ...], ...]
    alike: bool


@dataclass(frozen=True, slots=True)
class CallHead:
    """One of the calls: its step, its tool, and how it ended."""

    step: str
    tool: str
    failed: bool


@dataclass(frozen=True, slots=True)
class LoopEvidence:
    """`earlier` says how many more there were before those that are shown."""

    title: str
    named: str
    sureness: str
    hint: bool
    heads: tuple[CallHead, ...]
    rows: tuple[ComparedRow, ...]
    earlier: int


@dataclass(frozen=True, slots=True)
class CallText:
    """What one call asked and got: the first line of its answer, and the `whole` of it as far as
    the journal's rows hold it.
    """

    head: CallHead
    args: Mapping[str, str]
    result: str
    whole: str = ""


def of(run: Run, who: PageReader, found: JournalRecord | None) -> LoopEvidence | None:
    """The calls that a finding names; None without a finding, and for readers who may not see
    calls. One query when there is a finding.
    """
    names = [str(name) for name in rulings.facts(found).get("calls") or ()] if found else []
    if found is None or not names or not who.sees_tools:
        return None
    shown = names[-MOST:]
    steps = sorted({int(step) for name in shown if (step := name.partition(".")[0]).isdecimal()})
    stored = selectors.events(run.id, clearance=who.clearance, kinds=KINDS, steps=steps)
    return damaged_rows.reading(lambda rows: laid_out(found, names, rows), stored)


def laid_out(
    found: JournalRecord, names: Sequence[str], stored: Sequence[Stored]
) -> LoopEvidence | None:
    turns = {key: seen for turn in story.turns(stored) for key, seen in [described(turn)]}
    shown = [turns[name] for name in names[-MOST:] if name in turns]
    if not shown:
        return None
    facts = rulings.facts(found)
    return LoopEvidence(
        title=f"{MANNERS.get(str(facts.get('kind')), 'repeated steps')}, side by side".capitalize(),
        named=rulings.named(found),
        sureness=f"{float(facts.get('score') or 0):.0%} confidence",
        hint=found.kind == "hint.given",
        heads=tuple(each.head for each in shown),
        rows=(*arguments(shown), result(shown)),
        earlier=len(names) - len(shown),
    )


def described(turn: StoryTurn) -> tuple[str, CallText]:
    """A call by the name that a finding gives it: `3.1` for a call, `3` for words without one. Of
    several attempts the last one counts.
    """
    record = turn.first
    if record.kind == "step.planned":
        return str(record.step), CallText(
            CallHead(str(record.step), "words", failed=False),
            {},
            first_line(final := record.data.get("final")),
            whole(final),
        )
    args = call_details.asked(turn)
    given = (
        {str(name): figures.plain(value) for name, value in args.items()}
        if isinstance(args, Mapping)
        else {"as sent": figures.plain(args)}
    )
    refused = turn.find("call.refused")
    answer = answered(turn)
    said = f"refused: {refused.data.get('sentence', '')}" if refused else first_line(answer)
    failed = bool(refused or call_details.failure(turn))
    return str(record.data.get("call", "")), CallText(
        CallHead(str(record.step), record.tool, failed), given, said, whole(answer)
    )


def answered(turn: StoryTurn) -> Any:
    back = turn.returned
    return back.data.get("error") or back.data.get("result") if back else "no answer"


def whole(value: Any) -> str:
    """A value as text; of one that is kept beside its row the beginning, the end and the size."""
    mark = spill.marker(value)
    return f"{mark['head']} … {mark['tail']} ({mark['size']})" if mark else figures.plain(value)


def first_line(value: Any) -> str:
    mark = spill.marker(value)
    text = str(mark["head"]) if mark else figures.plain(value)
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")


def arguments(shown: Sequence[CallText]) -> list[ComparedRow]:
    """Every argument that some call had, in the order in which they came up; where a call has none
    it reads as a dash.
    """
    names = dict.fromkeys(name for each in shown for name in each.args)
    return [row(name, [each.args.get(name, figures.NOTHING) for each in shown]) for name in names]


def result(shown: Sequence[CallText]) -> ComparedRow:
    return row("answer", [each.result for each in shown])


def row(name: str, values: Sequence[str]) -> ComparedRow:
    if len(set(values)) == 1:
        same = (ValuePiece(figures.cut(values[0], LONGEST)),)
        return ComparedRow(name, tuple(same for _ in values), alike=len(values) > 1)
    split = [WORDS.findall(value[:MOST_READ]) for value in values]
    shared = reduce(in_common, split)
    return ComparedRow(name, tuple(shortened(pieces(each, shared)) for each in split), alike=False)


def in_common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Words that both have in this order."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [word for block in blocks for word in one[block.a : block.a + block.size]]


def pieces(words: Sequence[str], shared: Sequence[str]) -> list[ValuePiece]:
    """The value in stretches. All of the shared words are in it, in their order."""
    found: list[ValuePiece] = []
    met = 0
    for word in words:
        own = met == len(shared) or word != shared[met]
        met += not own
        if found and found[-1].own is own:
            found[-1] = ValuePiece(found[-1].words + word, own)
        else:
            found.append(ValuePiece(word, own))
    return found


def shortened(found: Sequence[ValuePiece]) -> tuple[ValuePiece, ...]:
    """The value with what is long in it cut: of what is shared, what stands near a difference is
    kept.
    """
    last = len(found) - 1
    return tuple(
        replace(each, words=figures.cut(each.words, LONGEST))
        if each.own
        else replace(each, words=near(each.words, ends=place == 0, begins=place == last))
        for place, each in enumerate(found)
    )


def near(words: str, *, ends: bool, begins: bool) -> str:
    if ends:
        return words if len(words) <= AROUND else f"…{words[-AROUND:]}"
    if begins:
        return figures.cut(words, AROUND)
    kept = len(words) <= 2 * AROUND
    return words if kept else f"{words[:AROUND]}…{words[-AROUND:]}"
