"""Tells a database from a pool that lends its connections for one transaction only (PgBouncer's
pool_mode=transaction).

Signalbox keeps named statements and locks for as long as a connection lives. Over such a pool, one
process would run the statements of another, so it is refused at start. Named by what it does, not
by what it is: any pool that does so is found.
"""

import sys
from typing import Any

import psycopg

PATIENCE = 5
TRIES = 8
SENTENCE = (
    "DATABASE_URL leads to a pool that lends a connection for one transaction only (PgBouncer's"
    " pool_mode=transaction or statement), and Signalbox keeps statements and locks for a"
    " connection's life: name the database itself, or a pool with pool_mode=session"
)
PoolerConnection = psycopg.Connection[Any]


class Lends(Exception):
    """The pool lends a connection for one transaction only.

    A sentence for whoever typed the address.
    """

    def __init__(self) -> None:
        super().__init__(SENTENCE)


def refuse(dsn: str) -> None:
    """Raise Lends when the address is such a pool. A database that cannot be reached is told of
    elsewhere.
    """
    try:
        one, two = (
            psycopg.connect(dsn, connect_timeout=PATIENCE, prepare_threshold=None) for _ in range(2)
        )
    except psycopg.Error:
        return
    with one, two:
        one.autocommit = two.autocommit = True
        if lends(one, two):
            raise Lends


def refuse_or_exit(dsn: str) -> None:
    """End a process that begins with the sentence of the refusal, if there is one."""
    try:
        refuse(dsn)
    except Lends as lends:
        sys.exit(f"signalbox: {lends}")


def lends(one: PoolerConnection, two: PoolerConnection) -> bool:
    """Whether transactions of `one` meet different servers, or the very server that `two` has while
    both are connected.

    Tried several times: while others use the pool, a server may come back by chance.
    """
    try:
        return any(_differ(one, two) for _ in range(TRIES))
    except psycopg.Error as error:
        return "pooling" in str(error)  # in statement mode a pool refuses to begin a transaction


def _differ(one: PoolerConnection, two: PoolerConnection) -> bool:
    before = {_server(one), _server(one)}
    with two.transaction():
        # in this order: a pool of one server has none left for the second question
        return len(before) > 1 or _server(two) in before or _server(one) not in before


def _server(connection: PoolerConnection) -> int:
    with connection.transaction():
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
