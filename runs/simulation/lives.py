"""One run in memory: its row, its lease, its journal as kept and as read back, and its state."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from console.journal.records import Stored
from runs.engine.actions import Statement
from runs.engine.events import RunEvent
from runs.engine.fold import START
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, RunStatus
from runs.runtime import run_ledger
from runs.runtime.blame import LostRun

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
UNTAKEN = {
    "takes": 0,
    "lease_owner": "",
    "lease_expires_at": None,
    "crashes": 0,
    "blamed": False,
    "suspect": False,
    "lost_after": "",
    "lost_words": "",
}


class FoldedRow(NamedTuple):
    """What a row was read back as when it was appended, and the state after it."""

    event: RunEvent
    after: RunState


@dataclass(eq=False)
class SimulatedRun:
    """One run: its row as projected, its lease, its journal, and the fold of that journal."""

    run: UUID
    snapshot: dict[str, Any]
    correlation_id: UUID
    row: dict[str, Any] = field(default_factory=lambda: dict(UNTAKEN))
    stored: list[Stored] = field(default_factory=list)
    folded: list[FoldedRow] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    beside: list[Statement] = field(default_factory=list)
    epoch: int = 0

    @property
    def events(self) -> list[RunEvent]:
        return [row.event for row in self.folded]

    @property
    def state(self) -> RunState:
        return self.folded[-1].after if self.folded else START

    def state_after(self, seq: int) -> RunState:
        """The state after that row, and the very same object each time."""
        return self.folded[seq - 1].after if seq else START

    @property
    def origin(self) -> run_ledger.EventOrigin:
        return run_ledger.EventOrigin(
            self.run, self.correlation_id, str(self.snapshot.get("name", "")), ""
        )

    @property
    def owner(self) -> str:
        return str(self.row["lease_owner"])

    @property
    def held(self) -> LostRun:
        row = self.row
        return LostRun(
            self.run,
            self.owner,
            row["takes"],
            row["phase"],
            row["tool"],
            row["suspect"],
            row["crashes"],
        )

    def runnable(self, now: datetime) -> bool:
        status, wake_at = RunStatus(self.row["status"]), self.row["wake_at"]
        return (
            status in ACTIVE
            or (status is RunStatus.COMPENSATING and not self.row["waiting_for"])
            or (
                self.row["control"] == Control.KILL
                and status in (RunStatus.WAITING, RunStatus.PAUSED)
            )
            or (status is RunStatus.WAITING and isinstance(wake_at, datetime) and wake_at <= now)
        )

    def free(self, now: datetime) -> bool:
        until = self.row["lease_expires_at"]
        return until is None or (not self.owner and until < now)

    def expired(self, now: datetime) -> bool:
        return bool(self.owner) and self.row["lease_expires_at"] < now
