"""How often each rule asked a person or said no: sums of whole days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from runs.insights.ranges import DAY, begin
from runs.insights.tally import RollupNoun

DAYS: Final = 7
SUMS: Final = """SELECT name, coalesce(sum(amount) FILTER (WHERE measure = 'asked'), 0),
        coalesce(sum(amount) FILTER (WHERE measure = 'denied'), 0)
    FROM insights_rollup WHERE span = 'day' AND at >= %s AND noun = %s GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """Calls that a rule did not let through at once."""

    asked: int = 0
    denied: int = 0


def lately(now: datetime) -> Mapping[str, RuleCounts]:
    """The counts by rule, of today and the six days before it, in UTC. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS, (begin(now, "day") - (DAYS - 1) * DAY, RollupNoun.RULE.value))
        return {name: RuleCounts(int(asked), int(denied)) for name, asked, denied in cursor}
