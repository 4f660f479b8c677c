"""The store of a held run as a simulated process reaches it:
away now and then, and whoever appends may die before or after.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import psycopg

from console.journal.encoding import EncodedRow
from console.journal.records import Stored
from console.json_value import Json
from runs.engine.actions import Statement
from runs.engine.events import CallLate
from runs.runtime import run_ledger
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.lease import Lease
from runs.runtime.store_port import LeaseLost, Meanwhile
from runs.simulation.journals import MemoryStore

if TYPE_CHECKING:
    from runs.simulation.workers import SimulatedWorker

COMMIT, LONG_COMMIT = 0.02, 2.0
"""Seconds that a commit takes at most, and one that waits for a disk or a lock."""


class CountedStore(MemoryStore):
    """A store in memory whose database goes away, and whose worker dies before or after a write."""

    def __init__(self, held: Lease, worker: "SimulatedWorker") -> None:
        super().__init__(held, worker.world.journals)
        self.worker, self.world = worker, worker.world

    async def _append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        await self.worker.moment("before a commit", self.run)
        await self.worker.latency(LONG_COMMIT if self.world.happens("slow", 0.02) else COMMIT)
        kinds = {row.record.kind for row in rows}
        if self.world.seconds < self.world.away_until:
            self.world.watch.marks[
                f"database away at commit {'B' if 'call.returned' in kinds else 'A'}"
            ] += 1
        self.world.reach()
        suspect = self.journals.lives[self.run].row["suspect"]
        if meanwhile:
            meanwhile()
        try:
            last = await super()._append(rows, seq, projection, beside, None)
        except EffectTaken:
            self.world.watch.marks["an effect claimed by another run meanwhile"] += 1
            raise
        if suspect and projection.get("suspect") is False:
            self.world.watch.marks["a suspect cleared by a step forward"] += 1
        if self.world.happens("unknown", 0.02):
            raise psycopg.OperationalError("the connection was lost; it had arrived")
        await self.worker.moment("after a commit", self.run)
        return last

    async def _fenced(self, rows: Sequence[EncodedRow], seq: int, *, doubtful: bool) -> int:
        marks = self.world.watch.marks
        try:
            last = await super()._fenced(rows, seq, doubtful=doubtful)
        except LeaseLost:
            marks["a zombie refused by the journal's fence"] += 1
            raise
        except Exception:
            marks["an append moved"] += 1
            raise
        marks["an append that had arrived after all"] += 1
        return last

    async def _epoch(self) -> int | None:
        await self.reached()
        return await super()._epoch()

    async def _renew(self, owner: str) -> bool:
        await self.reached()
        self.world.watch.marks["a call not begun by the local fence"] += 1
        return await super()._renew(owner)

    async def _read(self, after: int) -> list[Stored]:
        await self.reached()
        return await super()._read(after)

    def read_now(self, after: int) -> list[Stored]:
        self.world.reach()
        return super().read_now(after)

    async def _spilled(self, mark: Mapping[str, Json]) -> Json:
        await self.reached()
        return await super()._spilled(mark)

    async def _late(self, origin: run_ledger.EventOrigin, event: CallLate) -> None:
        await self.reached()
        await super()._late(origin, event)

    async def reached(self) -> None:
        await self.worker.breath()
        self.world.reach()
