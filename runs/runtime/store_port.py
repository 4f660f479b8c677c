"""The journal of one held run: append under lease and seq, read what is new. A subclass knows where
it is kept.

A store that is away is waited for: what a call brought back must not be lost to a restart of the
server.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from console.journal.append import Fenced
from console.journal.encoding import EncodedRow
from console.journal.outage import AWAY
from console.journal.records import Stored
from console.json_value import Json
from runs.engine.actions import Statement
from runs.engine.events import CallLate, RunEvent
from runs.engine.state import RunState
from runs.runtime import run_ledger
from runs.runtime.lease import Lease
from runs.runtime.patience import Wait, patiently
from runs.runtime.run_ledger import EventOrigin

log = logging.getLogger(__name__)
Meanwhile = Callable[[], None] | None


class LeaseLost(Exception):
    """Another worker holds the run now; this one has changed nothing and must stop."""


class Moved(Exception):
    """Somebody else appended meanwhile: read that, and decide again."""


class StorePort(ABC):
    """Where the events of `lease.run` go. Every append says which seq it believes to be the last.

    A subclass raises `Fenced` from `_append` when epoch or seq is not the row's, and one of
    `outage.AWAY` while it cannot be reached; what was asked for then may have been done wholly or
    not at all.
    """

    def __init__(self, lease: Lease) -> None:
        self.run: UUID = lease.run
        self.epoch: int = lease.epoch

    async def append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement] = (),
        meanwhile: Meanwhile = None,
    ) -> int:
        """Append `rows` and give the new last seq.

        Raises Moved when `seq` is not the last one any more, LeaseLost when the lease is not this
        worker's.

        Statements `beside` the events are part of the same transaction. `meanwhile` is called while
        the disk works, perhaps more than once.
        """
        wait = Wait(self.run)
        while True:
            try:
                return await self._appended(rows, seq, projection, beside, meanwhile, wait)
            except AWAY as error:
                await wait.after(error)

    async def _appended(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
        wait: Wait,
    ) -> int:
        try:
            return await self._append(rows, seq, projection, beside, meanwhile)
        except Fenced:
            return await self._fenced(rows, seq, doubtful=not wait.first)

    async def _fenced(self, rows: Sequence[EncodedRow], seq: int, *, doubtful: bool) -> int:
        """Why: the lease, somebody else's event, or (after a lost connection) our own append that
        had arrived after all.
        """
        if await self._epoch() != self.epoch:
            raise LeaseLost(f"run {self.run}: its epoch {self.epoch} is over")
        ours = [(row.record.kind, row.record.at) for row in rows]
        if (
            doubtful
            and [(each.record.kind, each.record.at) for each in await self.read(seq)][: len(ours)]
            == ours
        ):
            return seq + len(ours)
        raise Moved

    async def keep(self, owner: str) -> bool:
        """Renew the lease, even one that has expired, if nobody has taken it meanwhile; False when
        it is another worker's.
        """
        return await patiently(self.run, partial(self._renew, owner))

    async def read(self, after: int) -> list[Stored]:
        """Events after that seq."""
        return await patiently(self.run, partial(self._read, after))

    def replayed(
        self, stored: Sequence[Stored], state: RunState
    ) -> tuple[RunState, Sequence[RunEvent]]:
        """The state after these rows, and their events. Raises Unreadable."""
        return run_ledger.replayed(stored, state)

    async def late(self, origin: EventOrigin, event: CallLate) -> None:
        """Record what came back after the lease had ended, as soon as the store takes it."""
        what = "undo of " if event.undo else ""
        log.error(
            "run %s: %s%s (%s) came back after its lease had ended, epoch %s",
            self.run,
            what,
            event.tool,
            event.call,
            event.epoch,
        )
        await patiently(self.run, partial(self._late, origin, event))

    async def spilled(self, mark: Mapping[str, Json]) -> Json:
        """The value, too large for its row, that `mark` stands for. Raises LookupError when it was
        erased.
        """
        return await patiently(self.run, partial(self._spilled, mark))

    @abstractmethod
    async def _append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        """One attempt."""

    @abstractmethod
    async def _epoch(self) -> int | None:
        """The epoch of the run's lease, None when the run is gone."""

    @abstractmethod
    async def _renew(self, owner: str) -> bool: ...

    @abstractmethod
    async def _read(self, after: int) -> list[Stored]: ...

    @abstractmethod
    async def _spilled(self, mark: Mapping[str, Json]) -> Json: ...

    @abstractmethod
    async def _late(self, origin: EventOrigin, event: CallLate) -> None: ...

    @abstractmethod
    def read_now(self, after: int) -> list[Stored]:
        """Events after that seq, read from a thread that may block."""

    @abstractmethod
    async def let_go(self) -> None:
        """Give back whatever is kept between two appends."""
