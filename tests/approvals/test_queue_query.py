"""The approvals' queue answers the language of the fleet's box: what a request or its run says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals.models import Request
from runs.models import Run
from tests.approvals.desk import person
from tests.approvals.test_queue import NOW, asking
from tests.pages.lives import life

pytestmark = pytest.mark.django_db
DIFFERENT: dict[int, dict[str, Any]] = {
    2: {"agent": "bug-triage", "agent_title": "Bug triage"},
    3: {"tool": "send_email"},
    4: {"tainted": True},
    5: {"kind": "in_doubt"},
    6: {"group": "finance"},
    7: {"asked_at": NOW - timedelta(hours=2)},
    8: {"status": "decided", "act": "approve", "ended_at": NOW, "decided_by": "user:ada"},
    9: {"status": "expired", "act": "expire", "ended_at": NOW, "decided_by": "clock"},
}


@pytest.fixture
def run() -> Run:
    one = life(person("olga", "operator"))
    one.lease()
    one.step(args={"order": 1042}, result={"total": 180})
    return one.written()


@pytest.fixture
def ada(run: Run) -> Client:
    Request.objects.bulk_create(
        [asking(run, number, **DIFFERENT.get(number, {})) for number in range(1, 10)]
    )
    client = Client()
    who = person("ada", "approver")
    Request.objects.filter(status="decided").update(decided_by_id=str(who.pk))
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def found(client: Client, text: str) -> list[int]:
    """The orders of the requests that are listed."""
    context = client.get("/approvals/", {"q": text}).context
    rows = [int(row.id) for row in context["rows"]]
    return sorted(each.proposed["order_id"] for each in Request.objects.filter(pk__in=rows))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("agent:bug-triage", [2]),
        ('agent:"Bug triage"', [2]),
        ("agent:bug*", [2]),
        ("tool:send_email,issue_refund agent:refund-desk age<1h -risk:tainted", [1, 3, 5, 6]),
        ("-tool:issue_refund", [3]),
        ("risk:tainted", [4]),
        ("risk:in-doubt", [5]),
        ("group:finance", [6]),
        ("age>1h", [7]),
        ("status:decided", [8]),
        ("status:expired", [9]),
        ("status:decided approver:ada", [8]),
        ("status:decided approver:me", [8]),
        ("status:decided approver:bert", []),
        ("principal:olga tool:send_email", [3]),
        ("principal:me", []),
        ("cost>100", []),
        ('"order 4"', [4]),
        ("send_email", [3]),
    ],
)
def test_the_queue_answers_the_language_of_the_box(
    ada: Client, text: str, numbers: list[int]
) -> None:
    assert found(ada, text) == numbers


def test_words_are_looked_for_in_the_arguments_too(ada: Client, run: Run) -> None:
    asked = Request.objects.get(proposed__order_id=2)
    Request.objects.filter(pk=asked.pk).update(args={"order_id": 2, "to": "zoe@example.com"})
    assert found(ada, "zoe@example") == [2]


@pytest.mark.parametrize("text", ["{run}", "run:{run}", "run:{other},{run}"])
def test_the_first_digits_of_a_run_find_what_it_asks(ada: Client, run: Run, text: str) -> None:
    other = "0" * 8 if str(run.pk)[0] != "0" else "f" * 8
    asked = text.format(run=str(run.pk)[:8], other=other)
    assert found(ada, asked) == [1, 2, 3, 4, 5, 6, 7]
    assert found(ada, other) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tol:send_email", "Did you mean tool:?"),
        ("steps>3", "there is no field steps."),
        ("status:failed", "there is no status failed."),
        ("tool:x status:open,decided", "<b>Position 8:</b> a list of requests has one status"),
        ("age:1h", "age takes &lt; or &gt;"),
        ('"order', "This quote is not closed."),
        ("x" * 1_001, "A query has 1,000 characters at most."),
    ],
)
def test_a_mistake_is_told_by_its_place_and_nothing_is_listed(
    ada: Client, text: str, sentence: str
) -> None:
    answer = ada.get("/approvals/", {"q": text})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert answer.context["rows"] == []


def test_rows_of_an_open_page_and_its_cards_keep_the_query(ada: Client) -> None:
    rows = ada.get("/approvals/rows/", {"q": "tool:send_email"}).content.decode()
    assert rows.count('class="row-link') == 1
    page = ada.get("/approvals/", {"q": "tool:send_email"}).content.decode()
    asked = Request.objects.get(proposed__order_id=3)
    assert f"/approvals/{asked.pk}/?q=tool%3Asend_email" in page


def test_a_hostile_query_is_only_text(ada: Client) -> None:
    text = ada.get("/approvals/", {"q": '"<script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_a_query_alone_does_not_unfold_the_lists(ada: Client) -> None:
    folded = ada.get("/approvals/", {"q": "tool:send_email"}).content.decode()
    assert '<details class="queue-filters">' in folded
    unfolded = ada.get("/approvals/", {"tool": "send_email"}).content.decode()
    assert '<details class="queue-filters" open>' in unfolded


def test_while_a_query_is_typed_a_mistake_is_told_and_the_list_stays(ada: Client) -> None:
    answer = ada.get("/approvals/", {"q": "status:d"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#query-told")
    assert "there is no status d" in answer.content.decode()
    listed = ada.get("/approvals/", {"q": "tool:send_email"}, headers={"HX-Request": "true"})
    assert listed.content.decode().lstrip().startswith('<section id="queue"')


def test_what_was_approved_with_changes_is_listed_as_it_was_approved(ada: Client) -> None:
    changed = Request.objects.filter(status="decided")
    changed.update(act="edit", decided_args={"order_id": 8, "amount": 60.0})
    page = ada.get("/approvals/?view=decided").content.decode()
    assert ("60.00 for order 8" in page, "180.00 for order 8" in page) == (True, False)
