"""A house of many runs and events: every list and every search walks an index, and a page makes as
many statements as is written down here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.bench import audit, fleet, large_set
from console.bench.large_set_house import LargeSet
from console.journal import append, kept_plans
from runs.models import Run
from runs.reading import fleet as reading
from runs.reading import fleet_summary, standing_runs
from runs.search import statement_limit
from runs.search.audit_address import AuditAddress

LARGE = ("runs_run", "journal_event", "journal_indexed", "journal_named", "insights_rollup")
RUNS, EVENTS = 1_500, 15_000
PAGES = (
    "/audit/", "/audit/?q=tool:refund", "/audit/?q=refund", "/runs/start/", "/tools/", "/policies/",
    "/policies/halt/", "/policies/breakers/", "/approvals/load/", "/approvals/standing/", "/docs/",
)  # fmt: skip
PATIENT = (
    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', '90s', true)"
    " WHERE %s IS NOT NULL"
)
"""On a busy machine a page says what it says on an idle one."""
BASELINE = Path(__file__).with_name("statements.txt")


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: pytest.FixtureDef[None]) -> Iterator[LargeSet]:
    """A house of its own, made once and taken away again."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        raw = append.raw_connection(connection)
        large_set.stamped(raw)
        made = large_set.people(RUNS, EVENTS)
        large_set.make(raw, made)
        yield made
        large_set.empty(raw, made)


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
        f"{sql}\n{plan}"
        for sql, plan in plans(statements)
        if any(f"Seq Scan on {table}" in plan for table in LARGE) or "~~*" in plan
    ]


def statements(browser: Client, url: str) -> list[str]:
    browser.get(url, follow=True)
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(url, follow=True)
    assert answer.status_code == 200, url
    return [each["sql"] for each in seen.captured_queries]


def fewest(browser: Client, url: str) -> list[str]:
    """The statements of the page without those by which caches are renewed once in a while."""
    return min((statements(browser, url) for _ in range(2)), key=len)


@pytest.mark.django_db(transaction=False)
def test_no_search_of_the_journal_reads_it_from_end_to_end(house: LargeSet) -> None:
    asker = audit.asker_of_bench()
    for case in audit.cases(house):
        with CaptureQueriesContext(connection) as seen:
            audit.searched(case, asker)
            audit.counted(case, asker)
        assert walked_whole([each["sql"] for each in seen.captured_queries]) == [], case.name


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize(
    "text", ["reason:timeout", "reason:dead_letter", "reason:timeout kind:run.stopped"]
)
def test_events_of_runs_that_stopped_for_a_reason_are_led_to_by_it(
    house: LargeSet, text: str
) -> None:
    case, asker = audit.SearchCase(AuditAddress(text)), audit.asker_of_bench()
    with CaptureQueriesContext(connection) as seen:
        audit.searched(case, asker)
    assert walked_whole([each["sql"] for each in seen.captured_queries]) == []


@pytest.mark.django_db(transaction=False)
def test_no_list_of_runs_reads_them_all_and_no_page_makes_more_statements(
    house: LargeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_limit, "SET_LIMIT", PATIENT)
    monkeypatch.setattr(kept_plans, "MOST_KEPT", 0)  # each statement is to be seen as it is
    browser, found = fleet.client(), []
    pages = [fleet.PageCase(path, path) for path in PAGES]
    for case in [*fleet.cases(house, ""), *pages]:
        seen = fewest(browser, case.url)
        assert walked_whole(seen) == [], case.name
        found.append(f"{len(seen):4}  {case.name}\n")
    assert BASELINE.read_text() == "".join(found), f"if that is meant, write:\n{''.join(found)}"


@pytest.mark.django_db(transaction=False)
def test_what_asks_among_the_paused_is_counted_among_the_paused(house: LargeSet) -> None:
    """Ten thousand that wait for people stand beside five hundred of them."""
    asking = fleet_summary.asking(Run.objects.all())
    others = Run.objects.filter(standing_runs.ARMS[-1])
    assert set(asking.values_list("pk")) == set(others.values_list("pk"))
    text, params = reading.bounded(asking)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {text}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "runs_run" in plan
    assert "fleet_person" not in plan
