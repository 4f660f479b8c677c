"""Statements driven through libpq on an event loop: rows come back as text, errors as psycopg's,
and neither spoils the connection.
"""

from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from console.journal import libpq_wire, pool
from console.journal.libpq_wire import Connection, WireRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def own() -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(
        pool.conninfo(), autocommit=True
    ) as connection:
        yield connection


async def asked(connection: Connection, text: str, *params: str | None) -> list[WireRow]:
    return await (await libpq_wire.send(connection, text, params)).receive()


async def test_rows_come_back_as_text(own: Connection) -> None:
    assert await asked(own, "SELECT $1::int + 1, $2::text UNION ALL SELECT 7, 'ü'", "41", None) == [
        ("42", None),
        ("7", "ü"),
    ]


async def test_a_statement_without_rows_gives_none(own: Connection) -> None:
    assert await asked(own, "SELECT 1 WHERE $1::bool", "false") == []


async def test_a_statement_is_prepared_once(own: Connection) -> None:
    for number in range(3):
        assert await asked(own, "SELECT $1::int", str(number)) == [(str(number),)]
    assert await asked(
        own, "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1", "SELECT $1::int"
    ) == [("1",)]


async def test_more_than_the_socket_takes_at_once_arrives_whole(own: Connection) -> None:
    text = "x" * 40_000_000
    assert await asked(own, "SELECT length($1), md5($1) = md5(repeat('x', 40000000))", text) == [
        (str(len(text)), "t")
    ]


async def test_an_error_is_psycopgs_and_leaves_a_connection_that_works(own: Connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await asked(own, "SELECT 1 / $1::int", "0")
    assert await asked(own, "SELECT 1 / $1::int", "1") == [("1",)]


async def test_what_the_parser_refuses_is_an_error_each_time(own: Connection) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            await asked(own, "SELECT * FROM nowhere")


async def test_a_nul_is_refused_before_anything_is_sent(own: Connection) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        await asked(own, "SELECT $1", "a\x00b")
    assert await asked(own, "SELECT 1") == [("1",)]


async def test_a_server_that_goes_away_is_an_operational_error(own: Connection) -> None:
    with psycopg.connect(pool.conninfo(), autocommit=True) as killer:
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", (own.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        await asked(own, "SELECT 1")


async def test_a_cursor_can_be_used_before_and_after(own: Connection) -> None:
    await own.execute("SELECT 1")
    assert await asked(own, "SELECT 2") == [("2",)]
    assert await (await own.execute("SELECT 3")).fetchone() == (3,)


async def test_statements_that_somebody_else_dropped_are_prepared_again_unseen_by_the_caller(
    own: Connection,
) -> None:
    assert await asked(own, "SELECT $1::int", "1") == [("1",)]
    await own.execute("DEALLOCATE ALL")
    assert await asked(own, "SELECT $1::int", "2") == [("2",)]


async def test_a_transaction_that_was_rolled_back_on_the_connection_costs_no_statement(
    own: Connection,
) -> None:
    """psycopg drops all statements of a connection after a rollback, if it had prepared any of its
    own.
    """
    assert await asked(own, "SELECT $1::int", "1") == [("1",)]
    await own.execute("SELECT 1", prepare=True)
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with own.transaction():
            await own.execute("SELECT 1 / 0")
    await own.execute("SELECT 2", prepare=True)
    assert await asked(own, "SELECT $1::int", "2") == [("2",)]


async def test_in_a_transaction_a_dropped_statement_is_an_error_as_any(own: Connection) -> None:
    assert await asked(own, "SELECT $1::int", "1") == [("1",)]
    await own.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        async with own.transaction():
            await asked(own, "SELECT $1::int", "2")
    assert await asked(own, "SELECT $1::int", "3") == [("3",)]
