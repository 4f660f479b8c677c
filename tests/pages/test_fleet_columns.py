"""The columns of the fleet are those that somebody chose in this browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.pages.fleet_columns import SHIPPED
from tests.pages.lives import life
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto() -> User:
    return User.objects.create_user("otto")


def headings(page: str) -> list[str]:
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    return [text.strip() for text in re.findall(r"<th[^>]*>([^<]+)</th>", head)]


def cells(page: str) -> list[str]:
    row = page.partition("<tr id=")[2].partition("</tr>")[0]
    return re.findall(r'<td class="(?:num )?c-(\w+)"', row)


def seen(client: Client, path: str = "/?q=") -> str:
    return client.get(path).content.decode()


def test_as_shipped_the_fleet_has_the_columns_that_say_how_a_run_goes(otto: User) -> None:
    life(otto, "Refund the lamp")
    page = seen(signed_in("viewer"))
    assert headings(page) == ["Status", "Goal", "Step", "Now", "Cost", "Tokens", "Elapsed"]
    assert cells(page) == ["status", "goal", *SHIPPED]


def test_what_is_chosen_is_shown_in_the_page_and_in_what_it_asks_for_later(otto: User) -> None:
    one = life(otto, "Refund the lamp")
    viewer = signed_in("viewer")
    answer = viewer.post("/fleet/columns/", {"columns": ["ended", "started", "cost"]})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert answer.cookies["fleet_columns"]["httponly"]
    assert headings(seen(viewer)) == ["Status", "Goal", "Cost", "Started", "Ended"]
    later = seen(viewer, f"/fleet/rows/?q=&ids={one.run.pk}")
    assert cells(later) == ["status", "goal", "cost", "started", "ended"]
    form = seen(viewer, "/fleet/columns/")
    assert re.findall(r'value="(\w+)" checked', form) == ["cost", "started", "ended"]


def test_a_run_says_when_it_began_and_when_it_was_over(otto: User) -> None:
    began = datetime.now(UTC) - timedelta(days=3)
    one = life(otto, "Refund the lamp", ago=3 * 86_400)
    one.lease()
    one.complete()
    one.written()
    viewer = signed_in("viewer")
    viewer.post("/fleet/columns/", {"columns": ["started", "ended"]})
    page = seen(viewer)
    assert f"UTC on {began.day} {began:%B}" in page
    assert re.search(r'data-cell="ended">\d\d:\d\d UTC', page)


def test_none_at_all_is_a_choice_and_one_that_is_none_is_refused(otto: User) -> None:
    life(otto, "Refund the lamp")
    viewer = signed_in("viewer")
    viewer.post("/fleet/columns/", {})
    assert headings(seen(viewer)) == ["Status", "Goal"]
    answer = viewer.post("/fleet/columns/", {"columns": ["colour"]})
    assert (answer.status_code, "There is no column colour." in answer.content.decode()) == (
        422,
        True,
    )


@pytest.mark.parametrize("kept", ["colour-cost", "cost-cost", "%00-cost", "cost" + "-x" * 900])
def test_what_no_choice_of_today_says_is_nothing(otto: User, kept: str) -> None:
    life(otto, "Refund the lamp")
    viewer = signed_in("viewer")
    viewer.cookies["fleet_columns"] = kept
    assert headings(seen(viewer)) == ["Status", "Goal", "Cost"]
