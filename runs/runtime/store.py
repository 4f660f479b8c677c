"""The journal of one held run, from the process's loop: append under lease and seq, read what is new. Connections are borrowed, never held.

A database that is away for a while is waited for: what a call brought back must not be lost for a restart of the server.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from console.journal import append as journal
from console.journal import pool
from console.journal.away import AWAY, AsyncPool, away
from console.journal.encoding import Row
from console.journal.records import Stored
from runs.engine.effects import Statement
from runs.runtime import handles, lease, ledger
from runs.runtime.lease import Lease
from runs.runtime.patience import Wait, patiently

Connection = psycopg.AsyncConnection[Any]
Meanwhile = Callable[[], None] | None
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
        found = AsyncPool(
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
        wait = Wait(self.run)
        while True:
            try:
                return await self._appended(rows, seq, projection, beside, meanwhile, wait)
            except AWAY as error:
                await wait.after(error)

    async def _appended(
        self, rows: Sequence[Row], seq: int, projection: Mapping[str, object], beside: Sequence[Statement], meanwhile: Meanwhile, wait: Wait
    ) -> int:
        try:
            return await self._append(rows, seq, projection, beside, meanwhile)
        except journal.Fenced:
            return await self._fenced(rows, seq, doubtful=not wait.first)

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
        except BaseException as error:
            keep = False
            if away(error):
                await connection.close()
            raise
        finally:
            if not keep:
                await self.let_go()

    async def keep(self, owner: str) -> bool:
        """Renew the lease, also one that has run out and that nobody has taken meanwhile; False when it is another's."""

        async def renewed() -> bool:
            async with (await connections()).connection() as connection:
                found = await connection.execute(lease.KEEP, (lease.TTL, self.run, owner, self.epoch))
                return await found.fetchone() is not None

        return await patiently(self.run, renewed)

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
        return await patiently(self.run, lambda: asyncio.to_thread(self.read_now, after))

    def read_now(self, after: int) -> list[Stored]:
        with pool.pool().connection() as connection:
            return journal.read(connection, self.run, after=after)
