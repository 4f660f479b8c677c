"""Runs' journals in memory: what the journal's append does in SQL, done in plain Python; and the
store of a held run over them.

Held to the same conformance suite as PostgreSQL's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
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
from runs.simulation.lives import FoldedRow, SimulatedRun

OnAppend = Callable[[SimulatedRun, Sequence[FoldedRow]], None]


def unheard(life: SimulatedRun, folded: Sequence[FoldedRow]) -> None:
    """Does nothing: nobody listens."""


def in_order(rows: Iterable[Stored], state: RunState) -> Iterator[FoldedRow]:
    """Each of these rows read back, and folded onto the state after the one before it."""
    for row in rows:
        state, [event] = run_ledger.replayed([row], state)
        yield FoldedRow(event, state)


class Journals(Leases):
    """The journals of all runs. `heard` is told of every append, with what it was folded to."""

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
        folded = [*in_order(added, life.state)]
        life.stored.extend(added)
        life.folded.extend(folded)
        for blob in (blob for row in rows for blob in row.blobs):
            life.blobs[blob.sha256.hex()] = blob.content
        life.row |= project(life.state) if projection is None else projection
        self.heard(life, folded)
        return len(life.stored)

    def say(
        self, run: UUID, events: Sequence[RunEvent], projection: Mapping[str, object] | None = None
    ) -> None:
        """Append as a person's act does: outside of any lease, in order with all else."""
        life = self.lives[run]
        rows, _ = run_ledger.rows(events, life.origin)
        self.append(run, rows, None, None, projection)


@dataclass(slots=True)
class ClaimRow:
    """A row of the table of claims."""

    run: str
    call: str
    step: int
    until: datetime
    done: bool = False
    holds: bool = True


class ClaimsInMemory:
    """Effects taken over all runs, by key, oldest first: what `runs.runtime.effect_claims` does in
    SQL, done in plain Python.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.rows: dict[str, list[ClaimRow]] = {}

    def found(self, key: str, run: UUID) -> EarlierEffect | None:
        for row in self.rows.get(key, ()):
            if row.holds and row.until > self.clock() and row.run != str(run):
                return effect_claims.earlier([row.run, row.call, row.step, row.done, None])
        return None

    def after(self, beside: Sequence[Statement]) -> dict[str, list[ClaimRow]]:
        """The rows once these statements are done; others than those about claims are left alone.
        Raises EffectTaken.
        """
        made = [(self._made[text], *params) for text, params in beside if text in self._made]
        keys = {key for _, key, *_ in made}
        rows = self.rows | {key: list(map(replace, self.rows.get(key, ()))) for key in keys}
        for act, key, *rest in made:
            act(rows[key], *rest)
        return rows

    @cached_property
    def _made(self) -> Mapping[str, Callable[..., None]]:
        return {
            effect_claims.OVER: self._over,
            effect_claims.GIVE_WAY: self._give_way,
            effect_claims.TAKE: self._take,
            effect_claims.DONE: self._done,
            effect_claims.FREE: self._free,
        }

    def _over(self, claims: list[ClaimRow]) -> None:
        claims[:] = [each for each in claims if each.until > self.clock()]

    def _give_way(self, claims: list[ClaimRow], run: UUID, told: str) -> None:
        for each in claims:
            if each.run == str(run) or f"{each.run}/{each.call}" in told.split():
                each.holds = False

    def _take(
        self, claims: list[ClaimRow], run: UUID, call: str, step: int, until: datetime
    ) -> None:
        if any(each.holds for each in claims):
            raise EffectTaken
        claims.append(ClaimRow(str(run), call, step, until))

    def _done(self, claims: list[ClaimRow], run: UUID, call: str) -> None:
        for each in claims:
            each.done |= (each.run, each.call) == (str(run), call)

    def _free(self, claims: list[ClaimRow], run: UUID, call: str) -> None:
        gone = [each for each in claims if (each.run, each.call) == (str(run), call)]
        for each in gone:
            claims.remove(each)
        before = [each for each in claims if each.until > self.clock()]
        if before and any(each.holds for each in gone):
            before[-1].holds = True


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

    def replayed(
        self, stored: Sequence[Stored], state: RunState
    ) -> tuple[RunState, Sequence[RunEvent]]:
        """What these rows were folded to when they were appended, where it was from this state.

        A fold asks nobody, so it would come to the same: and that is most of what takeovers cost.
        """
        life, first = self.journals.lives[self.run], stored[0].seq
        if state is not life.state_after(first - 1):
            return super().replayed(stored, state)
        folded = life.folded[first - 1 : stored[-1].seq]
        return folded[-1].after, [row.event for row in folded]

    async def _spilled(self, mark: Mapping[str, Json]) -> Json:
        return spill.read(self.journals.lives[self.run].blobs[mark["sha256"]], mark)

    async def _late(self, origin: run_ledger.EventOrigin, event: CallLate) -> None:
        late = self.journals.lives[self.run].state.late + (not event.harmless)
        self.journals.append(
            self.run, run_ledger.rows([event], origin)[0], None, None, {"late": late}
        )

    async def let_go(self) -> None:
        return None
