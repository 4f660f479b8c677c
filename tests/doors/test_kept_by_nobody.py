"""No cache on the way keeps what one person was shown."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db
PAGES = ("fleet", "approvals:queue", "policies", "audit", "health", "tokens", "docs")


def policy(client: Client, name: str) -> set[str]:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return {each.strip() for each in answer["Cache-Control"].split(",")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_whoever_asked_for_it(name: str) -> None:
    assert policy(signed_in("admin"), name) >= {"private", "no-store"}


def test_so_is_the_door_itself() -> None:
    assert policy(Client(), "signin") & {"private", "no-store"}


def test_so_are_refusals_and_what_is_not_there() -> None:
    viewer = signed_in("viewer")
    for path in (
        "/audit/",
        "/runs/00000000-0000-0000-0000-000000000007/",
        "/no-such-page/",
        "/api/v1/runs",
        "/api/v1/nowhere",
    ):
        answer = viewer.get(path)
        assert answer.status_code in {401, 403, 404, 405}
        assert "no-store" in answer["Cache-Control"]
