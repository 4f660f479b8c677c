"""Runs that halt levers have paused and that nobody has acted on since, by lever. One bounded
query.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

MOST = 1_000
PAUSED_BY = """SELECT run.id FROM runs_run run
    JOIN LATERAL (
        SELECT rule, data FROM journal_event
        WHERE journal_event.run = run.id AND kind = 'run.paused' ORDER BY seq DESC LIMIT 1
    ) last ON true
    WHERE run.status = 'paused' AND last.rule LIKE 'halt:%%'
    AND last.data::jsonb -> 'facts' ->> 'lever' = %s"""
QUERY = """
SELECT (last.data::jsonb -> 'facts' ->> 'lever')::bigint, count(*), min(run.phase_at)
FROM (SELECT id, phase_at FROM runs_run WHERE status = 'paused' AND stop_reason = 'USER_PAUSED'
    AND EXISTS (SELECT FROM policies_halt) LIMIT %s) run
JOIN LATERAL (
    SELECT rule, data FROM journal_event WHERE journal_event.run = run.id AND kind = 'run.paused'
    ORDER BY seq DESC LIMIT 1
) last ON last.rule LIKE 'halt:%%'
GROUP BY 1 ORDER BY 3
"""


@dataclass(frozen=True, slots=True)
class Halted:
    """How many runs a lever has paused, counted no further than `MOST` paused runs,
    and since when."""

    lever: int
    runs: int
    since: datetime


def by_lever() -> list[Halted]:
    with connection.cursor() as cursor:
        cursor.execute(QUERY, [MOST])
        return [Halted(*row) for row in cursor.fetchall() if row[0] is not None]


def paused_by(lever: int) -> list[UUID]:
    """The runs that the lever has paused and that nobody has acted on since."""
    with connection.cursor() as cursor:
        cursor.execute(PAUSED_BY, [str(lever)])
        return [row[0] for row in cursor.fetchall()]
