"""Which errors of a database mean that it is away for a while: gone, restarting, full, or no longer
the one that takes writes.

A fail-over that keeps connections open shows itself as a server that has become read-only. A
connection that said any of this is closed and never handed out again, so that the next one finds
whoever answers at the address now.
"""

import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import psycopg
import psycopg_pool
from psycopg_pool.base import AttemptWithBackoff

AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""Errors after which the same may be tried again later. Of what was asked, some may have been done.
"""
AttemptWithBackoff.DELAY_BACKOFF = 1.0
"""Pools look for a server that is away once a second, however long it has been away: doubling the
pause, as they do by themselves, leaves the house without it for as long again as it was. No pool
has an option for it.
"""
# OperationalErrors all the same, after which waiting does not help: a limit of the program's, and a
# statement that was ended because it took too long
NOT_AWAY = ("54", "57014")


def away(error: BaseException) -> bool:
    """Whether the error is one after which waiting may help."""
    state = str(getattr(error, "sqlstate", "") or "")
    return isinstance(error, AWAY) and not state.startswith(NOT_AWAY)


class OutagePool(psycopg_pool.ConnectionPool[psycopg.Connection[Any]]):
    """A pool that forgets a connection on which the database was away, and knows who has which."""

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[psycopg.Connection[Any]]:
        with super().connection(timeout) as connection, _lent(connection):
            try:
                yield connection
            except psycopg.Error as error:
                if away(error):
                    connection.close()
                raise


_in_use: dict[int, list[psycopg.Connection[Any]]] = {}


@contextmanager
def _lent(connection: psycopg.Connection[Any]) -> Iterator[None]:
    mine = _in_use.setdefault(threading.get_ident(), [])
    mine.append(connection)
    try:
        yield
    finally:
        mine.remove(connection)
        if not mine:
            _in_use.pop(threading.get_ident(), None)


def break_off(thread: int) -> int:
    """Make whatever this thread waits for on a pool's connection fail at once, as if the server had
    closed it; gives on how many connections. For a server that neither answers nor goes away.
    """
    using = list(_in_use.get(thread, ()))
    for connection in using:
        # what has come back meanwhile, or is closed, needs nothing any more
        with (
            suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(connection.pgconn.socket)) as line,
        ):
            line.shutdown(socket.SHUT_RDWR)
    return len(using)


class AsyncPool(psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection[Any]]):
    """Connections for an event loop that fail fast while the database is away."""

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
