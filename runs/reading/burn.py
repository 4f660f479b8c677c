"""What the fleet spends each minute, by the settled costs in the journal. One bounded read of the
last ten minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from console import figures

SLICE = 20
SLICES = 30
RATE_OVER = 6

SPARE = timedelta(minutes=15)
"""How far the times of events may stray from the order of their ids."""
QUERY = """
SELECT floor(extract(epoch FROM %s::timestamptz - ts) / %s)::int AS age, sum(usd)
FROM journal_event WHERE id >= (SELECT journal_first_at(%s))
    AND ts + interval '0' > %s AND ts + interval '0' <= %s AND usd > 0
    AND run NOT IN (SELECT id FROM runs_run WHERE drill) GROUP BY age
"""
"""By ids alone: an index on time of a long journal takes longer to say which rows are new."""


@dataclass(frozen=True, slots=True)
class Burn:
    """The rate at which the fleet spends. `points` is a polyline in a box of 100 by 26, empty when
    nothing was spent.
    """

    figure: str
    note: str
    points: str


def spent(now: datetime) -> dict[int, Decimal]:
    """USD by slice of twenty seconds; 0 is the newest slice."""
    with connection.cursor() as cursor:
        since = now - timedelta(seconds=SLICE * SLICES)
        cursor.execute(QUERY, [now, SLICE, since - SPARE, since, now])
        return {age: usd for age, usd in cursor.fetchall() if age < SLICES}


def burn(slices: Mapping[int, Decimal]) -> Burn:
    """The rate over the last two minutes, and ten minutes as a line."""
    recent = sum((slices.get(age, Decimal(0)) for age in range(RATE_OVER)), Decimal(0))
    total = sum(slices.values(), Decimal(0))
    rate = recent * 60 / (SLICE * RATE_OVER)
    note = f"{figures.money(total)} in 10 min" if total else "nothing in 10 min"
    return Burn(figures.money(rate) if rate else "$0", note, line(slices) if total else "")


def line(slices: Mapping[int, Decimal]) -> str:
    top = max(slices.values())
    heights = [float(slices.get(age, Decimal(0)) / top) for age in reversed(range(SLICES))]
    return " ".join(
        f"{index * 100 / (SLICES - 1):.1f},{25 - height * 24:.1f}"
        for index, height in enumerate(heights)
    )
