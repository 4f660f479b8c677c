"""The pages of fire drills: who may hold one, those that come each month, and what Health says of
one in which something did not hold.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from runs.demo.seed import seed
from runs.drills import monthly
from runs.models import Agent, Drill, MonthlyDrill, Run
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db
CHOSEN = {"scenario": "insists", "agent": "refund-desk"}
AT = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
def admin(settings: Any) -> Client:
    settings.DEMO = False
    seed(at=datetime.now(UTC))
    return signed_in("admin")


def ended(held: bool, minute: int = 0) -> Drill:
    at = AT.replace(minute=minute)
    return Drill.objects.create(
        scenario="insists",
        agent_title="Refund desk",
        by_name="the clock",
        started_at=at,
        ended_at=at,
        held=held,
        report={"rows": [], "times": [], "lines": [], "held": held},
    )


def test_an_admin_starts_a_drill_and_is_led_to_its_board(admin: Client) -> None:
    board = admin.post("/drills/start/", CHOSEN, follow=True).content.decode()
    assert "The agent insists" in board
    assert "Not yet" in board
    assert Run.objects.get().drill
    assert "is under way" in admin.get("/drills/").content.decode()


@pytest.mark.parametrize("group", ["viewer", "operator", "approver", "auditor"])
def test_nobody_else_holds_or_reads_a_drill(admin: Client, group: str) -> None:
    other, drill = signed_in(group), ended(held=True)
    for path in ("/drills/", f"/drills/{drill.pk}/"):
        assert other.get(path).status_code == 403
    assert other.post("/drills/start/", CHOSEN).status_code == 403
    assert not Run.objects.exists()


def test_a_drill_is_not_started_by_looking(admin: Client) -> None:
    assert admin.get("/drills/start/").status_code == 405


def test_what_cannot_be_drilled_is_said_in_a_sentence(admin: Client) -> None:
    Agent.objects.filter(name="refund-desk").update(tools=["get_order"])
    answer = admin.post("/drills/start/", {**CHOSEN, "scenario": "poisoned"})
    assert answer.status_code == 409
    assert "no tool that changes something" in answer.content.decode()
    assert admin.post("/drills/start/", {**CHOSEN, "scenario": "fire"}).status_code == 409
    assert admin.post("/drills/start/", {**CHOSEN, "agent": "nobody"}).status_code == 404


def test_a_report_stays_and_can_be_read(admin: Client) -> None:
    drill = ended(held=False)
    assert "Not held" in admin.get("/drills/").content.decode()
    assert "data-over" in admin.get(f"/drills/{drill.pk}/").content.decode()


def test_a_monthly_drill_comes_a_month_later_and_no_more_once_it_is_stopped(admin: Client) -> None:
    admin.post("/drills/start/", {**CHOSEN, "monthly": "1"})
    row = MonthlyDrill.objects.get()
    assert not Drill.objects.exists()
    assert admin.post("/drills/start/", {**CHOSEN, "monthly": "1"}).status_code == 409
    assert monthly.due(at=datetime.now(UTC)) == 0
    assert monthly.due(at=row.next_at) == 1
    assert Drill.objects.get().by_name == "the clock"
    row.refresh_from_db()
    assert monthly.due(at=row.next_at) == 0  # one is under way
    admin.post(f"/drills/monthly/{row.pk}/stop/")
    assert not MonthlyDrill.objects.exists()


def test_a_monthly_drill_that_cannot_be_started_says_why_and_comes_again(admin: Client) -> None:
    row = monthly.add(
        scenario="poisoned",
        agent=Agent.objects.get(name="refund-desk"),
        actor=signed_in_user(admin),
        at=AT,
    )
    Agent.objects.filter(name="refund-desk").update(tools=[])
    assert monthly.due(at=row.next_at) == 0
    row.refresh_from_db()
    assert row.next_at == datetime(2026, 3, 28, 9, tzinfo=UTC)
    assert "no tool" in admin.get("/drills/").content.decode()


def signed_in_user(client: Client) -> Any:
    return client.get("/drills/").wsgi_request.user


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (AT, datetime(2026, 2, 28, 9, tzinfo=UTC)),
        (datetime(2026, 12, 5, tzinfo=UTC), datetime(2027, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_month_later_is_the_day_of_the_next_month_or_its_last(
    at: datetime, then: datetime
) -> None:
    assert monthly.after(at) == then


def test_what_did_not_hold_stands_on_health_until_the_drill_has_held_again(admin: Client) -> None:
    ended(held=False)
    assert "something did not hold" in admin.get("/health/").content.decode()
    ended(held=True, minute=5)
    assert "something did not hold" not in admin.get("/health/").content.decode()
