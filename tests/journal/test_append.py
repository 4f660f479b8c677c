"""Appending: one statement that fences, numbers, chains and moves the ledger's row, or changes
nothing.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from channels.db import database_sync_to_async
from django.db import DatabaseError, connection, transaction
from psycopg.pq import TransactionStatus

from console.journal import append as journal
from console.journal import encoding, pool, proof, spill
from console.journal.append import Fenced
from console.journal.ledger import HOUSE, Ledger
from console.journal.records import HOUSE_KEY
from console.journal.statement import projected
from tests.journal.ledgers import AT, DESK, chain, record, write
from tests.patience import PATIENCE


@pytest.fixture
def raw(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    with pool.pool().connection() as borrowed:
        yield borrowed
    pool.close()


def ledger_row(key: UUID) -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, head FROM journal_chain WHERE id = %s", [key])
        seq, head = cursor.fetchone()
    return seq, bytes(head)


@pytest.mark.django_db
def test_what_was_appended_is_read_back() -> None:
    key = chain()
    made = record(
        7,
        usd=Decimal("0.000000001"),
        duration=0.25,
        span="a" * 16,
        outcome="ok",
        tokens_in=3,
        data={"result": {"a": [1, 2.5, "ü␀"]}},
    )
    appended = journal.append(connection, DESK, key, [made], epoch=1, projection={})
    [stored] = journal.read(connection, key)
    assert stored.record == made
    assert (stored.run, stored.seq, appended.seq, appended.returned) == (
        key,
        1,
        1,
        {"lease_epoch": 1},
    )


@pytest.mark.django_db
def test_the_ledger_ends_where_the_chain_ends() -> None:
    key = chain()
    rows = [encoding.row(record(number)) for number in range(3)]
    journal.append(connection, DESK, key, rows, epoch=1, projection={"lease_epoch": 5})
    # a chain begins with its own name, so that it cannot be passed off as another's
    link = key.bytes
    for row in rows:
        link = hashlib.sha256(link + row.digest).digest()
    assert ledger_row(key) == (3, link)


@pytest.mark.django_db
@pytest.mark.parametrize(("epoch", "seq"), [(2, None), (1, 4), (None, 0)])
def test_a_writer_who_believes_wrongly_changes_nothing(epoch: int | None, seq: int | None) -> None:
    key = chain(epoch=1)
    write(key)
    before = ledger_row(key)
    with pytest.raises(Fenced):
        journal.append(
            connection, DESK, key, [record()], epoch=epoch, seq=seq, projection={"lease_epoch": 9}
        )
    assert (ledger_row(key), len(journal.read(connection, key))) == (before, 3)


@pytest.mark.django_db
def test_a_chain_nobody_made_is_refused() -> None:
    with pytest.raises(Fenced):
        journal.append(connection, DESK, uuid4(), [record()], epoch=None, projection={})


@pytest.mark.django_db
def test_only_projected_columns_can_be_set() -> None:
    with pytest.raises(ValueError, match="seq"):
        journal.append(connection, DESK, chain(), [record()], epoch=None, projection={"seq": 7})
    with pytest.raises(ValueError, match="nothing"):
        journal.append(connection, DESK, chain(), [], epoch=None, projection={})


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_any_number_of_records_is_one_chain(count: int) -> None:
    key = chain()
    appended = journal.append(
        connection,
        DESK,
        key,
        [record(number) for number in range(count)],
        epoch=1,
        seq=0,
        projection={"lease_epoch": 2},
    )
    stored = journal.read(connection, key)
    assert [each.seq for each in stored] == list(range(1, count + 1))
    assert [each.record.step for each in stored] == list(range(count))
    assert [each.id for each in stored] == sorted(each.id for each in stored)
    assert (appended.seq, appended.returned) == (count, {"lease_epoch": 2})
    assert proof.prove(journal.raw_connection(connection)).faults == []


@pytest.mark.django_db
def test_reading_begins_after_a_place_and_ends_at_a_limit() -> None:
    key = chain()
    write(key, *(record(number) for number in range(10)))
    assert [each.seq for each in journal.read(connection, key, after=4, limit=3)] == [5, 6, 7]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_takes_its_events_along() -> None:
    key = chain()
    with transaction.atomic():
        write(key)
        transaction.set_rollback(True)
    assert ledger_row(key) == (0, b"")


def test_two_writers_at_once_lose_nothing_and_break_nothing(raw: psycopg.Connection[Any]) -> None:
    key = chain(epoch=1)

    def worker() -> None:
        with pool.pool().connection() as own:
            for number in range(100):
                journal.append(
                    own, DESK, key, [record(number), record(number)], epoch=1, projection={}
                )

    def operator() -> None:
        for number in range(50):
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT seq FROM journal_chain WHERE id = %s FOR UPDATE", [key])
                journal.append(
                    connection,
                    DESK,
                    key,
                    [record(number)],
                    epoch=None,
                    projection={"lease_epoch": 1},
                )
        connection.close()

    at_once(worker, worker, operator, operator)
    assert [each.seq for each in journal.read(raw, key)] == list(range(1, 501))
    assert proof.prove(raw).faults == []


def test_of_writers_that_believe_the_same_seq_one_wins(raw: psycopg.Connection[Any]) -> None:
    key = chain(epoch=1)

    def contender() -> str:
        with pool.pool().connection() as own:
            try:
                journal.append(own, DESK, key, [record()], epoch=1, seq=0, projection={})
            except Fenced:
                return "fenced"
            return "won"

    assert sorted(at_once(*[contender] * 5)) == ["fenced"] * 4 + ["won"]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returns, all of them begun together; an act's failure is the test's."""
    start = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        start.wait(PATIENCE)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(begin, acts))


@pytest.mark.django_db
@pytest.mark.parametrize("attempt", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["journal_event", "journal_blob"])
def test_nobody_changes_or_removes_what_is_there(attempt: str, table: str) -> None:
    attempt = attempt.replace("id = id", "size = size") if table == "journal_blob" else attempt
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attempt.format(table))


@pytest.mark.django_db
def test_a_note_is_an_event_of_the_house() -> None:
    before = len(journal.read(connection, HOUSE_KEY))
    journal.note(kind="halt.pulled", actor="user:anna", at=AT, data={"what": "everything"})
    stored = journal.read(connection, HOUSE_KEY)
    assert len(stored) == before + 1
    assert (stored[-1].record.kind, stored[-1].record.data) == (
        "halt.pulled",
        {"what": "everything"},
    )


@pytest.mark.django_db
def test_dirty_text_in_the_projection_is_cleaned_and_cut() -> None:
    ledger = Ledger("journal_chain", projected=("lease_epoch",), widths={"lease_epoch": 3})
    assert projected(ledger, "lease_epoch", "a\x00bcd") == "a␀…"


@pytest.mark.django_db
def test_a_fifty_megabyte_result_is_kept_whole() -> None:
    big = {"rows": ["ünïcödé " * 1_000] * 5_500}
    key = chain()
    appended = journal.append(
        connection,
        HOUSE,
        key,
        [record(data={"call": "1", "result": big})],
        epoch=None,
        projection={},
    )
    mark = spill.marker(appended.records[0].data["result"])
    assert mark is not None
    assert mark["size"] > 50_000_000
    assert spill.load(journal.raw_connection(connection), mark) == big
    assert proof.prove(journal.raw_connection(connection)).faults == []


@pytest.mark.django_db
def test_a_big_value_belongs_to_one_event_and_is_kept_once_however_often_it_is_appended() -> None:
    key = chain()
    rows = [encoding.row(record(number, data={"result": "x" * 100_000})) for number in range(3)]
    with pytest.raises(journal.Fenced):
        journal.append(connection, DESK, key, rows, epoch=1, seq=7, projection={})
    journal.append(connection, DESK, key, rows, epoch=1, projection={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT owner FROM journal_blob")
        assert {bytes(owner) for (owner,) in cursor.fetchall()} == {row.digest for row in rows}
        assert cursor.rowcount == 3


@pytest.mark.django_db
def test_big_arguments_are_read_back_whole_and_big_results_as_markers() -> None:
    key = chain()
    write(
        key, record(data={"args": {"text": "x" * 100_000}}), record(data={"result": "y" * 100_000})
    )
    arguments, result = journal.read(connection, key)
    assert arguments.record.data == {"args": {"text": "x" * 100_000}}
    assert list(result.record.data["result"]) == ["$spilled"]


@pytest.mark.django_db(transaction=True)
async def test_an_append_on_a_loop_is_the_same_statement() -> None:
    key = await database_sync_to_async(chain)()
    rows = [encoding.row(record(number, data={"result": "x" * 70_000})) for number in range(3)]
    async with await psycopg.AsyncConnection.connect(pool.conninfo(), autocommit=True) as own:
        during: list[int] = []
        last = await journal.append_on_loop(
            own,
            DESK,
            key,
            rows,
            epoch=1,
            seq=0,
            projection={"lease_epoch": 1},
            meanwhile=lambda: during.append(own.pgconn.transaction_status),
        )
        with pytest.raises(Fenced):
            await journal.append_on_loop(own, DESK, key, rows, epoch=1, seq=0, projection={})
    assert last == 3
    assert during == [TransactionStatus.ACTIVE]
    assert (
        await database_sync_to_async(
            lambda: proof.prove(journal.raw_connection(connection)).faults
        )()
        == []
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [journal.AT_ONCE, journal.AT_ONCE + 1, 3 * journal.AT_ONCE])
async def test_however_many_records_a_commit_on_a_loop_has_all_or_none_are_written(
    count: int,
) -> None:
    key = await database_sync_to_async(chain)()
    rows = [encoding.row(record(number)) for number in range(count)]
    async with await psycopg.AsyncConnection.connect(pool.conninfo(), autocommit=True) as own:
        write = partial(journal.append_on_loop, own, DESK, key, rows, epoch=1)
        during: list[int] = []
        seen = partial(during.append, 1)
        last = await write(seq=0, projection={"lease_epoch": 1}, meanwhile=seen)
        with pytest.raises(Fenced):
            await write(seq=0, projection={})
        with pytest.raises(psycopg.Error):
            await write(seq=count, projection={"lease_epoch": "no number"})
    assert (last, len(during)) == (count, 1)
    written = await database_sync_to_async(lambda: journal.read(connection, key))()
    assert [row.seq for row in written] == [*range(1, count + 1)]
    faults = await database_sync_to_async(
        lambda: proof.prove(journal.raw_connection(connection)).faults
    )()
    assert faults == []


OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name ="
    " 'signalbox-journal' AND pid <> pg_backend_pid()"
)


def test_the_pool_replaces_connections_the_server_has_dropped(raw: psycopg.Connection[Any]) -> None:
    with pool.pool().connection() as doomed:
        pid = doomed.info.backend_pid
    raw.execute(OTHERS)
    with pool.pool().connection() as fresh:
        assert fresh.execute("SELECT 1").fetchone() == (1,)
        assert fresh.info.backend_pid != pid
