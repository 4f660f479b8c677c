"""The sums of a range and of the one before it, in bounded queries."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from runs.insights.models import RollupPosition
from runs.insights.ranges import InsightRange
from runs.insights.tally import RollupNoun, percentile

TOTALS: Final = """SELECT at >= %(first)s, noun, agent, name, measure, sum(amount)
    FROM insights_rollup WHERE span = %(span)s AND at >= %(before)s AND at < %(last)s
    AND (%(agent)s = '' OR agent = %(agent)s) GROUP BY 1, 2, 3, 4, 5"""
SERIES: Final = """SELECT at, noun, agent, name, measure, sum(amount)
    FROM insights_rollup WHERE span = 'day' AND at >= %(day)s AND at < %(last)s
    AND noun IN ('end', 'turn') AND measure IN ('ended', 'usd', 'turns')
    AND (%(agent)s = '' OR agent = %(agent)s) GROUP BY 1, 2, 3, 4, 5"""
STRIP: Final = """SELECT at, sum(amount) FROM insights_rollup
    WHERE span = %(span)s AND at >= %(first)s AND at < %(last)s AND noun = 'end'
    AND measure = 'ended' AND (%(agent)s = '' OR agent = %(agent)s) GROUP BY at"""
NONE: Final = Decimal(0)
TOOK: Final = "took:"


class SumOf(NamedTuple):
    noun: str
    agent: str
    name: str
    measure: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums by what they are about."""

    of: Mapping[SumOf, Decimal]

    def total(self, noun: RollupNoun, *measures: str) -> Decimal:
        return sum(
            (
                amount
                for key, amount in self.of.items()
                if key.noun == noun and key.measure in measures
            ),
            NONE,
        )

    def percentile(self, noun: RollupNoun, share: float) -> float | None:
        """Seconds that `share` of the durations stay below; None of none."""
        counts: defaultdict[int, int] = defaultdict(int)
        for key, amount in self.of.items():
            if key.noun == noun and key.measure.startswith(TOOK):
                counts[int(key.measure.removeprefix(TOOK))] += int(amount)
        return percentile(counts, share)

    def split(self, field: str, noun: RollupNoun) -> Mapping[str, "Sums"]:
        """The sums about `noun`, by one field, such as the agent."""
        found: defaultdict[str, dict[SumOf, Decimal]] = defaultdict(dict)
        for key, amount in self.of.items():
            if key.noun == noun:
                found[getattr(key, field)][key] = amount
        return {name: Sums(each) for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class Compared:
    """The sums of a range beside those of the range before."""

    shown: Sums
    before: Sums


def compared(span: InsightRange, agent: str) -> Compared:
    """Sums of one agent, or of all where `agent` is empty."""
    shown: dict[SumOf, Decimal] = {}
    before: dict[SumOf, Decimal] = {}
    for now, noun, name_of_agent, name, measure, amount in rows(TOTALS, span, agent):
        (shown if now else before)[SumOf(noun, name_of_agent, name, measure)] = amount
    return Compared(Sums(shown), Sums(before))


def by_day(span: InsightRange, agent: str) -> Mapping[datetime, Sums]:
    """Ends, turns and money of each UTC day that the range touches."""
    found: defaultdict[datetime, dict[SumOf, Decimal]] = defaultdict(dict)
    for at, noun, name_of_agent, name, measure, amount in rows(SERIES, span, agent):
        found[at][SumOf(noun, name_of_agent, name, measure)] = amount
    return {at: Sums(each) for at, each in found.items()}


def strip(first: datetime, last: datetime, width: timedelta, agent: str) -> list[int]:
    """Runs that ended, in stretches of `width` from `first` to `last`."""
    span = "hour" if width < timedelta(days=1) else "day"
    facts: dict[str, Any] = {"first": first, "last": last, "span": span, "agent": agent}
    counts = [0] * -(-(last - first) // width)
    with connection.cursor() as cursor:
        cursor.execute(STRIP, facts)
        for at, amount in cursor.fetchall():
            counts[(at - first) // width] += int(amount)
    return counts


def rows(query: str, span: InsightRange, agent: str) -> Iterator[tuple[Any, ...]]:
    facts: dict[str, Any] = {
        "first": span.first,
        "before": span.before,
        "day": span.days[0],
        "last": span.last,
        "span": span.span,
        "agent": agent,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, facts)
        yield from cursor.fetchall()


def looked_at() -> datetime | None:
    """When the journal was last looked at for new events; None before the first time."""
    return RollupPosition.objects.values_list("at", flat=True).first()
