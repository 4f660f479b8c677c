"""The index of words: made of what was committed, whoever drew an earlier id."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import psycopg
import pytest
from django.db import connection

from console.journal import append, content_index, content_search, index_state, pool
from console.journal import content_words as words
from console.journal.content_search import WantedWords
from console.journal.records import ALWAYS_HIDDEN, USER_HIDDEN, VISIBLE
from console.journal.visibility import Clearance
from tests.journal.ledgers import DESK, chain, record, write

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
OPERATOR, VIEWER = frozenset({VISIBLE, USER_HIDDEN}), frozenset({VISIBLE})


def found(text: str, clearance: Clearance = OPERATOR, **how: Any) -> list[int]:
    asked = tuple((words.WORD, word) for word in words.asked(text))
    return content_search.having(WantedWords((asked,), **how), clearance)


def said(*texts: str, visibility: str = VISIBLE) -> None:
    write(chain(), *(record(data={"text": text}, visibility=visibility) for text in texts))


@pytest.fixture
def other() -> Iterator[psycopg.Connection[Any]]:
    """A writer of its own, in a transaction that is not over."""
    with psycopg.connect(pool.conninfo()) as writer:
        yield writer
        writer.rollback()


def test_words_are_found_before_and_after_a_round() -> None:
    said("refund the lamp", "the parcel is lost")
    before = found("refund")
    assert content_index.go_round(5).events == 2
    assert (len(before), found("refund")) == (1, before)
    assert index_state.read().upto == index_state.read().seen > 0


@pytest.mark.parametrize("rounds", [0, 1])
def test_what_happened_to_the_house_is_found_by_what_it_was_done_to(rounds: int) -> None:
    change = {"budget": "small-day", "id": 4, "change": {"note": ["", "for Mia"]}}
    append.note(kind="budget.changed", actor="user:anna", at=AT, data=change)
    write(chain(), record(data={"call": "1.1", "budget": "small-day"}))
    for _ in range(rounds):
        content_index.go_round(5)
    assert [len(found(text)) for text in ("small-day", "mia", "small day")] == [1, 1, 1]


def test_a_second_round_finds_nothing_to_do() -> None:
    said("refund")
    content_index.go_round(5)
    assert content_index.go_round(5).events == 0
    assert content_index.lag() == 0


@pytest.mark.parametrize("rounds", [0, 1])
def test_nobody_finds_what_they_may_not_read(rounds: int) -> None:
    said("refund", visibility=USER_HIDDEN)
    said("refund", visibility=ALWAYS_HIDDEN)
    for _ in range(rounds):
        content_index.go_round(5)
    assert len(found("refund", OPERATOR)) == 1
    assert found("refund", VIEWER) == []
    assert len(found("refund", OPERATOR | {ALWAYS_HIDDEN})) == 1


def test_an_event_that_is_committed_late_is_found_once_it_is(
    other: psycopg.Connection[Any],
) -> None:
    key = chain()
    late = [record(data={"text": "late refund"}, visibility=VISIBLE)]
    append.append(other, DESK, key, late, epoch=None, projection={})
    said("early refund")
    content_index.go_round(5)
    assert len(found("refund")) == 1
    other.commit()
    content_index.go_round(5)
    assert len(found("refund")) == 2
    content_index.go_round(5)
    state = index_state.read()
    assert state.upto == state.settled == state.seen


def test_the_one_transaction_that_is_open_is_waited_for(other: psycopg.Connection[Any]) -> None:
    """PostgreSQL counts as running only what began before the newest transaction that is over."""
    said("early refund")
    key = chain()
    late = [record(data={"text": "late refund"}, visibility=VISIBLE)]
    append.append(other, DESK, key, late, epoch=None, projection={})
    for _ in range(3):
        content_index.go_round(5)
        assert index_state.read().settled < drawn()
    other.commit()
    assert len(found("refund")) == 2
    content_index.go_round(5)
    content_index.go_round(5)
    assert len(found("refund")) == 2
    assert index_state.read().upto == drawn()


def test_of_two_that_are_open_the_later_one_is_waited_for_as_well(
    other: psycopg.Connection[Any],
) -> None:
    key = chain()
    late = [record(data={"text": "late refund"}, visibility=VISIBLE)]
    with psycopg.connect(pool.conninfo()) as earlier:
        earlier.execute("SELECT pg_current_xact_id()")
        append.append(other, DESK, key, late, epoch=None, projection={})
        content_index.go_round(5)
        earlier.commit()
        for _ in range(3):
            content_index.go_round(5)
            assert index_state.read().settled < drawn()
    other.commit()
    content_index.go_round(5)
    assert len(found("refund")) == 1


def drawn() -> int:
    """The newest id that was drawn."""
    with connection.cursor() as cursor:
        cursor.execute(content_index.LAST_GIVEN)
        return int(cursor.fetchone()[0])


def test_pages_follow_each_other_in_both_directions() -> None:
    said(*(f"refund {number}" for number in range(7)))
    content_index.go_round(5)
    said("refund 7", "refund 8")
    first = found("refund", limit=4)
    rest = found("refund", limit=9, after=first[-1])
    newest = found("refund", limit=4, newest_first=True)
    assert first + rest == sorted(first + rest)
    assert len(first + rest) == 9
    assert newest == list(reversed(rest))[:4]
    assert found("refund", limit=2, newest_first=True, before=newest[-1]) == [rest[0], first[-1]]


def test_a_search_reaches_over_buckets() -> None:
    said("refund")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('journal_event_id_seq', %s)", [5 << words.SPAN])
    said("refund")
    content_index.go_round(5)
    assert len(found("refund")) == 2
    assert len(found("refund", newest_first=True, limit=1)) == 1


def test_no_key_waits_in_a_list_that_every_search_would_have_to_read() -> None:
    said("refund", "lamp")
    content_index.go_round(5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('journal_indexed_keys')")
        assert cursor.fetchone() == (0,)


def test_every_word_has_to_be_there() -> None:
    said("refund the lamp", "refund the parcel")
    content_index.go_round(5)
    assert len(found("parcel refund")) == 1
    assert found("parcel lamp") == []


def test_each_word_of_all_combinations_is_looked_up_once() -> None:
    said("refund the lamp", "refund the parcel", "the lamp is lost", "the parcel is late", "refund")
    write(chain(), record(data={"text": "refund the lamp"}, visibility=ALWAYS_HIDDEN))
    content_index.go_round(5)
    things, what = ("lamp", "parcel"), ("refund", "lost")
    ways = tuple(product(*([(words.WORD, each) for each in some] for some in (things, what))))
    together = content_search.having(WantedWords(ways), OPERATOR)
    apart = [content_search.having(WantedWords((way,)), OPERATOR) for way in ways]
    assert together == sorted({each for ids in apart for each in ids})
    assert len(together) == 3
    assert content_search.looked_up(ways, VIEWER).count("bucket") == len(things) + len(what)
    assert content_search.looked_up(ways[:3], VIEWER).count("bucket") == 3 * 2


def test_rebuilding_gives_the_same_again() -> None:
    said("refund", "lamp")
    content_index.go_round(5)
    before = found("refund")
    content_index.rebuild()
    assert index_state.read().upto == 0
    content_index.go_round(5)
    assert found("refund") == before


def test_a_restored_database_waits_for_no_transaction_of_another() -> None:
    said("refund")
    content_index.go_round(5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_indexing SET waiting = upto, waiting_for = 1 << 60")
    said("lamp")
    content_index.go_round(5)
    content_index.go_round(5)
    assert index_state.read().upto == index_state.read().seen
