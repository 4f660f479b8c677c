"""Runs' journals in memory: what the journal's append does in SQL, done in plain Python; and the
store of a held run over them.

Held to the same conformance suite as PostgreSQL's.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from console.journal import spill
from console.journal.append import Fenced
from console.journal.encoding import EncodedRow
from console.journal.records import Stored
from console.json_value import Json
from policies.gate.effect_keys import EarlierEffect
from runs.engine.actions import Statement
from runs.engine.events import CallLate, RunEvent
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, RunStatus
from runs.runtime import effect_claims, run_ledger
from runs.runtime.aftermath import Aftermath, FailedRunRow, aftermath
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.lease import Lease
from runs.runtime.store_port import Meanwhile, StorePort
from runs.simulation.leases import Leases, Losing, unseen
from runs.simulation.lives import SimulatedRun

OnAppend = Callable[[SimulatedRun, Sequence[RunEvent], RunState], None]


def unheard(life: SimulatedRun, events: Sequence[RunEvent], before: RunState) -> None:
    """Does nothing: nobody listens."""


class Journals(Leases):
    """The journals of all runs. `heard` is told of every append, with the state before it."""

    def __init__(
        self, clock: Callable[[], datetime], heard: OnAppend = unheard, losing: Losing = unseen
    ) -> None:
        super().__init__(clock, losing)
        self.heard, self.claims = heard, ClaimsInMemory(clock)

    def born(self, life: SimulatedRun, created: Sequence[RunEvent]) -> None:
        self.lives[life.run] = life
        life.row |= project(life.state)
        self.say(life.run, created)

    def standing(self, run: UUID, epoch: int) -> FailedRunRow | None:
        life = self.lives[run]
        if life.epoch != epoch:
            return None
        row = life.row
        return FailedRunRow(
            RunStatus(row["status"]), Control(row["control"]), row["takes"], len(life.stored), row
        )

    def failed(self, held: Lease, error: Exception, why: str) -> Aftermath | None:
        """What the failure of its worker came to; None when the run has ended or is another's."""
        standing = self.standing(held.run, held.epoch)
        after = aftermath(held, standing, error, why, self.clock()) if standing else None
        if after is None:
            return None
        rows, _ = run_ledger.rows(after.events, self.lives[held.run].origin)
        self.append(held.run, rows, held.epoch, None, after.row)
        if after.rest:
            self.hold_off(held.run, held.epoch, after.rest)
        elif not after.last:
            self.release(held.run, held.epoch)
        return after

    def append(
        self,
        run: UUID,
        rows: Sequence[EncodedRow],
        epoch: int | None,
        seq: int | None,
        projection: Mapping[str, object] | None,
    ) -> int:
        """The new last seq. Without a `projection` the row shows what the journal folds to.

        Raises Fenced and changes nothing when `epoch` or `seq` is not the row's.
        """
        life = self.lives[run]
        if epoch not in (None, life.epoch) or seq not in (None, len(life.stored)):
            raise Fenced(f"run {run} is not at {epoch}, {seq}")
        first = len(life.stored) + 1
        added = [Stored(place, run, place, row.record) for place, row in enumerate(rows, first)]
        before = life.state
        life.state, events = run_ledger.replayed(added, before)
        life.stored.extend(added)
        for blob in (blob for row in rows for blob in row.blobs):
            life.blobs[blob.sha256.hex()] = blob.content
        life.events.extend(events)
        life.row |= project(life.state) if projection is None else projection
        self.heard(life, events, before)
        return len(life.stored)

    def say(
        self, run: UUID, events: Sequence[RunEvent], projection: Mapping[str, object] | None = None
    ) -> None:
        """Append as a person's act does: outside of any lease, in order with all else."""
        life = self.lives[run]
        rows, _ = run_ledger.rows(events, life.origin)
        self.append(run, rows, None, None, projection)


class ClaimsInMemory:
    """Effects taken over all runs, by key: what `runs.runtime.effect_claims` does in SQL, done in
    plain Python.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.rows: dict[str, list[Any]] = {}

    def found(self, key: str, run: UUID) -> EarlierEffect | None:
        row = self.rows.get(key)
        there = row is not None and row[4] > self.clock() and row[0] != str(run)
        return effect_claims.earlier([*row[:4], None]) if row and there else None

    def after(self, beside: Sequence[Statement]) -> dict[str, list[Any]]:
        """The rows once these statements are done; others than those about claims are left alone.
        Raises EffectTaken.
        """
        rows = {key: list(row) for key, row in self.rows.items()}
        for text, params in beside:
            if (made := self._made.get(text)) is not None:
                made(rows, *params)
        return rows

    @property
    def _made(self) -> Mapping[str, Callable[..., None]]:
        return {
            effect_claims.OVER: self._over,
            effect_claims.TAKE: self._take,
            effect_claims.DONE: self._done,
            effect_claims.FREE: self._free,
        }

    def _over(self, rows: dict[str, list[Any]], key: str, run: UUID, told: str) -> None:
        owner, call, *_, until = rows.get(key, ("", "", self.clock()))
        if until <= self.clock() or owner == str(run) or f"{owner}/{call}" in told.split():
            rows.pop(key, None)

    def _take(self, rows: dict[str, list[Any]], key: str, run: UUID, *claim: Any) -> None:
        if key in rows:
            raise EffectTaken
        call, step, until = claim
        rows[key] = [str(run), call, step, False, until]

    def _done(self, rows: dict[str, list[Any]], key: str, run: UUID, call: str) -> None:
        if rows.get(key, ())[:2] == [str(run), call]:
            rows[key][3] = True

    def _free(self, rows: dict[str, list[Any]], key: str, run: UUID, call: str) -> None:
        if rows.get(key, ())[:2] == [str(run), call]:
            del rows[key]


class MemoryStore(StorePort):
    """The store of one held run in memory."""

    def __init__(self, held: Lease, journals: Journals) -> None:
        super().__init__(held)
        self.journals = journals

    async def _append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        claims = self.journals.claims.after(beside)
        last = self.journals.append(self.run, rows, self.epoch, seq, projection)
        self.journals.claims.rows = claims
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

    async def _spilled(self, mark: Mapping[str, Json]) -> Json:
        return spill.read(self.journals.lives[self.run].blobs[mark["sha256"]], mark)

    async def _late(self, origin: run_ledger.EventOrigin, event: CallLate) -> None:
        late = self.journals.lives[self.run].state.late + (not event.harmless)
        self.journals.append(
            self.run, run_ledger.rows([event], origin)[0], None, None, {"late": late}
        )

    async def let_go(self) -> None:
        return None
