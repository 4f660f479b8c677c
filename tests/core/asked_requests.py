"""A request as the texts of a card and of a row of the queue are tried with, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind, RequestStatus

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def request(**facts: Any) -> Request:
    given: dict[str, Any] = {
        "id": 41,
        "run_id": UUID(int=7),
        "kind": RequestKind.CALL,
        "status": RequestStatus.OPEN,
        "tool": "issue_refund",
        "line": "$180.00 for order 1042",
        "effect": "irreversible",
        "agent_title": "Refund desk",
        "stages": [["approver", 1]],
        "group": "approver",
        "args": {"usd": 180},
        "facts": {},
        "asked_at": NOW,
    }
    return Request(**{**given, **facts})
