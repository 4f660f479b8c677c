"""A connection whose named statements are gone costs no commit, not within a transaction either:
what a call has brought back is in it.
"""

from collections.abc import Iterator

import pytest

from console.journal import append as journal
from console.journal import pool
from runs.runtime import postgres_store
from runs.runtime.store_port import StorePort
from tests.conformance.conftest import InPostgres
from tests.conformance.test_store import append, hint, kinds, leased, shipped, taken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Iterator[InPostgres]:
    """A run in PostgreSQL, the only one of its process, so that its store keeps a connection."""
    place = InPostgres()
    place.play(postgres_store.close())
    yield place
    place.play(postgres_store.close())
    pool.close()


async def forget(store: StorePort) -> None:
    """Forget all statements of the connection that the store keeps, as psycopg does after a
    rollback.
    """
    assert isinstance(store, postgres_store.PostgresStore)
    assert store._kept is not None
    await store._kept.execute("DEALLOCATE ALL")


def test_a_commit_with_something_beside_its_events_is_made_once_more(place: InPostgres) -> None:
    held = taken(place)
    store = place.store(held)
    seq = append(place, held, 1, leased(held), store=store)
    seq = append(place, held, seq, hint(1), store=store, beside=shipped(held, "a", call="1.1"))
    place.play(forget(store))
    beside = shipped(held, "b", call="1.2")
    assert append(place, held, seq, hint(2), store=store, beside=beside) == seq + 1
    assert kinds(place, held)[-2:] == ["hint.given", "hint.given"]
    place.play(store.let_go())


def test_a_commit_of_many_events_is_made_once_more(place: InPostgres) -> None:
    held = taken(place)
    store = place.store(held)
    many = [hint(number) for number in range(journal.AT_ONCE + 1)]
    seq = append(place, held, 1, leased(held), store=store)
    seq = append(place, held, seq, *many, store=store)
    place.play(forget(store))
    assert append(place, held, seq, *many, store=store) == seq + len(many)
    place.play(store.let_go())
