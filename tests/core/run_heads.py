"""Runs as their rows say them, for the tests of the head of their page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from runs.engine.vocabulary import RunStatus
from runs.models import Agent, Run

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)

LIMITS: dict[str, Any] = {
    "max_steps": 50,
    "max_tokens": 1000,
    "max_usd": Decimal(2),
    "max_seconds": 60,
    "usd": Decimal(0),
    "reserved_usd": Decimal(0),
}


def run(status: RunStatus = RunStatus.RUNNING, **facts: Any) -> Run:
    """Any run of olga's refund desk, as its row would be."""
    return Run(
        **{
            **LIMITS,
            "id": UUID(int=7),
            "agent": Agent(name="refund-desk", title="Refund desk"),
            "status": status,
            "created_at": NOW - timedelta(minutes=3),
            "snapshot": {"title": "Refund desk"},
            "principal": User(username="olga"),
            **facts,
        }
    )
