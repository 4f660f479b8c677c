"""The sums of a range and of the one before it, in bounded queries."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from runs.insights import ranges
from runs.insights.models import RollupPosition
from runs.insights.ranges import InsightRange
from runs.insights.tally import RollupNoun, percentile

PART: Final = """SELECT noun, agent, name, measure, amount FROM insights_rollup
    WHERE span = %s AND noun = ANY(%s) AND at >= %s AND at < %s AND (%s = '' OR agent = %s)"""
TOTALS: Final = (
    "SELECT noun, agent, name, measure, sum(amount) FROM ({}) AS part GROUP BY 1, 2, 3, 4"
)
SERIES: Final = """SELECT at, noun, agent, name, measure, sum(amount)
    FROM insights_rollup WHERE span = %(every)s AND at >= %(begin)s AND at < %(last)s
    AND noun IN ('end', 'turn') AND measure IN ('ended', 'usd')
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
    return Compared(totals(span.first, span.last, agent), totals(span.before, span.first, agent))


def totals(first: datetime, last: datetime, agent: str) -> Sums:
    """The sums of a stretch of whole hours, of as few and as long parts as there are."""
    asked = ranges.parts(first, last)
    query = TOTALS.format(" UNION ALL ".join([PART] * len(asked)))
    facts = [
        fact
        for each in asked
        for fact in (each.span, list(RollupNoun), each.first, each.last, agent, agent)
    ]
    with connection.cursor() as cursor:
        cursor.execute(query, facts)
        return Sums({SumOf(*key): amount for *key, amount in cursor.fetchall()})


def by_stretch(span: InsightRange, agent: str) -> Mapping[datetime, Sums]:
    """Ends and money of each UTC day or month that the range touches."""
    facts: dict[str, Any] = {
        "every": span.every, "begin": span.stretches[0], "last": span.last, "agent": agent
    }  # fmt: skip
    found: defaultdict[datetime, dict[SumOf, Decimal]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(SERIES, facts)
        for at, *key, amount in cursor.fetchall():
            found[at][SumOf(*key)] = amount
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


def looked_at() -> datetime | None:
    """When the journal was last looked at for new events; None before the first time."""
    return RollupPosition.objects.values_list("at", flat=True).first()
