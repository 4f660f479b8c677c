"""Rows of the journal as they are read, by name and never by position."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from console.journal.records import JournalRecord, Stored
from console.json_value import Json

MICRO = 1_000_000


class EventRow(NamedTuple):
    """One row as `READ` gives it. `data` is JSON as it was digested, None when it was erased or its
    reader may not see it.
    """

    id: int
    run: UUID
    seq: int
    ts: datetime
    correlation_id: UUID
    span: str
    actor: str
    kind: str
    step: int | None
    tool: str
    outcome: str
    verdict: str
    rule: str
    tokens_in: int
    tokens_out: int
    usd: Decimal | None
    duration_us: int | None
    visibility: str
    agent: str
    principal: str
    model: str
    external_id: str
    person: str
    data: str | None

    def content(self) -> Mapping[str, Json]:
        """The data of an event as an object; empty when it was erased."""
        return json.loads(self.data) if self.data is not None else {}

    def stored(self, data: Mapping[str, Json] | None = None) -> Stored:
        """The row as a `Stored`; with `data` when that has been read or completed already."""
        record = JournalRecord(
            kind=self.kind,
            at=self.ts.astimezone(UTC),
            actor=self.actor,
            correlation_id=self.correlation_id,
            step=self.step,
            tool=self.tool,
            outcome=self.outcome,
            verdict=self.verdict,
            rule=self.rule,
            span=self.span,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            usd=self.usd,
            duration=None if self.duration_us is None else self.duration_us / MICRO,
            visibility=self.visibility,
            agent=self.agent,
            principal=self.principal,
            model=self.model,
            external_id=self.external_id,
            person=self.person,
            data=self.content() if data is None else data,
        )
        return Stored(self.id, self.run, self.seq, record, erased=self.data is None)


READ = f"SELECT {', '.join(EventRow._fields)} FROM journal_event"
