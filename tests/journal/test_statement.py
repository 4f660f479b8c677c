"""The statement in its two forms: whichever a writer gets, the chain is the same and a writer who
came late changes nothing.
"""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from console.journal import append as journal
from console.journal import encoding, pool, proof
from console.journal.statement import OLD_ROWS, statement
from tests.journal.ledgers import DESK, chain, record
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
OLDER, CURRENT = OLD_ROWS - 1, OLD_ROWS
FENCE = ("lease_epoch", "seq")


@pytest.fixture
def own() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(pool.conninfo(), autocommit=True) as opened:
        yield opened


def appended(
    own: psycopg.Connection[Any], key: UUID, seq: int, count: int, server: int
) -> int | None:
    """The new last seq; None when the writer came too late."""
    rows = [encoding.row(record(seq + number)) for number in range(count)]
    text = statement(DESK, count, (), FENCE, server)
    params = [str(key), "1", str(seq), *(each for row in rows for each in row.params)]
    found = psycopg.RawCursor(own).execute(text, params).fetchone()
    return found[0] if found else None


def test_a_server_of_either_age_makes_one_unbroken_chain(own: psycopg.Connection[Any]) -> None:
    key, seq = chain(), 0
    for count in (1, 2, 3, 1, 5):
        for server in (OLDER, CURRENT):
            assert appended(own, key, seq, count, server) == seq + count
            seq += count
    assert [each.seq for each in journal.read(own, key)] == list(range(1, seq + 1))
    assert proof.prove(own).faults == []


@pytest.mark.parametrize("server", [OLDER, CURRENT])
@pytest.mark.parametrize("count", [1, 2])
def test_who_believes_in_a_seq_that_is_gone_changes_nothing(
    own: psycopg.Connection[Any], count: int, server: int
) -> None:
    key = chain()
    appended(own, key, 0, 2, server)
    assert appended(own, key, 1, count, server) is None
    assert len(journal.read(own, key)) == 2
    assert proof.prove(own).faults == []


@pytest.mark.parametrize("server", [OLDER, CURRENT])
@pytest.mark.parametrize("count", [1, 2])
def test_of_two_writers_at_one_seq_the_second_waits_and_changes_nothing(
    own: psycopg.Connection[Any], count: int, server: int
) -> None:
    key, late = chain(), list[int | None]()

    def second() -> None:
        with psycopg.connect(pool.conninfo(), autocommit=True, application_name="second") as other:
            late.append(appended(other, key, 0, count, server))

    with own.transaction():
        assert appended(own, key, 0, count, server) == count
        writer = threading.Thread(target=second)
        writer.start()
        waits_for_a_lock()
        assert not late
    writer.join(30)
    assert late == [None]
    assert len(journal.read(own, key)) == count
    assert proof.prove(own).faults == []


WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'second' AND wait_event_type ="
    " 'Lock'"
)


def waits_for_a_lock() -> None:
    """Once the second writer stands at the first one's row."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            return bool(cursor.fetchone() == (1,))

    until(waits, "the second writer never waited")
