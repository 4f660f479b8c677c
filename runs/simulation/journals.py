"""Runs' rows, leases and journals in memory: what `runs.runtime.lease` and the journal's append do
in SQL, done in plain Python.

Held to the same conformance suite as PostgreSQL's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from console.journal.append import AT_ONCE, Fenced
from console.journal.encoding import Row
from console.journal.records import Stored
from runs.engine.effects import Statement
from runs.engine.events import CallLate, Event
from runs.engine.projection import project
from runs.engine.state import State
from runs.engine.vocabulary import Control, Status
from runs.runtime import lease, ledger
from runs.runtime.aftermath import Aftermath, Standing, aftermath
from runs.runtime.lease import Beat, Lease
from runs.runtime.store_port import Meanwhile, StorePort

Heard = Callable[["Life", Sequence[Event], State], None]
ACTIVE = (Status.QUEUED, Status.RUNNING)


def unheard(life: "Life", events: Sequence[Event], before: State) -> None:
    """Nobody listens."""


@dataclass
class Life:
    """One run: its row as projected, its lease, its journal, and the fold of that journal."""

    run: UUID
    snapshot: dict[str, Any]
    correlation_id: UUID
    row: dict[str, object] = field(
        default_factory=lambda: {"takes": 0, "lease_owner": "", "lease_expires_at": None}
    )
    stored: list[Stored] = field(default_factory=list)
    beside: list[Statement] = field(default_factory=list)
    state: State = field(default_factory=State)
    epoch: int = 0

    @property
    def origin(self) -> ledger.Origin:
        return ledger.Origin(self.run, self.correlation_id, str(self.snapshot.get("name", "")), "")

    @property
    def owner(self) -> str:
        return str(self.row["lease_owner"])

    def runnable(self, now: datetime) -> bool:
        status, wake_at = Status(str(self.row["status"])), self.row["wake_at"]
        return (
            status in ACTIVE
            or (status is Status.COMPENSATING and not self.row["waiting_for"])
            or (self.row["control"] == Control.KILL and status in (Status.WAITING, Status.PAUSED))
            or (status is Status.WAITING and isinstance(wake_at, datetime) and wake_at <= now)
        )

    def free(self, now: datetime) -> bool:
        until = self.row["lease_expires_at"]
        return until is None or (isinstance(until, datetime) and until < now)


class Journals:
    """All runs.

    `clock` is the database's; `heard` is told of every append, with the state before it.
    """

    def __init__(self, clock: Callable[[], datetime], heard: Heard = unheard) -> None:
        self.clock, self.heard = clock, heard
        self.lives: dict[UUID, Life] = {}

    def born(self, life: Life, created: Sequence[Event]) -> None:
        self.lives[life.run] = life
        life.row |= project(life.state)
        self.say(life.run, created)

    def acquire(self, run: UUID, owner: str) -> Lease | None:
        life, now = self.lives[run], self.clock()
        if not (life.runnable(now) and life.free(now)):
            return None
        lost = life.row["lease_expires_at"] is not None
        life.epoch += 1
        takes = int(str(life.row["takes"])) + 1
        life.row |= {
            "lease_owner": owner,
            "takes": takes,
            "lease_expires_at": self.lasting(lease.TTL),
        }
        return Lease(
            run, owner, life.epoch, life.snapshot, life.correlation_id, "anna", None, takes, lost
        )

    def lasting(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)

    def renew(self, runs: Sequence[UUID], owner: str) -> list[Beat]:
        held = [self.lives[run] for run in runs if self.lives[run].owner == owner]
        for life in held:
            life.row["lease_expires_at"] = self.lasting(lease.TTL)
        return [Beat(life.run, life.epoch, str(life.row["control"])) for life in held]

    def keep(self, run: UUID, owner: str, epoch: int) -> bool:
        life = self.lives[run]
        if life.owner != owner or life.epoch != epoch:
            return False
        life.row["lease_expires_at"] = self.lasting(lease.TTL)
        return True

    def release(self, run: UUID, epoch: int) -> None:
        if self.lives[run].epoch == epoch:
            self.lives[run].row |= {"lease_owner": "", "lease_expires_at": None, "takes": 0}

    def hold_off(self, run: UUID, epoch: int, seconds: float) -> None:
        if self.lives[run].epoch == epoch:
            self.lives[run].row |= {"lease_owner": "", "lease_expires_at": self.lasting(seconds)}

    def standing(self, run: UUID, epoch: int) -> Standing | None:
        life = self.lives[run]
        if life.epoch != epoch:
            return None
        row, takes = life.row, int(str(life.row["takes"]))
        status, control = Status(str(row["status"])), Control(str(row["control"]))
        return Standing(status, control, takes, len(life.stored), row)

    def failed(self, held: Lease, error: Exception, why: str) -> Aftermath | None:
        """What the failure of its worker came to; None when the run has ended or is another's."""
        standing = self.standing(held.run, held.epoch)
        after = aftermath(held, standing, error, why, self.clock()) if standing else None
        if after is None:
            return None
        rows, _ = ledger.rows(after.events, self.lives[held.run].origin)
        self.append(held.run, rows, held.epoch, None, after.row)
        if after.rest:
            self.hold_off(held.run, held.epoch, after.rest)
        elif not after.last:
            self.release(held.run, held.epoch)
        return after

    def unheld(self) -> list[UUID]:
        now = self.clock()
        return [life.run for life in self.lives.values() if life.runnable(now) and life.free(now)]

    def append(
        self,
        run: UUID,
        rows: Sequence[Row],
        epoch: int | None,
        seq: int | None,
        projection: Mapping[str, object],
    ) -> int:
        """The new last seq.

        Raises Fenced and changes nothing when `epoch` or `seq` is not the row's.
        """
        life = self.lives[run]
        if epoch not in (None, life.epoch) or seq not in (None, len(life.stored)):
            raise Fenced(f"run {run} is not at {epoch}, {seq}")
        first = len(life.stored) + 1
        added = [Stored(place, run, place, row.record) for place, row in enumerate(rows, first)]
        before = life.state
        life.state, events = ledger.replayed(added, before)
        life.stored.extend(added)
        life.row |= projection
        self.heard(life, events, before)
        return len(life.stored)

    def say(
        self, run: UUID, events: Sequence[Event], projection: Mapping[str, object] | None = None
    ) -> None:
        """As a person's act appends: outside of any lease, in order with all else."""
        life = self.lives[run]
        rows, _ = ledger.rows(events, life.origin)
        shown = project(
            ledger.replayed([Stored(0, run, 0, row.record) for row in rows], life.state)[0]
        )
        self.append(run, rows, None, None, shown if projection is None else projection)


class MemoryStore(StorePort):
    """The store of one held run in memory."""

    def __init__(self, held: Lease, journals: Journals) -> None:
        super().__init__(held)
        self.journals = journals

    async def _append(
        self,
        rows: Sequence[Row],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        if len(rows) > AT_ONCE:
            raise ValueError(f"{len(rows)} records cannot be appended at once")
        last = self.journals.append(self.run, rows, self.epoch, seq, projection)
        self.journals.lives[self.run].beside.extend(beside)
        if meanwhile:
            meanwhile()
        return last

    async def _epoch(self) -> int | None:
        life = self.journals.lives.get(self.run)
        return None if life is None else life.epoch

    async def _renew(self, owner: str) -> bool:
        return self.journals.keep(self.run, owner, self.epoch)

    async def _read(self, after: int) -> list[Stored]:
        return self.read_now(after)

    def read_now(self, after: int) -> list[Stored]:
        return self.journals.lives[self.run].stored[after:]

    async def _late(self, origin: ledger.Origin, event: CallLate) -> None:
        late = self.journals.lives[self.run].state.late + (not event.harmless)
        self.journals.append(self.run, ledger.rows([event], origin)[0], None, None, {"late": late})

    async def let_go(self) -> None:
        return None
