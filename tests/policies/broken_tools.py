"""Calls of a tool through its breaker, and what came of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from console.journal import append, libpq_wire, pool
from console.journal.records import HOUSE_KEY, JournalRecord
from policies.circuit import admission
from policies.circuit.admission import ReportOutcome
from policies.circuit.models import Breaker
from policies.decision import ALLOWED, Decision
from policies.retries.failure import Failure

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)

GARBAGE = Failure(
    "ok", "failed", "noise", result="%%%", sentence="The result is not readable text: %%%"
)

TOOL = "get_rates"


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@asynccontextmanager
async def connected() -> AsyncIterator[libpq_wire.Connection]:
    async with await psycopg.AsyncConnection.connect(pool.conninfo(), autocommit=True) as made:
        yield made


def go(work: Callable[[libpq_wire.Connection], Coroutine[Any, Any, Any]]) -> Any:
    async def once() -> Any:
        async with connected() as made:
            return await work(made)

    return asyncio.run(once())


def permit(at: datetime, tool: str = TOOL, run: str = "run-1") -> Decision:
    found: Decision = go(lambda made: admission.permit(made, tool, run, at))
    return found


def report(
    verdict: str, at: datetime, given: Decision = ALLOWED, tool: str = TOOL, **facts: Any
) -> ReportOutcome:
    found: ReportOutcome = go(
        lambda made: admission.report(made, tool, verdict, at, given, **facts)
    )
    return found


def fail(times: int, at: datetime = AT, tool: str = TOOL) -> None:
    for _ in range(times):
        report("failed", at, tool=tool, failure=GARBAGE)


def row(tool: str = TOOL) -> Breaker:
    return Breaker.objects.get(tool=tool)


def events(kind: str) -> list[JournalRecord]:
    return [
        stored.record for stored in append.read(connection, HOUSE_KEY) if stored.record.kind == kind
    ]
