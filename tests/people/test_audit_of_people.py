"""The audit finds what somebody did under each of their names, and tells two apart who had one."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from console.journal import acting, append
from console.journal.records import HOUSE_KEY
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def did(user: User, what: str) -> None:
    append.note(kind="test.did", actor=acting.of(user), at=AT, data={"what": f"the {what} act"})


def found(client: Client, query: str) -> set[str]:
    page = client.get(f"/audit/?{query}").content.decode()
    return {each for each in ("first", "second", "third") if f"the {each} act" in page}


@pytest.fixture
def anna() -> User:
    """She did two things, was renamed between them; somebody else has her first name by now."""
    user = person("operator", "anna")
    did(user, "first")
    user.username = "anna-renamed"
    user.save()
    did(user, "second")
    did(person("operator", "anna"), "third")
    return user


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=user:anna-renamed", {"first", "second"}),
        ("actor=anna-renamed", {"first", "second"}),
        ("q=user:anna", {"first", "third"}),
        ("q=person:{id}", {"first", "second"}),
        ("actor=person:{id}", {"first", "second"}),
        ("q=person:0", set()),
    ],
)
def test_a_search_for_somebody_finds_what_they_did(
    anna: User, query: str, wanted: set[str]
) -> None:
    assert found(signed_in("auditor"), query.format(id=anna.pk)) == wanted


def test_an_event_names_the_person_behind_it(anna: User) -> None:
    house = append.read(connection, HOUSE_KEY)
    number = next(row.id for row in house if row.record.data.get("what") == "the first act")
    page = signed_in("auditor").get(f"/audit/{number}/").content.decode()
    assert f"person:{anna.pk}" in page
    assert "user:anna" in page
