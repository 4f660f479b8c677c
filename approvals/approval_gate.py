"""The engine's ApprovalGate: rows of requests and session approvals are written in the transaction
of the events that they follow from. Also tells what a run asks.
"""

from collections.abc import Sequence
from uuid import UUID

from approvals import cards, request_row
from approvals.models import Request
from approvals.rules import request_changes
from approvals.rules.change_of_requests import (
    Change,
    Ended,
    Granted,
    Noticed,
    Opened,
    Reopened,
    Revoked,
    Used,
)
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from policies.authority import Question
from runs.engine.actions import Statement
from runs.engine.events import RunEvent
from runs.engine.state import RunState

GIVE = """INSERT INTO approvals_grant (run_id, name, tool, args, free, "limit", used, given_by,
    given_by_id, given_at,
    revoked_by, revoked_by_id)
    VALUES (%s, %s, %s, %s::jsonb, %s::jsonb, %s, 0, %s, %s, %s, '', '')
    ON CONFLICT (run_id, name) DO NOTHING"""
USE = "UPDATE approvals_grant SET used = used + 1 WHERE run_id = %s AND name = %s"
REVOKE = (
    "UPDATE approvals_grant SET revoked_at = %s, revoked_by = %s, revoked_by_id = %s WHERE run_id ="
    " %s AND name = %s"
)
NOTICE = """INSERT INTO approvals_runnotice (channel_id, run, news, reason, at)
    SELECT id, %s, %s, %s, %s FROM approvals_channel WHERE enabled AND events @> %s::jsonb
    AND NOT EXISTS (SELECT FROM runs_run WHERE id = %s AND drill)"""
# names and values come from the code; whatever a planner or a person said is a parameter


class RequestGate:
    """Looks once at the kinds of the events; only those that ask or answer a person become SQL."""

    def statements(
        self, run: UUID, events: Sequence[RunEvent], after: RunState
    ) -> Sequence[Statement]:
        return [statement(run, change) for change in request_changes.changes(events, after)]

    def question(self, run: UUID) -> Question | None:
        """The request that keeps the run standing still, of which there is one at most; calls are
        asked for while it waits.
        """
        found = (
            Request.objects.filter(run=run, status=RequestStatus.OPEN)
            .exclude(kind=RequestKind.CALL)
            .select_related("run")
            .first()
        )
        return cards.asking(found, found.run).question if found else None


def statement(run: UUID, change: Change) -> Statement:
    match change:
        case Opened():
            return request_row.opened(run, change)
        case Ended():
            return request_row.ended(run, change)
        case Reopened():
            return request_row.reopened(run, change)
        case Granted():
            facts = (
                change.tool,
                request_row.text(change.args),
                request_row.text(change.free),
                change.limit,
                change.by,
                change.person,
                change.at,
            )
            return GIVE, (run, change.grant, *facts)
        case Used():
            return USE, (run, change.grant)
        case Revoked():
            return REVOKE, (change.at, change.by, change.person, run, change.grant)
        case Noticed():
            wanted = request_row.text([change.news.value])
            return NOTICE, (run, change.news.value, change.reason, change.at, wanted, run)
