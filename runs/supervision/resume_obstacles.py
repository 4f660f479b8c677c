"""What keeps a paused run from going on by the policies as they are now, told to whoever would
resume it. Reads only.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from policies import memberships
from policies.budgets import budget_obstacles
from runs.models import Run
from runs.supervision import completion

LAST = (
    "SELECT rule, data::jsonb -> 'facts' FROM journal_event WHERE run = %s AND kind = %s"
    " ORDER BY seq DESC LIMIT 1"
)
UNACCEPTED = (
    "Its final answer waits for an approver, who accepts it as it is, sends it back or stops the"
    " run. Resuming decides nothing."
)


def to_resuming(run: UUID, at: datetime) -> str:
    """The obstacle as a sentence; empty when the run may go on. One that a budget paused would only
    pause again until there is room.
    """
    rule, facts = pause_of(run)
    if rule == completion.RULE:
        return UNACCEPTED
    if rule == memberships.RULE and (said := gone(run)):
        return f"{said} Let them in again, or start it anew for somebody else."
    return budget_obstacles.obstacle(facts, at) if rule.startswith("budget:") else ""


def gone(run: UUID) -> str:
    """What became of the person the run works for; empty while runs may go on for them. Asked of
    the database, since this process may not keep policies fresh.
    """
    found = Run.objects.select_related("principal").get(pk=run)
    why = memberships.why_gone(found.principal, by_right=found.by_right)
    return memberships.sentence(found.principal.get_username(), why) if why else ""


def pause_of(run: UUID, kind: str = "run.paused") -> tuple[str, Mapping[str, Any]]:
    """Rule and facts of the last event of this kind; both empty where a person paused the run, or
    nobody did.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST, [run, kind])
        rule, facts = cursor.fetchone() or ("", None)
    return rule, json.loads(facts or "{}")
