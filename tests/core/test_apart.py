"""One item that fails keeps none of the others back, is said once, and is counted; a database that
is away ends the round.
"""

import logging

import django.db
import psycopg
import pytest

from console.live import apart, rounds

ITEMS = (1, 2, 3)


def all_but_two(item: int) -> int:
    if item == 2:
        raise ValueError("not this one")
    return item


def test_the_others_are_dealt_with_and_what_was_left_out_is_named() -> None:
    tally = apart.each(ITEMS, all_but_two, "number")
    assert tally.done == 4
    assert tally.left_out == ["number 2: ValueError: not this one"]


def test_the_round_that_they_belong_to_says_what_it_left_out() -> None:
    assert rounds.go("counting", lambda: apart.each(ITEMS, all_but_two, "number").done) == 4
    (noted,) = [each for each in rounds.last() if each.name == "counting"]
    assert (noted.failures, noted.trouble) == (
        1,
        "1 left out, first number 2: ValueError: not this one",
    )
    rounds.go("counting", lambda: apart.each(ITEMS, bool, "number").done)
    assert [each.trouble for each in rounds.last() if each.name == "counting"] == [""]
    rounds.forget("counting")


def test_what_fails_round_after_round_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        apart.each(ITEMS, all_but_two, "digit")
    assert [record.levelno for record in caplog.records if "digit 2" in record.getMessage()] == [
        logging.ERROR
    ]
    apart.each(ITEMS, lambda _item: 1, "digit")
    apart.each(ITEMS, all_but_two, "digit")
    assert sum("digit 2" in record.getMessage() for record in caplog.records) == 2


def django_error(cause: psycopg.Error) -> django.db.Error:
    error = django.db.OperationalError("from Django")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection lost"),
        django_error(psycopg.OperationalError("connection lost")),
        psycopg.errors.AdminShutdown(),
        psycopg.errors.ReadOnlySqlTransaction(),
        django_error(psycopg.errors.CannotConnectNow()),
    ],
)
def test_a_database_that_is_away_is_no_items_fault(error: Exception) -> None:
    met: list[int] = []

    def act(item: int) -> None:
        met.append(item)
        raise error

    with pytest.raises(type(error)):
        apart.each(ITEMS, act, "number")
    assert met == [1]


@pytest.mark.parametrize(
    "error", [psycopg.errors.DeadlockDetected(), django_error(psycopg.errors.LockNotAvailable())]
)
def test_a_statement_that_failed_is_the_items_own_affair(error: Exception) -> None:
    def act(item: int) -> int:
        if item == 1:
            raise error
        return item

    assert apart.each(ITEMS, act, "number").done == 5
