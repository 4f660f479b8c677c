"""The journal's own connections: autocommit, at most a handful in a process, opened when first
needed, none kept over a fork.
"""

import os
import select
import threading
from typing import Any

import psycopg
import psycopg_pool
from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

from console.journal.outage import OutagePool

_lock = threading.Lock()
_pool: OutagePool | None = None
# pools of the process this one was forked from: kept so that nothing ever closes them from here
_parents: list[OutagePool] = []


def pool() -> OutagePool:
    """The process's pool.

    Connections are for one statement or one short transaction; give them back before any waiting.
    """
    global _pool
    with _lock:
        if _pool is None:
            _pool = _open()
        return _pool


def close() -> None:
    """Close the pool; the next use opens a new one."""
    global _pool
    with _lock:
        closing, _pool = _pool, None
    if closing is not None:
        closing.close()


def conninfo() -> str:
    """The address of the journal's database: a test runs on one of another name than the settings
    say.
    """
    return make_conninfo(
        settings.DATABASE_DSN, dbname=str(connections["default"].settings_dict["NAME"])
    )


def _open() -> OutagePool:
    return OutagePool(
        conninfo(),
        kwargs={"autocommit": True, "application_name": "signalbox-journal"},
        min_size=1,
        max_size=settings.JOURNAL_POOL,
        check=_alive,
        name="journal",
        open=True,
    )


def _alive(connection: psycopg.Connection[Any]) -> None:
    """Check a connection cheaply: an idle one has nothing to read, so only one with something to
    read is asked, since the server may be gone.
    """
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    if poll.poll(0):
        psycopg_pool.ConnectionPool.check_connection(connection)


def _forget() -> None:
    global _pool, _lock
    _lock = threading.Lock()
    if _pool is not None:
        _parents.append(_pool)
    _pool = None


os.register_at_fork(after_in_child=_forget)
