"""One sees one's own sessions and ends them; a session ends by itself when nobody acts in it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.signing_in import session_limits, sessions
from tests.pages.people import person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605.1.15 Version/18 Safari/604.1"


def browser_of(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    sent = {"username": user.username, "password": "correct horse"}
    assert client.post("/signin/", sent).status_code == 302
    return client


def inside(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_one_sees_where_one_is_signed_in() -> None:
    user = person("viewer", "anna")
    browser_of(user, SAFARI)
    page = browser_of(user).get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "this one, now" in page
    assert "127.0.0.1" in page


def test_a_session_is_ended_from_another_one() -> None:
    user = person("viewer", "anna")
    lost, own = browser_of(user, SAFARI), browser_of(user)
    row = UserSession.objects.get(session_key=lost.session.session_key)
    assert own.post(f"/account/sessions/{row.pk}/end/").status_code == 302
    assert (inside(lost), inside(own)) == (False, True)
    record = list(journal.read(connection, HOUSE_KEY))[-1].record
    assert record.kind == "auth.sessions_ended"
    assert record.data == {"user": "anna", "id": user.pk, "sessions": 1}


def test_all_others_are_ended_at_once() -> None:
    user = person("viewer", "anna")
    others, own = [browser_of(user), browser_of(user, SAFARI)], browser_of(user)
    own.post("/account/sessions/end/")
    assert ([inside(each) for each in others], inside(own)) == ([False, False], True)


def test_nobody_ends_sessions_of_somebody_else() -> None:
    olga, anna = person("viewer", "olga"), person("viewer", "anna")
    theirs = browser_of(olga)
    row = UserSession.objects.get(user=olga)
    assert browser_of(anna).post(f"/account/sessions/{row.pk}/end/").status_code == 404
    assert inside(theirs)


def test_signing_out_leaves_nothing_in_the_list() -> None:
    user = person("viewer", "anna")
    browser_of(user).post("/signout/")
    assert sessions.listed(user, None) == []


def aged(client: Client, seconds: float) -> None:
    """The session as it would be so long after its person's last act."""
    row = Session.objects.get(pk=client.session.session_key)
    row.expire_date -= timedelta(seconds=seconds)
    row.save()


def test_a_session_in_which_nobody_acts_is_over(settings: Any) -> None:
    settings.IDLE_LIMIT = 3600
    client = browser_of(person("viewer", "anna"))
    aged(client, 3500)
    assert inside(client)
    aged(client, 200)
    assert not inside(client)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = timezone.now()
        monkeypatch.setattr(session_limits, "database_clock", self)

    def now(self) -> datetime:
        return self.at


def test_an_act_renews_it_and_a_page_that_refreshes_itself_does_not(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IDLE_LIMIT = 3600
    clock = Clock(monkeypatch)
    client = browser_of(person("viewer", "anna"))
    began = ends(client)
    clock.at += timedelta(seconds=100)
    client.get("/fleet/rows/", headers={"HX-Request": "true"})
    assert ends(client) == began
    client.get("/account/")
    assert ends(client) > began


def ends(client: Client) -> Any:
    return Session.objects.get(pk=client.session.session_key).expire_date


def test_however_busy_its_person_is_no_session_is_older_than_two_weeks(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IDLE_LIMIT = 3600
    clock = Clock(monkeypatch)
    client = browser_of(person("viewer", "anna"))
    clock.at += timedelta(seconds=settings.SESSION_COOKIE_AGE - 600)
    client.get("/account/")
    assert client.session.get_expiry_age() == 600
