"""A connection whose named statements are gone costs no commit, not within a transaction either:
what a call has brought back is in it.
"""

from collections.abc import Iterator

import pytest

from console.journal import append as journal
from console.journal import pool
from runs.runtime import postgres_store
from tests.conformance.conftest import InPostgres
from tests.conformance.test_store import append, hint, kinds, leased, shipped, taken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Iterator[InPostgres]:
    """A run in PostgreSQL, whose store has one connection."""
    place = InPostgres()
    place.play(postgres_store.close())
    yield place
    place.play(postgres_store.close())
    pool.close()


async def forgotten() -> None:
    """Forget all statements of the store's connections, as psycopg does after a rollback."""
    found = await postgres_store.connections()
    lent = [await found.getconn() for _ in range(found.get_stats()["pool_size"])]
    for connection in lent:
        await connection.execute("DEALLOCATE ALL")
        await found.putconn(connection)


def test_a_commit_with_something_beside_its_events_is_made_once_more(place: InPostgres) -> None:
    held = taken(place)
    seq = append(place, held, 1, leased(held))
    seq = append(place, held, seq, hint(1), beside=shipped(held, "a", call="1.1"))
    place.play(forgotten())
    assert append(place, held, seq, hint(2), beside=shipped(held, "b", call="1.2")) == seq + 1
    assert kinds(place, held)[-2:] == ["hint.given", "hint.given"]


def test_a_commit_of_many_events_is_made_once_more(place: InPostgres) -> None:
    held = taken(place)
    many = [hint(number) for number in range(journal.AT_ONCE + 1)]
    seq = append(place, held, append(place, held, 1, leased(held)), *many)
    place.play(forgotten())
    assert append(place, held, seq, *many) == seq + len(many)
