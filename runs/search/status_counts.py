"""How many runs of each status meet a condition, counted no further than a thousand, in one
statement. Those that are not over are walked once for all of it, where they are that few.
"""

import functools
from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q

from runs.models import Run
from runs.models.run_parts import OVER
from runs.reading import fleet
from runs.search.settled import as_text

CountingPart = tuple[str, Sequence[Any]]
ASKED = ("status", "waiting_for", "stop_reason", "late", "leftover", "findings")
"""What a status asks of a run that is not over."""
COUNTING = """WITH live AS MATERIALIZED ({live}),
    size AS MATERIALIZED (SELECT count(*) <= {most} AS few FROM live) SELECT {counts}"""
FEW = "(SELECT few FROM size)"
"""Whether `live` has all that are not over."""


@functools.lru_cache(maxsize=128)
def statement(condition: Q, statuses: Sequence[str]) -> CountingPart:
    """The statement that counts them, one column for each status: made once, since the same one is
    asked at each look.
    """
    runs = Run.objects.filter(condition)
    live = runs.filter(status__in=fleet.LIVE).order_by().values(*ASKED)
    try:
        text, params = live[: fleet.MOST_COUNTED + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows already that there is none
        return f"SELECT {', '.join('0' for _ in statuses)}", ()
    counts = [count(condition, status) for status in statuses]
    columns = ", ".join(column for column, _ in counts)
    whole = COUNTING.format(live=text, most=fleet.MOST_COUNTED, counts=columns)
    return whole, [*params, *chain.from_iterable(values for _, values in counts)]


def count(condition: Q, status: str) -> CountingPart:
    """The column of one status: from `live` or by a walk of its own, then by one of what is
    over.
    """
    of_live, ended = fleet.PARTS[status]
    runs, parts = Run.objects.filter(condition), list[CountingPart]()
    if of_live is not None:
        known, values = as_text(of_live, Run)
        parts.append((f"SELECT FROM live AS runs_run WHERE {known} AND {FEW}", values))
        walk, values = fleet.bounded(runs.filter(of_live, status__in=fleet.LIVE))
        parts.append((f"SELECT FROM ({walk}) AS walked WHERE NOT {FEW}", values))
    if ended is not None:
        walk, values = fleet.bounded(runs.filter(ended, status__in=OVER))
        parts.append((f"SELECT FROM ({walk}) AS walked", values))
    together = " UNION ALL ".join(text for text, _ in parts)
    first = f"SELECT FROM ({together}) AS parts LIMIT {fleet.MOST_COUNTED + 1}"
    return f"(SELECT count(*) FROM ({first}) AS each)", [  # noqa: S608  Django's own
        value for _, values in parts for value in values
    ]
