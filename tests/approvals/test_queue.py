"""The queue: most urgent first, filtered by its address, paged by key, and as quick with thousands
of requests as with a few.
"""

import sys
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.models import Request
from approvals.models.request import NEVER
from approvals.selectors import queue
from approvals.selectors.filters import QueueFilters
from runs.models import Run
from tests.approvals.desk import person
from tests.pages.lives import life

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
MANY, FULL = 200, 5_000


def asking(run: Run, number: int, **facts: Any) -> Request:
    """A request as the gate would have written it just now, however long the tests have run."""
    now = datetime.now(UTC)
    expires: datetime | None = facts.pop("expires_at", now + timedelta(seconds=600 + number))
    given: dict[str, Any] = {
        "kind": "call", "call": f"1.{number}", "step": 1, "tool": "issue_refund",
        "effect": "irreversible", "rule": "money",
        "proposed": {"order_id": number, "amount": 180.0},
        "args": {"order_id": number, "amount": 180.0}, "digest": f"{number:064}",
        "line": f"$180.00 for order {number}", "agent": "refund-desk", "agent_title": "Refund desk",
        "starter": "olga",
        "correlation_id": run.correlation_id, "stages": [["approver", 1]], "group": "approver",
        "asked_at": now - timedelta(seconds=number),
        "sentence": "Money leaves the house.", "facts": {"version": 4}, "escalate_to": "admin",
    }  # fmt: skip
    return Request(run=run, expires_at=expires, due=expires or NEVER, **{**given, **facts})


@pytest.fixture
def run() -> Run:
    one = life(person("olga", "operator"))
    one.lease()
    one.step(args={"order": 1042}, result={"total": 180})
    one.plan(("issue_refund", {"amount": 180}), thought="A refund is in order.")
    return one.written()


@pytest.fixture
def ada() -> Client:
    client = Client()
    client.force_login(
        person("ada", "approver"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def filled(run: Run, count: int, first: int = 1) -> None:
    Request.objects.bulk_create(
        [asking(run, number) for number in range(first, first + count)], batch_size=500
    )


def queries(client: Client, path: str) -> int:
    client.get(path)  # the first page of a session notes that somebody is there
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def work(client: Client, path: str) -> int:
    """How many functions of Python's own a page takes: what the machine does beside is not the
    page's.
    """
    calls = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    client.get(path)  # what is kept from one page to the next is made by the first
    sys.setprofile(counted)
    try:
        client.get(path)
    finally:
        sys.setprofile(None)
    return calls


def test_five_thousand_requests_cost_as_many_queries_as_five(run: Run, ada: Client) -> None:
    filled(run, 5)
    newest = Request.objects.latest("id").pk
    few = queries(ada, "/approvals/"), queries(ada, f"/approvals/{newest}/")
    filled(run, FULL - 5, first=6)
    assert (queries(ada, "/approvals/"), queries(ada, f"/approvals/{newest}/")) == few


def test_five_thousand_requests_are_as_much_work_as_two_hundred(run: Run, ada: Client) -> None:
    filled(run, MANY)
    newest = Request.objects.latest("id").pk
    paths = (
        "/approvals/",
        f"/approvals/{newest}/",
        "/approvals/rows/",
        "/approvals/?tool=issue_refund",
    )
    many = {path: work(ada, path) for path in paths}
    filled(run, FULL - MANY, first=MANY + 1)
    full = {path: work(ada, path) for path in paths}
    assert {path: full[path] <= 1.1 * many[path] for path in paths} == dict.fromkeys(paths, True), (
        many,
        full,
    )


def test_the_most_urgent_come_first_and_those_without_a_limit_last(run: Run) -> None:
    rows = [
        asking(run, 1, expires_at=None),
        asking(run, 2, expires_at=NOW + timedelta(hours=1)),
        asking(run, 3, expires_at=NOW),
    ]
    Request.objects.bulk_create(rows)
    found, more = queue.page(QueueFilters(), NOW)
    assert [row.line[-1] for row in found] == ["3", "2", "1"]
    assert (found[-1].time, more) == ("no limit", "")


def test_pages_hold_each_request_once(run: Run) -> None:
    filled(run, 2 * queue.PAGE + 7)
    seen: list[str] = []
    after = ""
    for _ in range(4):
        rows, after = queue.page(QueueFilters(after=after), NOW)
        seen += [row.id for row in rows]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 2 * queue.PAGE + 7


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("agent=bug-triage", [2]),
        ("tool=send_email", [3]),
        ("risk=tainted", [4]),
        ("risk=in_doubt", [5]),
        ("group=finance", [6]),
        ("age=1h", [7]),
        ("risk=nonsense", [1, 2, 3, 4, 5, 6, 7]),
        ("view=decided", [8]),
        ("view=expired", [9]),
    ],
)
def test_the_address_filters(run: Run, ada: Client, query: str, numbers: list[int]) -> None:
    different: dict[int, dict[str, Any]] = {
        2: {"agent": "bug-triage"},
        3: {"tool": "send_email"},
        4: {"tainted": True},
        5: {"kind": "in_doubt"},
        6: {"group": "finance"},
        7: {"asked_at": NOW - timedelta(hours=2)},
        8: {"status": "decided", "act": "approve", "ended_at": NOW, "decided_by": "user:ada"},
        9: {"status": "expired", "act": "expire", "ended_at": NOW, "decided_by": "clock"},
    }
    Request.objects.bulk_create(
        [asking(run, number, **different.get(number, {})) for number in range(1, 10)]
    )
    rows, _ = queue.page(QueueFilters.read(dict([query.split("=")])), NOW)
    assert (
        sorted(Request.objects.get(pk=int(row.id)).proposed["order_id"] for row in rows) == numbers
    )
    assert ada.get(f"/approvals/?{query}").status_code == 200


def test_a_viewer_sees_no_requests(run: Run) -> None:
    filled(run, 1)
    client = Client()
    client.force_login(
        person("vera", "viewer"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/approvals/").status_code == 403
    assert client.get(f"/approvals/{Request.objects.get().pk}/").status_code == 403


def test_nobody_is_let_in_without_a_name(run: Run) -> None:
    filled(run, 1)
    answer = Client().get(f"/approvals/{Request.objects.get().pk}/")
    assert (answer.status_code, answer["Location"].startswith("/signin/")) == (302, True)


def test_the_next_one_is_of_the_persons_own_group(run: Run) -> None:
    Request.objects.bulk_create([asking(run, 1), asking(run, 2, group="finance"), asking(run, 3)])
    first, _, third = Request.objects.order_by("id")
    assert queue.following(QueueFilters(), NOW, first.pk, frozenset({"approver"})) == third.pk
    assert User.objects.filter(username="olga").exists()


def test_what_one_passed_on_needs_ones_action_no_more(run: Run, ada: Client) -> None:
    asking(run, 1).save()
    passed = asking(run, 2, group="admin", escalated=True, stages=[["approver", 1], ["admin", 1]])
    passed.save()
    assert ada.get("/approvals/count/").content == b"1"
    page = ada.get("/approvals/").content.decode()
    assert f'id="ask-{passed.pk}"' not in page
    assert 'Needs action <small data-cell="count">1</small>' in page
    others = ada.get("/approvals/?view=others").content.decode()
    assert f"/approvals/{passed.pk}/" in others
    assert f"/approvals/{passed.pk}/" in ada.get("/approvals/?group=admin").content.decode()


def test_whoever_decides_nothing_and_whoever_owns_the_house_see_all_that_is_open(
    run: Run, client: Client
) -> None:
    for number, group in ((1, "approver"), (2, "admin")):
        asking(run, number, group=group).save()
    for who in (person("oona", "operator"), User.objects.create_superuser("root")):
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/approvals/count/").content == b"2"
        assert "With others" not in client.get("/approvals/").content.decode()
