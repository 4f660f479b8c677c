"""Agents that ask more than their approvers can answer: their limits, how many requests each has
open, and the runs that are held back.
"""

from collections import Counter
from uuid import UUID

from django.db import connection
from django.db.models import Count

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind, RequestStatus

RULE = "flood-guard"
EVERYBODY = "*"
HELD = """SELECT agent.name, run.id FROM runs_run run
    JOIN runs_agent agent ON agent.id = run.agent_id
    JOIN LATERAL (
        SELECT rule FROM journal_event WHERE journal_event.run = run.id AND kind = 'run.paused'
        ORDER BY seq DESC LIMIT 1
    ) last ON true
    WHERE run.status = 'paused' AND run.stop_reason = 'USER_PAUSED' AND run.control = ''
    AND last.rule = %s ORDER BY run.created_at"""


def limit(limits: dict[str, int], agent: str) -> int | None:
    """The agent's own limit, else that of all agents; None when there is none."""
    return limits.get(agent, limits.get(EVERYBODY))


def crowds() -> Counter[str]:
    """How many requests about calls each agent has open."""
    asking = Request.objects.filter(status=RequestStatus.OPEN, kind=RequestKind.CALL, drill=False)
    return Counter(dict(asking.values_list("agent").annotate(number=Count("id")).order_by()))


def held() -> list[tuple[str, UUID]]:
    """Runs that are paused by the flood guard, the oldest first, each with its agent's name."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [RULE])
        return list(cursor.fetchall())
