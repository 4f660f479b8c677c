"""Runs that stand still until a person acts, by what is at stake. Reads only; bounded however many
runs there are.
"""

import functools
from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Q, Value, When

from console.journal import any_of
from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.models.run_parts import KILLED_IN_DOUBT, PERSON
from runs.reading import fleet

STAKES = Case(
    When(
        Q(waiting_for=Waiting.IN_DOUBT)
        | KILLED_IN_DOUBT
        | Q(late__gt=0)
        | Q(leftover=True)
        | Q(findings__gt=0),
        then=Value(0),
    ),
    When(Q(status=RunStatus.WAITING) | Q(waiting_for=Waiting.UNDO), then=Value(1)),
    When(
        stop_reason__in=[StopReason.LOOP_DETECTED, StopReason.NO_PROGRESS, StopReason.DRIFTED],
        then=Value(2),
    ),
    When(stop_reason__in=[StopReason.BUDGET_EXCEEDED, StopReason.TIMEOUT], then=Value(3)),
    default=Value(4),
)
"""The order in which they are looked at: first what may be doubled or lost, then what waits to be
done, then what makes no progress, then what ran out of a budget.
"""
ARMS = (
    Q(status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT),
    Q(status=RunStatus.COMPENSATING, waiting_for=Waiting.IN_DOUBT),
    KILLED_IN_DOUBT,
    Q(late__gt=0),
    Q(leftover=True),
    Q(findings__gt=0),
    Q(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL),
    Q(status__in=list(FINAL), waiting_for=Waiting.UNDO),
    Q(status=RunStatus.PAUSED) & ~Q(stop_reason=StopReason.USER_PAUSED),
)
"""`PERSON`, one index each."""
BY_STAKE = ((range(1), ARMS[:6]), (range(1, 2), ARMS[6:8]), (range(2, 5), ARMS[8:]))
"""In which arms those stand that have so much at stake."""
MOST_WEIGHED = 200
"""Most runs of each arm that are weighed against the others: those that began first."""


def attention(most: int = 5, urgent: Sequence[UUID] = ()) -> list[Run]:
    """Runs that stand still until a person acts, by what is at stake: calls in doubt, approvals
    (first `urgent`, in its order), loops, budgets, the rest; within each those that wait longest.
    """
    text, params = standing()
    with connection.cursor() as cursor:
        # as one value: a list among them would keep the statement's plan from being kept
        cursor.execute(text, [any_of.listed(urgent), *params, most])
        return fleet.in_order(row[0] for row in cursor.fetchall())


@functools.cache
def standing() -> tuple[str, tuple[Any, ...]]:
    """The statement that gives the ids of runs that need a person, in order: made once, since
    putting it together takes longer than it does. What has more at stake comes first, and the rest
    is not weighed where that has given enough.
    """
    weighed = [weighing(arms, stakes) for stakes, arms in BY_STAKE]
    together = " UNION ALL ".join(f"({text})" for text, _ in weighed)
    return (
        f"""SELECT found.id FROM (SELECT %s::uuid[] AS urgent) AS asked
        CROSS JOIN LATERAL ({together}) AS found LIMIT %s""",  # noqa: S608  Django's own
        tuple(chain.from_iterable(params for _, params in weighed)),
    )


def weighing(arms: Sequence[Q], stakes: range) -> tuple[str, tuple[Any, ...]]:
    """The statement that puts the runs of these arms in order, and those that are urgent: as far as
    they have this at stake.
    """
    runs = Run.objects.filter(drill=False).annotate(stake=STAKES).values("pk", "phase_at", "stake")
    first, *others = (runs.filter(arm).order_by("created_at")[:MOST_WEIGHED] for arm in arms)
    text, params = first.union(*others).query.sql_with_params()
    needs, of_needs = runs.filter(PERSON).order_by().query.sql_with_params()
    return (
        f"""SELECT id FROM (({text}) UNION {needs} AND id = ANY(asked.urgent))
            AS weighed (id, phase_at, stake)
        WHERE stake BETWEEN {stakes.start} AND {stakes.stop - 1}
        ORDER BY stake, coalesce(array_position(asked.urgent, id), {MOST_WEIGHED}), phase_at, id
        LIMIT {MOST_WEIGHED}""",  # noqa: S608  Django's own
        (*params, *of_needs),
    )
