"""Figures of the fleet's tiles: counts up to a cap, made of statements that are put together once.
Reads only.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.models.run_parts import BADLY, LEFT, LIVE, PERSON
from runs.reading import fleet, standing_runs

LATELY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in a statement that is made once for a time that each look has anew."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the tiles. Counts stop at `fleet.MOST_COUNTED`. `people`: runs that wait for
    people, the `approvals` and those in doubt among them, and of the `paused` ones those `asking`.
    """

    running: int
    queued: int
    people: int
    approvals: int
    oldest_approval: datetime | None
    paused: int
    asking: int
    in_doubt: int
    bad: int


def summary(now: datetime) -> Summary:
    """The figures, each a bounded walk of its index, in two statements."""
    oldest, *counts, doubted = fleet.count_all(*tiles())
    text, params = failed()
    [bad] = fleet.count_all(text, [now - timedelta(hours=1) if each is LATELY else each
                             for each in params])  # fmt: skip
    running, queued, people, approvals, paused, asking = counts
    return Summary(running, queued, people, approvals, oldest, paused, asking, doubted, bad)


@functools.cache
def tiles() -> tuple[str, Sequence[Any]]:
    """The statement that gives what the tiles show whenever they are looked at: since when the
    approval waits that has waited longest, of those that began first; then counts. Made once, like
    `standing_runs.standing`.
    """
    # not those that a row says are no drills: an index alone gives the others then
    runs = Run.objects.exclude(pk__in=Run.objects.filter(drill=True).order_by().values("pk"))
    asks = runs.filter(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL)
    found = [
        [runs.filter(status__in=fleet.MOVING)],
        [runs.filter(status=RunStatus.QUEUED)],
        [runs.filter(PERSON, status__in=LIVE), runs.filter(LEFT, status__in=list(FINAL))],
        [asks],
        [runs.filter(status=RunStatus.PAUSED)],
        [asking(runs)],
        [runs.filter(arm) for arm in standing_runs.ARMS[:3]],
    ]
    first = asks.order_by("created_at").values("phase_at")[: standing_runs.MOST_WEIGHED]
    oldest, of_oldest = first.query.sql_with_params()
    text, params = fleet.counting(found)
    since = f"SELECT min(phase_at) FROM ({oldest}) AS first"  # noqa: S608  Django's own
    return text.replace("SELECT", f"SELECT ({since}),", 1), (*of_oldest, *params)


def asking(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Those of `runs` that something else than a person has paused. Said so that PostgreSQL walks
    the paused ones, and not all that wait for people by an index whose share of them it misjudges.
    """
    reason = Coalesce("stop_reason", Value(""))
    paused = runs.filter(status=RunStatus.PAUSED).alias(reason=reason)
    return paused.exclude(reason=StopReason.USER_PAUSED)


@functools.cache
def failed() -> tuple[str, Sequence[Any]]:
    """The statement that counts what has failed since `LATELY`, which stands in its values for a
    time that each look has anew.
    """
    text, params = fleet.counting([[Run.objects.filter(BADLY, drill=False, ended_at__gte=LATELY)]])
    return text, [LATELY if each == LATELY else each for each in params]
