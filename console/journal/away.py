"""Which errors of a database mean that it is away for a while: gone, restarting, full, or no longer
the one that takes writes.

A fail-over that keeps connections open shows itself as a server that has become read-only. A
connection that said any of this is closed and never handed out again, so that the next one finds
whoever answers at the address now.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
import psycopg_pool

AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""Errors after which the same may be tried again later. Of what was asked, some may have been done.
"""
# a limit of the program's: an OperationalError all the same, but waiting does not help
TOO_MUCH = "54"


def away(error: BaseException) -> bool:
    """Whether waiting may help."""
    return isinstance(error, AWAY) and not str(getattr(error, "sqlstate", "") or "").startswith(
        TOO_MUCH
    )


class Pool(psycopg_pool.ConnectionPool[psycopg.Connection[Any]]):
    """A pool that forgets a connection on which the database was away."""

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[psycopg.Connection[Any]]:
        with super().connection(timeout) as connection:
            try:
                yield connection
            except psycopg.Error as error:
                if away(error):
                    connection.close()
                raise


class AsyncPool(psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection[Any]]):
    """The same for an event loop."""

    @asynccontextmanager
    async def connection(
        self, timeout: float | None = None
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with super().connection(timeout) as connection:
            try:
                yield connection
            except psycopg.Error as error:
                if away(error):
                    await connection.close()
                raise
