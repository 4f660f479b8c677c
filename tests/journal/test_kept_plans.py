"""Statements that a connection is asked again are planned once, and give what they gave before."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from console.journal import kept_plans

pytestmark = pytest.mark.django_db
NUMBER = "SELECT count(*) FROM journal_event WHERE id < %s AND kind LIKE 'run.%%'"


def asked(*params: Any, text: str = NUMBER) -> tuple[list[tuple[object, ...]], str]:
    """What a statement gives, and how it was put to the database."""
    with (
        CaptureQueriesContext(connection) as seen,
        kept_plans.kept(),
        connection.cursor() as cursor,
    ):
        cursor.execute(text, params)
        rows = cursor.fetchall()
    return rows, seen.captured_queries[-1]["sql"]


def test_what_is_asked_again_is_not_planned_again() -> None:
    first, put = asked(1)
    assert put.startswith("SELECT")
    again, put = asked(1)
    assert put.startswith("EXECUTE")
    assert asked(1) == (again, put)
    assert again == first == [(0,)]


def test_other_values_are_another_statement() -> None:
    text = "SELECT %s::text, 'a 10%% share'"
    for _ in range(3):
        assert [asked(value, text=text)[0] for value in ("one", "it's")] == [
            [("one", "a 10% share")], [("it's", "a 10% share")],
        ]  # fmt: skip


def test_values_that_python_takes_for_the_same_are_another_statement() -> None:
    text = "SELECT pg_typeof(%s)::text"
    for _ in range(3):
        assert [asked(value, text=text)[0] for value in (1, True)] == [
            [("integer",)], [("boolean",)],
        ]  # fmt: skip


def test_values_with_names_are_put_as_they_are() -> None:
    for _ in range(3):
        for value in ("one", "two"):
            with kept_plans.kept(), connection.cursor() as cursor:
                cursor.execute("SELECT %(value)s::text", {"value": value})
                assert cursor.fetchall() == [(value,)]


def test_a_list_among_the_values_is_put_as_it_is() -> None:
    text = "SELECT 2 = ANY(%s)"
    assert [asked([1, 2], text=text) for _ in range(3)] == [asked([1, 2], text=text)] * 3


def test_only_so_many_plans_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_plans, "MOST_KEPT", 2)
    text = "SELECT %s::int"
    for _ in range(3):
        for number in range(5):
            assert asked(number, text=text)[0] == [(number,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'kept_%'")
        assert cursor.fetchone()[0] <= 2


def test_a_statement_that_fails_fails_each_time() -> None:
    for _ in range(3):
        with pytest.raises(DatabaseError), transaction.atomic():
            asked(0, text="SELECT 1 / %s::int")
    assert asked(1, text="SELECT 1 / %s::int")[0] == [(1,)]


def test_what_writes_is_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept (number int)")
    with kept_plans.kept(), connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("INSERT INTO kept VALUES (%s)", [1])
        cursor.execute("SELECT sum(number) FROM kept")
        assert cursor.fetchone() == (3,)
