"""The journal of one held run, from the process's loop: append under lease and seq, read what is new. Connections are borrowed, never held.

A database that is away for a while is waited for: what a call brought back must not be lost for a restart of the server.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import psycopg_pool
from django.conf import settings

from console.journal import append as journal
from console.journal import pool
from console.journal.encoding import Row
from console.journal.records import Stored
from runs.engine.effects import Statement
from runs.runtime import handles, ledger
from runs.runtime.lease import Lease

log = logging.getLogger(__name__)
PATIENCE = 30
"""Attempts to reach a database that is away, a second apart."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout)

T = TypeVar("T")
Connection = psycopg.AsyncConnection[Any]
Meanwhile = Callable[[], None] | None
AsyncPool = psycopg_pool.AsyncConnectionPool[Connection]
_pools: dict[asyncio.AbstractEventLoop, AsyncPool] = {}


class LeaseLost(Exception):
    """Another worker holds the run now; this one has changed nothing and must stop."""


class Moved(Exception):
    """Somebody else appended meanwhile; read, and think again."""


async def connections() -> AsyncPool:
    """The loop's pool, opened on first use."""
    here = asyncio.get_running_loop()
    found = _pools.get(here)
    if found is None:
        found = psycopg_pool.AsyncConnectionPool(
            pool.conninfo(),
            kwargs={"autocommit": True, "application_name": "signalbox-runs"},
            min_size=1,
            max_size=settings.RUNS_POOL,
            name="runs",
            open=False,
        )
        _pools[here] = found
        await found.open()
    return found


async def close() -> None:
    """Close the loop's pool; the next use opens a new one."""
    found = _pools.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


async def patiently(run: UUID, work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, again and again while the database cannot be reached; it must be safe to repeat."""
    for attempt in range(PATIENCE):
        try:
            return await work()
        except AWAY:
            log.warning("run %s: the database cannot be reached, trying again", run, exc_info=attempt == 0)
            await asyncio.sleep(1)
    return await work()


class Store:
    """Where the events of `lease.run` go. Every append says which seq it believes to be the last.

    Remembers nothing but, while its run is the only one of the process, a connection; `let_go` of it when the run is left.
    """

    def __init__(self, lease: Lease) -> None:
        self.run: UUID = lease.run
        self.epoch: int = lease.epoch
        self._kept: Connection | None = None

    async def append(
        self, rows: Sequence[Row], seq: int, projection: Mapping[str, object], beside: Sequence[Statement] = (), meanwhile: Meanwhile = None
    ) -> int:
        """The new last seq. Raises Moved when `seq` was not the last one any more, LeaseLost when the lease is not ours.

        Statements `beside` the events are part of the same transaction. `meanwhile` is called while the disk turns, perhaps more than once.
        """
        for attempt in range(PATIENCE):
            try:
                return await self._append(rows, seq, projection, beside, meanwhile)
            except journal.Fenced:
                return await self._fenced(rows, seq, doubtful=attempt > 0)
            except AWAY:
                log.warning("run %s: the database cannot be reached, trying again", self.run, exc_info=attempt == 0)
                await asyncio.sleep(1)
        return await self._append(rows, seq, projection, beside, meanwhile)

    async def _append(
        self, rows: Sequence[Row], seq: int, projection: Mapping[str, object], beside: Sequence[Statement], meanwhile: Meanwhile
    ) -> int:
        alone = keep = handles.alone()
        connection = self._kept = self._kept or await (await connections()).getconn()
        write = partial(journal.append_on_loop, connection, ledger.RUNS, self.run, rows, epoch=self.epoch, seq=seq, projection=projection)
        try:
            if not beside:
                return await write(meanwhile=meanwhile, alone=alone)
            async with connection.transaction():
                last = await write(meanwhile=meanwhile, alone=alone)
                for text, params in beside:
                    await connection.execute(text, params)
            return last
        except BaseException:
            keep = False
            raise
        finally:
            if not keep:
                await self.let_go()

    async def let_go(self) -> None:
        """Give back the connection, if one was kept."""
        connection, self._kept = self._kept, None
        if connection is not None:
            await (await connections()).putconn(connection)

    async def _fenced(self, rows: Sequence[Row], seq: int, *, doubtful: bool) -> int:
        """Why: the lease, somebody else's event, or (after a lost connection) our own append that had arrived after all."""
        async with (await connections()).connection() as connection:
            query = "SELECT lease_epoch FROM runs_run WHERE id = %s"
            row = await (await connection.execute(query, (self.run,))).fetchone()
        if row is None or row[0] != self.epoch:
            raise LeaseLost(f"run {self.run}: its epoch {self.epoch} is over")
        ours = [(row.record.kind, row.record.at) for row in rows]
        if doubtful and [(each.record.kind, each.record.at) for each in await self.read(seq)][: len(ours)] == ours:
            return seq + len(ours)
        raise Moved

    async def read(self, after: int) -> list[Stored]:
        """Events after a seq. Reading is rare on the loop (a wish was heard); it goes to a thread so that a long one blocks nobody."""
        return await asyncio.to_thread(self.read_now, after)

    def read_now(self, after: int) -> list[Stored]:
        with pool.pool().connection() as connection:
            return journal.read(connection, self.run, after=after)
