"""Journals of simulated runs as JSON, and what they fold to: kept so that an old journal is
understood for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from console.journal.records import JournalRecord, Stored
from console.json_value import Json
from runs.engine import machine
from runs.engine.ports import Tool, ToolSpec
from runs.engine.projection import project
from runs.runtime import run_ledger
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.claiming import no_problems
from runs.simulation.configuration import ALL_SPECS, SPECS

PLAIN = (str, int, float, bool, type(None), dict, list)


@dataclass(frozen=True)
class Described:
    """Tools known by their descriptions alone, which is enough to decide what is next."""

    spec: ToolSpec


class Catalogue:
    def specs(self) -> tuple[ToolSpec, ...]:
        return ALL_SPECS

    def find(self, name: str) -> Tool | None:
        return Described(SPECS[name]) if name in SPECS else None  # type: ignore[return-value]


def plain(value: object) -> Json:
    return (
        value
        if isinstance(value, PLAIN)
        else value.isoformat()
        if isinstance(value, datetime)
        else str(value)
    )


def rows(stored: Sequence[Stored]) -> list[Mapping[str, Json]]:
    """Journal rows as plain JSON, without what is empty."""
    return [
        {
            f.name: plain(value)
            for f in fields(JournalRecord)
            if (value := getattr(row.record, f.name)) not in ("", None, 0)
        }
        for row in stored
    ]


def stored(kept: Sequence[Mapping[str, Any]]) -> list[Stored]:
    """The rows back."""
    return [Stored(seq, UUID(int=0), seq, record(row)) for seq, row in enumerate(kept, 1)]


def record(row: Mapping[str, Any]) -> JournalRecord:
    read = {"at": datetime.fromisoformat(row["at"]), "correlation_id": UUID(row["correlation_id"])}
    return JournalRecord(
        **{**row, **read, **({"usd": Decimal(row["usd"])} if "usd" in row else {})}
    )


def told(stored: Sequence[Stored]) -> dict[str, Json]:
    """What the journal folds to, and the next move a second after its last event."""
    state, _ = run_ledger.replayed(stored)
    action = machine.next_effect(
        state, OwnRules(Catalogue(), no_problems), stored[-1].record.at + timedelta(seconds=1)
    )
    events = [event.kind for event in getattr(action, "events", ())]
    shown = {name: plain(value) for name, value in project(state).items()}
    return {"row": shown, "history": len(state.history), "next": [type(action).__name__, *events]}
