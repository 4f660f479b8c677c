"""Two runs side by side: how each stands, and their calls aligned, up to where they part and on.
Text only; each run as this reader may see it.

Calls are the same when tool and arguments are. What lies between two that are the same is aligned
by the tool alone, and then says which arguments differ.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from django.urls import reverse

from console import figures
from console.journal import selectors
from console.journal.records import Stored
from runs.models import Run
from runs.reading import damaged_rows, loop_evidence, meters, pills, story
from runs.reading.common_order import common
from runs.reading.loop_evidence import CallText, ComparedRow, ValuePiece
from runs.reading.pills import Pill
from runs.reading.readers import PageReader
from runs.reading.story import Sort

MOST = 500
"""Steps of each run that are compared, from its first."""
MOST_ROWS = 200
MOST_VALUES = 12
COMPARED, LONGEST_COMPARED = 3_000_000, 400
"""Pairs of characters that are compared for one page, and characters of one value: what is beyond
is shown and not compared, whatever runs have written.
"""
BEFORE = 40
"""How much of what both share is shown before they part."""
FOLDED = 3
"""More calls in a row that are the same are one line."""
WORDS = ""
"""In place of a tool: what is said in the end."""
LONGEST_ARGS = 120
CallKey = tuple[str, frozenset[tuple[str, str]]]


class Match(StrEnum):
    """How a call of the one stands to one of the other."""

    SAME = "same"
    ANSWER = "other answer"
    ARGUMENTS = "other arguments"
    LEFT = "only in the first"
    RIGHT = "only in the second"


ALIKE = (Match.SAME, Match.ANSWER)


@dataclass(frozen=True, slots=True)
class ComparedHead:
    """One of the two runs: how it stands, and whose it is. `short` is how its id begins."""

    id: str
    short: str
    url: str
    goal: str
    agent: str
    mark: str
    pill: Pill


@dataclass(frozen=True, slots=True)
class ComparedFact:
    """A figure of both. `own`: it is each one's own and is never the same, so nothing is marked."""

    name: str
    values: tuple[str, str]
    own: bool = False

    @property
    def differs(self) -> bool:
        return not self.own and self.values[0] != self.values[1]


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """An argument or the answer of a call, in stretches; without a name, all arguments."""

    name: str
    pieces: tuple[ValuePiece, ...]


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """A call of one of the two. `url` leads to its step."""

    step: str
    tool: str
    failed: bool
    url: str
    values: tuple[ComparedValue, ...]


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """A call of each, or of one of them; `folded` stands for so many that are the same. `parts`:
    here they part for the first time.
    """

    match: Match
    left: ComparedCall | None
    right: ComparedCall | None
    folded: int = 0
    parts: bool = False

    @property
    def words(self) -> str:
        """How they stand to each other; final words have no arguments."""
        spoken = self.left is not None and self.left.tool == WORDS
        return "other words" if spoken and self.match is Match.ARGUMENTS else self.match.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """`alike`: calls that are the same in both. `left_out`: rows that are not shown. `cut`: one of
    them has further steps, which were not compared.
    """

    heads: tuple[ComparedHead, ComparedHead]
    facts: tuple[ComparedFact, ...]
    rows: tuple[AlignedRow, ...]
    alike: int
    left_out: int
    cut: bool

    @property
    def part(self) -> bool:
        return any(row.parts for row in self.rows)


def of(one: Run, other: Run, who: PageReader, now: datetime) -> Comparison:
    """Both as this reader may see them. Two queries, where calls may be seen at all."""
    left, right = (calls(run, who) for run in (one, other))
    rows = marked(aligned(left, right))
    shown = list(folded(rows))
    return Comparison(
        heads=(head(one), head(other)),
        facts=tuple(facts((one, other), (left, right), now)),
        rows=tuple(drawn(shown[:MOST_ROWS], (one, other))),
        alike=sum(row.match in ALIKE for row in rows),
        left_out=max(len(shown) - MOST_ROWS, 0),
        cut=who.sees_tools and max(one.step, other.step) > MOST,
    )


def head(run: Run) -> ComparedHead:
    return ComparedHead(
        id=str(run.pk),
        short=str(run.pk)[:8],
        url=reverse("runs:run", args=[run.pk]),
        goal=run.goal,
        agent=str(run.snapshot.get("title") or run.agent.title),
        mark=pills.mark(run),
        pill=pills.pill(run),
    )


def facts(
    runs: tuple[Run, Run], made: tuple[Sequence[CallText], Sequence[CallText]], now: datetime
) -> Iterator[ComparedFact]:
    one, other = runs
    began = (figures.moment(one.created_at), figures.moment(other.created_at))
    yield ComparedFact("Started", began, own=True)
    yield ComparedFact("By", (one.principal.get_username(), other.principal.get_username()))
    for left, right in zip(meters.all_of(one, now), meters.all_of(other, now), strict=True):
        yield ComparedFact(
            left.label, (f"{left.figure} / {left.limit}", f"{right.figure} / {right.limit}")
        )
    yield ComparedFact("Calls", (figures.count(one.calls), figures.count(other.calls)))
    if any(made):
        yield ComparedFact("Tools", (tools(made[0]), tools(made[1])))


def tools(made: Sequence[CallText]) -> str:
    """`3 × get_order · refund`: how often each was called, the most first."""
    counted = Counter(each.head.tool for each in made if each.head.tool != WORDS).most_common()
    return " · ".join(f"{n} × {tool}" if n > 1 else tool for tool, n in counted) or figures.NOTHING


def calls(run: Run, who: PageReader) -> list[CallText]:
    """The calls of the run's first steps, and its final words, in order; none for readers who may
    not see calls. Of several attempts the last one counts.
    """
    if not who.sees_tools:
        return []
    stored = selectors.events(
        run.pk,
        clearance=who.clearance,
        kinds=loop_evidence.KINDS,
        steps=range(1, min(run.step, MOST) + 1),
    )
    return damaged_rows.reading(made_of, stored)


def made_of(stored: Sequence[Stored]) -> list[CallText]:
    found: dict[str, CallText] = {}
    for turn in story.turns(stored):
        name, text = loop_evidence.described(turn)
        if turn.sort is not Sort.PLAN:
            found[name] = text
        elif turn.first.data.get("final"):
            found[name] = replace(text, head=replace(text.head, tool=WORDS))
    return list(found.values())


def key(call: CallText) -> CallKey:
    said = {**call.args, WORDS: call.whole} if call.head.tool == WORDS else call.args
    return call.head.tool, frozenset(said.items())


Pair = tuple[Match, CallText | None, CallText | None]


def aligned(left: Sequence[CallText], right: Sequence[CallText]) -> Iterator[Pair]:
    """The calls of both in order, side by side where they are the same or of one tool."""
    begin = alike(left, right)
    end = alike(left[begin:][::-1], right[begin:][::-1])
    yield from map(paired, left[:begin], right[:begin])
    tails = len(left) - end, len(right) - end
    yield from between(left[begin : tails[0]], right[begin : tails[1]])
    yield from map(paired, left[tails[0] :], right[tails[1] :])


def alike(left: Sequence[CallText], right: Sequence[CallText]) -> int:
    """How many calls both begin with."""
    same = [key(one) == key(other) for one, other in zip(left, right, strict=False)]
    return [*same, False].index(False)


def between(left: Sequence[CallText], right: Sequence[CallText]) -> Iterator[Pair]:
    """Pairs of the same call, and what lies between two of them."""
    for here, there, pair in common([*map(key, left)], [*map(key, right)]):
        yield from by_tool(left[here], right[there])
        yield from (paired(left[one], right[other]) for one, other in pair)


def by_tool(left: Sequence[CallText], right: Sequence[CallText]) -> Iterator[Pair]:
    """Where no call is the same, those of one tool stand side by side."""
    names = ([each.head.tool for each in side] for side in (left, right))
    for here, there, pair in common(*names):
        yield from ((Match.LEFT, each, None) for each in left[here])
        yield from ((Match.RIGHT, None, each) for each in right[there])
        yield from (paired(left[one], right[other]) for one, other in pair)


def paired(one: CallText, other: CallText) -> Pair:
    if key(one) != key(other):
        return Match.ARGUMENTS, one, other
    same = (one.result, one.whole) == (other.result, other.whole)
    return (Match.SAME if same else Match.ANSWER), one, other


@dataclass(frozen=True, slots=True)
class _Row:
    match: Match
    left: CallText | None
    right: CallText | None
    folded: int = 0
    parts: bool = False


def marked(pairs: Iterator[Pair]) -> list[_Row]:
    """The pairs as rows, of which the first with another call says so."""
    rows = [_Row(*pair) for pair in pairs]
    first = next((at for at, row in enumerate(rows) if row.match not in ALIKE), None)
    return [replace(row, parts=at == first) for at, row in enumerate(rows)]


def folded(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The rows, with many that are the same as one, which leads to the first of them."""
    for match, group in groupby(rows, key=lambda row: row.match):
        found = list(group)
        if match is Match.SAME and len(found) > FOLDED:
            yield replace(found[0], folded=len(found))
        else:
            yield from found


def drawn(rows: Sequence[_Row], runs: tuple[Run, Run]) -> Iterator[AlignedRow]:
    left = COMPARED
    for row in rows:
        left, said = values(row, left)
        one, other = (
            call(side, run, told) if side else None
            for side, run, told in zip((row.left, row.right), runs, said, strict=True)
        )
        yield AlignedRow(row.match, one, other, row.folded, row.parts)


def call(side: CallText, run: Run, said: tuple[ComparedValue, ...]) -> ComparedCall:
    url = f"{reverse('runs:run', args=[run.pk])}?at={side.head.step}"
    return ComparedCall(side.head.step, side.head.tool, side.head.failed, url, said)


SideWords = tuple[ComparedValue, ...]


def values(row: _Row, left: int) -> tuple[int, tuple[SideWords, SideWords]]:
    """What is said of the call of each side, of two of one tool what differs between them; and how
    many pairs of characters may be compared after it, of `left`.
    """
    if row.left is None or row.right is None or row.match is Match.SAME:
        return left, (summed(row.left), summed(row.right))
    differing: list[ComparedRow] = []
    for name, pair in differences(row.left, row.right):
        size = len(pair[0]) * len(pair[1])
        differing.append(loop_evidence.row(name, pair) if size <= left else uncompared(name, pair))
        left -= min(size, left)
    before = ((), ()) if row.match is Match.ARGUMENTS else (summed(row.left), summed(row.right))
    one, other = (
        (*before[side], *(ComparedValue(each.name, each.values[side]) for each in differing))
        for side in (0, 1)
    )
    return left, (one, other)


def differences(one: CallText, other: CallText) -> list[tuple[str, tuple[str, str]]]:
    """The arguments that differ, and the answer where it does; final words have no name."""
    names = dict.fromkeys((*one.args, *other.args))
    found = [
        (name, (one.args.get(name, figures.NOTHING), other.args.get(name, figures.NOTHING)))
        for name in names
    ]
    answers = (one.result, other.result)
    if answers[0] == answers[1]:
        answers = (one.whole, other.whole)
    found.append(("" if one.head.tool == WORDS else "answer", answers))
    differ = [(name, where_they_part(pair)) for name, pair in found if pair[0] != pair[1]]
    if len(differ) > MOST_VALUES:
        left_out = figures.plural(len(differ) - MOST_VALUES + 1, "value")
        differ = [*differ[: MOST_VALUES - 1], ("and", (f"{left_out} more",) * 2)]
    return differ


def where_they_part(pair: tuple[str, str]) -> tuple[str, str]:
    """What is compared of two values that differ: long ones from shortly before they do."""
    shortest = min(map(len, pair))
    parts = bisect_left(range(shortest), 1, key=lambda at: pair[0][: at + 1] != pair[1][: at + 1])
    begin = parts - BEFORE if parts > LONGEST_COMPARED // 2 else 0
    lead = "…" if begin else ""
    one, other = (figures.cut(lead + value[begin:], LONGEST_COMPARED) for value in pair)
    return one, other


def uncompared(name: str, pair: tuple[str, str]) -> ComparedRow:
    said = [(ValuePiece(figures.cut(value, LONGEST_ARGS), own=True),) for value in pair]
    return ComparedRow(name, tuple(said), alike=False)


def summed(side: CallText | None) -> tuple[ComparedValue, ...]:
    """All arguments of a call in one line, or the words."""
    if side is None:
        return ()
    text = side.result if side.head.tool == WORDS else listed(side.args)
    return (ComparedValue("", (ValuePiece(figures.cut(text, LONGEST_ARGS)),)),) if text else ()


def listed(args: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in args.items())
