"""The tables of the insights page from sums: text and arithmetic, with drawings as numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from console import figures
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason
from runs.insights.insight_figures import (
    ASK,
    CALL,
    END,
    FEW,
    TRIES,
    TURN,
    Reasons,
    completed,
    cost,
    count,
    ended,
    reasons,
    seconds,
    share,
    share_asked,
    some,
    steps,
)
from runs.insights.ranges import InsightRange
from runs.insights.sums import Compared, Sums

NONE: Final = Sums({})
BAR: Final = 120
"""Width of a bar, in the units of its drawing."""
DATES: Final = {"day": "%a %d %b", "month": "%B %Y"}


@dataclass(frozen=True, slots=True)
class BarPart:
    """One part of a bar: what it stands for, from where, how wide."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class CallRow:
    """The tries of one tool, or of one agent's calls. Counts are text, empty for none."""

    name: str
    calls: str
    parts: Sequence[BarPart]
    succeeded: str
    before: str
    no_success: str
    error: str
    timeout: str
    refused: str
    denied: str
    p50: str
    p95: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """What came of one agent's runs, and what a completed task took. `of` has the counts behind
    `share` where that is in percent.
    """

    name: str
    ended: int
    share: str
    of: str
    cost: str
    cost_before: str
    steps: str
    steps_before: str
    line: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often runs stopped for one reason. `bars`: of its days or months, in a box of 100 by 20,
    from where, how high, and what they say; each is `width` wide.
    """

    reason: str
    title: str
    shown: str
    before: str
    bars: Sequence[tuple[float, float, str]]
    width: float


@dataclass(frozen=True, slots=True)
class TurnRow:
    """The turns of one model."""

    name: str
    turns: str
    failed: str
    p50: str
    p95: str
    usd: str


@dataclass(frozen=True, slots=True)
class AskRow:
    """What people were asked about one tool."""

    name: str
    asked: str
    share: str
    wait: str
    wait_p95: str


def calls(sums: Compared, field: str, titles: Mapping[str, str]) -> list[CallRow]:
    """Rows by tool (`name`) or by agent, the most called first. `titles`: of what has another name
    for people.
    """
    shown, before = (each.split(field, CALL) for each in (sums.shown, sums.before))
    rows = {name: [each.total(CALL, one) for one in TRIES] for name, each in shown.items()}
    most = max((sum(each) for each in rows.values()), default=Decimal(1)) or Decimal(1)
    return [
        call_row(titles.get(name, name), rows[name], shown[name], before.get(name, NONE), most)
        for name in sorted(rows, key=lambda name: (-sum(rows[name]), name))
    ]


def call_row(
    name: str, tries: Sequence[Decimal], shown: Sums, before: Sums, most: Decimal
) -> CallRow:
    good, *bad = tries
    return CallRow(
        name,
        count(sum(tries)),
        parts(tries, most),
        share(good, Decimal(sum(tries))),
        share(before.total(CALL, "succeeded"), before.total(CALL, *TRIES)),
        no_success=some(bad[0]),
        error=some(bad[1]),
        timeout=some(bad[2]),
        refused=some(bad[3]),
        denied=some(bad[4]),
        p50=seconds(shown.percentile(CALL, 0.5)),
        p95=seconds(shown.percentile(CALL, 0.95)),
    )


def parts(tries: Sequence[Decimal], most: Decimal) -> list[BarPart]:
    """The bar of one row; the longest bar is of those with `most`."""
    found, x = [], 0.0
    for kind, number in zip(TRIES, tries, strict=True):
        width = float(number / most) * BAR
        if width:
            found.append(BarPart(kind.replace("_", "-"), round(x, 1), round(width, 1)))
        x += width
    return found


def agents(
    sums: Compared,
    stretches: Mapping[datetime, Sums],
    span: InsightRange,
    titles: Mapping[str, str],
) -> list[AgentRow]:
    """The agents whose runs ended or spent, those with the most runs first."""
    shown, before = by_agent(sums.shown), by_agent(sums.before)
    series = {at: by_agent(each) for at, each in stretches.items()}
    rows = [
        agent_row(titles.get(name, name), each, before.get(name, NONE), costs(series, name, span))
        for name, each in shown.items()
    ]
    return sorted(rows, key=lambda row: (-row.ended, row.name))


def by_agent(sums: Sums) -> Mapping[str, Sums]:
    """The ends and turns of each agent."""
    ends, turns = sums.split("agent", END), sums.split("agent", TURN)
    return {
        name: Sums({**ends.get(name, NONE).of, **turns.get(name, NONE).of})
        for name in ends.keys() | turns.keys()
    }


def agent_row(name: str, shown: Sums, before: Sums, line: Sequence[Decimal | None]) -> AgentRow:
    return AgentRow(
        name,
        int(ended(shown)),
        share(completed(shown), ended(shown)),
        of(completed(shown), ended(shown)),
        cost(shown),
        cost(before),
        steps(shown),
        steps(before),
        polyline(line),
    )


def of(part: Decimal, whole: Decimal) -> str:
    return f"{count(part)} of {count(whole)}" if whole >= FEW else ""


def costs(
    series: Mapping[datetime, Mapping[str, Sums]], name: str, span: InsightRange
) -> list[Decimal | None]:
    """What a completed task cost, stretch by stretch; None where none was completed."""
    found: list[Decimal | None] = []
    for at in span.stretches:
        each = series.get(at, {}).get(name, NONE)
        done = completed(each)
        found.append(each.total(TURN, "usd") / done if done else None)
    return found


def polyline(values: Sequence[Decimal | None]) -> str:
    """Points in a box of 100 by 24, for a line with a scale of its own; empty for less than two."""
    points = [(place, each) for place, each in enumerate(values) if each is not None]
    top = max((each for _, each in points), default=Decimal(0))
    if len(points) < 2 or not top:
        return ""
    step = 100 / (len(values) - 1)
    return " ".join(
        f"{place * step:.1f},{23 - float(each / top) * 22:.1f}" for place, each in points
    )


def stops(
    sums: Compared, stretches: Mapping[datetime, Sums], span: InsightRange
) -> list[ReasonRow]:
    """Why runs stopped short, the most frequent reason first; one scale for all."""
    shown, before = reasons(sums.shown), reasons(sums.before)
    done = StopReason.COMPLETED.value
    named = sorted((shown.keys() | before.keys()) - {done}, key=lambda each: (-shown[each], each))
    series = {at: reasons(each) for at, each in stretches.items()}
    dates = span.stretches
    top = max((each[name] for each in series.values() for name in named), default=Decimal(1))
    return [
        ReasonRow(
            name,
            EXPLANATIONS[StopReason(name)].title,
            some(shown[name]),
            some(before[name]),
            bars([series.get(at, Reasons())[name] for at in dates], span, top or Decimal(1)),
            round(80 / len(dates), 1),
        )
        for name in named
    ]


def bars(
    numbers: Iterable[Decimal], span: InsightRange, top: Decimal
) -> list[tuple[float, float, str]]:
    """Bars in a box of 100 by 20: from where, how high, and what they say."""
    dates = span.stretches
    width = 100 / len(dates)
    return [
        (
            round(place * width, 1),
            round(float(number / top) * 20, 1),
            f"{at:{DATES[span.every]}}: {number:.0f}",
        )
        for place, (number, at) in enumerate(zip(numbers, dates, strict=True))
        if number
    ]


def turns(sums: Compared) -> list[TurnRow]:
    """The models, the most asked first."""
    rows = sums.shown.split("name", TURN)
    return [
        TurnRow(
            name or "no model named",
            count(each.total(TURN, "turns")),
            some(each.total(TURN, "failed")),
            seconds(each.percentile(TURN, 0.5)),
            seconds(each.percentile(TURN, 0.95)),
            figures.money(each.total(TURN, "usd")),
        )
        for name, each in sorted(rows.items(), key=lambda one: -one[1].total(TURN, "turns"))
    ]


def asks(sums: Compared) -> list[AskRow]:
    """The tools that people were asked about, the most asked first."""
    calls_of = sums.shown.split("name", CALL)
    rows = sums.shown.split("name", ASK)
    return [
        AskRow(
            name,
            count(each.total(ASK, "asked")),
            share_asked(each, calls_of.get(name, NONE)),
            seconds(each.percentile(ASK, 0.5)),
            seconds(each.percentile(ASK, 0.95)),
        )
        for name, each in sorted(rows.items(), key=lambda one: -one[1].total(ASK, "asked"))
    ]
