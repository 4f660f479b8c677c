"""The store of a held run in PostgreSQL, used from the process's loop. Connections are borrowed,
never held.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from django.conf import settings
from psycopg.errors import UniqueViolation

from console.journal import append, libpq_wire, pool, spill
from console.journal.encoding import EncodedRow
from console.journal.libpq_wire import Connection
from console.journal.outage import AsyncPool, away
from console.journal.records import Stored
from console.json_value import Json
from runs.engine.actions import Statement
from runs.engine.events import CallLate
from runs.runtime import effect_claims, handles, late, lease, run_ledger
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.lease import Lease
from runs.runtime.store_port import LeaseLost as LeaseLost
from runs.runtime.store_port import Meanwhile, StorePort
from runs.runtime.store_port import Moved as Moved

_pools: dict[asyncio.AbstractEventLoop, AsyncPool] = {}


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


def taken(error: BaseException) -> bool:
    """Whether another run has claimed the effect that this transaction was to claim."""
    return isinstance(error, UniqueViolation) and error.diag.constraint_name == effect_claims.ONCE


class PostgresStore(StorePort):
    """The journal of one run in PostgreSQL.

    While its run is the only one of the process it keeps a connection; `let_go` of it when the run
    is left.
    """

    def __init__(self, lease: Lease) -> None:
        super().__init__(lease)
        self._kept: Connection | None = None

    async def _append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        alone = keep = handles.alone()
        connection = self._kept = self._kept or await (await connections()).getconn()
        write = partial(
            append.append_on_loop,
            connection,
            run_ledger.RUNS,
            self.run,
            rows,
            epoch=self.epoch,
            seq=seq,
            projection=projection,
        )

        async def committed() -> int:
            if not beside:
                return await write(meanwhile=meanwhile, alone=alone)
            async with connection.transaction():
                last = await write(meanwhile=meanwhile, alone=alone)
                for text, params in beside:
                    await connection.execute(text, params)
            return last

        try:
            try:
                return await committed()
            except libpq_wire.DROPPED:
                if not beside and len(rows) <= append.AT_ONCE:
                    raise
                # the transaction was rolled back, so nothing of it was done: its statements are
                # prepared anew, or what a call has brought back would be lost with them
                return await committed()
        except BaseException as error:
            keep = False
            if away(error):
                await connection.close()
            if taken(error):
                raise EffectTaken from error
            raise
        finally:
            if not keep:
                await self.let_go()

    async def _renew(self, owner: str) -> bool:
        async with (await connections()).connection() as connection:
            found = await connection.execute(lease.KEEP, (lease.TTL, self.run, owner, self.epoch))
            return await found.fetchone() is not None

    async def let_go(self) -> None:
        """Give back the connection, if one was kept."""
        connection, self._kept = self._kept, None
        if connection is not None:
            await (await connections()).putconn(connection)

    async def _epoch(self) -> int | None:
        async with (await connections()).connection() as connection:
            query = "SELECT lease_epoch FROM runs_run WHERE id = %s"
            row = await (await connection.execute(query, (self.run,))).fetchone()
        return None if row is None else int(row[0])

    async def _read(self, after: int) -> list[Stored]:
        """Reading is rare on the loop (a request was heard); it goes to a thread so that a long one
        blocks nobody.
        """
        return await asyncio.to_thread(self.read_now, after)

    def read_now(self, after: int) -> list[Stored]:
        with pool.pool().connection() as connection:
            return append.read(connection, self.run, after=after)

    async def _spilled(self, mark: Mapping[str, Json]) -> Json:
        def load() -> Json:
            with pool.pool().connection() as connection:
                return spill.load(connection, mark)

        return await asyncio.to_thread(load)

    async def _late(self, origin: run_ledger.EventOrigin, event: CallLate) -> None:
        await asyncio.to_thread(late.write, origin, event)
