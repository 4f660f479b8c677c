"""A journal of many events: every search walks an index."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.bench import audit, large_set
from console.bench.large_set_rows import LargeSet
from console.journal import append

LARGE = ("runs_run", "journal_event", "journal_indexed")
RUNS, EVENTS = 1_500, 15_000


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: pytest.FixtureDef[None]) -> Iterator[LargeSet]:
    """A house of its own, made once and taken away again."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        raw = append.raw_connection(connection)
        large_set.stamped(raw)
        made = large_set.people(RUNS, EVENTS)
        large_set.make(raw, made)
        yield made
        large_set.empty(raw)


def plans(statements: list[str]) -> Iterator[tuple[str, str]]:
    """Each reading statement with its plan, where an index is taken wherever one fits."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        for sql in statements:
            if sql.lstrip("( \n").startswith(("SELECT", "WITH")):
                cursor.execute(f"EXPLAIN {sql}")
                yield sql, "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")


def walked_whole(statements: list[str]) -> list[str]:
    """The statements that read a large table from end to end, or look into every text."""
    return [
        sql
        for sql, plan in plans(statements)
        if any(f"Seq Scan on {table}" in plan for table in LARGE) or "~~*" in plan
    ]


@pytest.mark.django_db(transaction=False)
def test_no_search_of_the_journal_reads_it_from_end_to_end(house: LargeSet) -> None:
    for case in audit.cases(house):
        with CaptureQueriesContext(connection) as seen:
            audit.searched(case)
        assert walked_whole([each["sql"] for each in seen.captured_queries]) == [], case.name
