"""The door: passwords, links that work once, and the events of all of it."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.journal import append as journal
from console.journal.records import HOUSE_KEY, JournalRecord
from console.models import OneTimeLink
from console.pages import signin
from tests.pages.people import AT, person, signed_in

pytestmark = pytest.mark.django_db


def house() -> list[JournalRecord]:
    return [stored.record for stored in journal.read(connection, HOUSE_KEY)]


def last() -> tuple[str, str, Any]:
    record = house()[-1]
    return record.kind, record.actor, dict(record.data)


def inside(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_password_lets_in_and_is_journalled() -> None:
    person(name="anna")
    client = Client()
    response = client.post("/signin/", {"username": "anna", "password": "correct horse"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert last() == ("auth.signed_in", "user:anna", {"by": "password", "from": "127.0.0.1"})


def test_the_door_leads_on_to_the_page_that_was_asked_for() -> None:
    person("operator", "anna")
    client = Client()
    asked = client.get("/audit/?kind=run.paused")
    assert asked["Location"] == "/signin/?next=/audit/%3Fkind%3Drun.paused"
    page = client.get(asked["Location"])
    assert b'name="next" value="/audit/?kind=run.paused"' in page.content
    response = client.post(
        "/signin/",
        {"username": "anna", "password": "correct horse", "next": "/audit/?kind=run.paused"},
    )
    assert response["Location"] == "/audit/?kind=run.paused"


def test_the_door_leads_nowhere_else() -> None:
    person(name="anna")
    response = Client().post(
        "/signin/",
        {"username": "anna", "password": "correct horse", "next": "https://evil.example/"},
    )
    assert response["Location"] == "/"


def test_a_wrong_password_is_refused_in_words_and_journalled() -> None:
    person(name="anna")
    client = Client()
    response = client.post("/signin/", {"username": "anna", "password": "wrong"})
    assert b'role="alert"' in response.content
    assert not inside(client)
    assert last() == ("auth.sign_in_failed", "visitor", {"tried": "anna", "from": "127.0.0.1"})


def test_what_was_typed_as_a_name_is_not_kept_when_nobody_has_it() -> None:
    Client().post("/signin/", {"username": "my secret password", "password": "x"})
    assert last()[2]["tried"] == "nobody here"


def test_signing_out_is_journalled_and_needs_a_post() -> None:
    user = person(name="anna")
    client = Client()
    client.force_login(user, backend=signin.BACKEND)
    assert client.get("/signout/").status_code == 405
    assert inside(client)
    client.post("/signout/")
    assert not inside(client)
    assert last() == ("auth.signed_out", "user:anna", {"from": "127.0.0.1"})


def test_the_door_says_where_it_leads_and_whoever_went_out_that_they_are_out() -> None:
    door = Client().get("/signin/").content.decode()
    assert "The operations console for AI agents." in door
    assert "You are signed out." not in door
    left = signed_in("viewer").post("/signout/", follow=True).content.decode()
    assert "You are signed out." in left


def test_a_link_lets_in_once() -> None:
    path = signin.issue(person(name="anna"), timezone.now())
    first, second = Client(), Client()
    assert first.post(path)["Location"] == "/"
    assert inside(first)
    assert last() == ("auth.signed_in", "user:anna", {"by": "link", "from": "127.0.0.1"})
    assert second.get(path).status_code == 410
    response = second.post(path)
    assert (response.status_code, inside(second)) == (410, False)
    assert b"signin_link" in response.content


def test_a_second_click_by_whoever_is_in_does_no_harm() -> None:
    path = signin.issue(person(), timezone.now())
    client = Client()
    client.post(path)
    assert [answer(path)["Location"] for answer in (client.get, client.post)] == ["/", "/"]


def test_a_link_of_somebody_else_takes_no_sessions_place_and_is_not_spent() -> None:
    path = signin.issue(person(name="anna"), timezone.now())
    olga, stranger = person(name="olga"), Client()
    client = Client()
    client.force_login(olga, backend=signin.BACKEND)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 409
        assert b"You are signed in as <bdi>olga</bdi>" in answer.content
    assert client.session["_auth_user_id"] == str(olga.pk)
    assert stranger.post(path)["Location"] == "/"


def test_a_preview_of_a_link_shows_a_button_and_spends_nothing() -> None:
    path = signin.issue(person(), timezone.now())
    client = Client()
    assert client.head(path).status_code == 405
    page = client.get(path)
    assert (page.status_code, inside(client)) == (200, False)
    assert b'method="post"' in page.content
    assert client.post(path)["Location"] == "/"


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (899, True), (900, False), (901, False)])
def test_a_link_lasts_a_quarter_of_an_hour(seconds: int, good: bool) -> None:
    token = signin.issue(person(), AT).split("/")[-2]
    assert (signin.redeem(token, AT + timedelta(seconds=seconds)) is not None) == good


def test_a_link_of_somebody_who_was_deactivated_is_no_good() -> None:
    user = person()
    token = signin.issue(user, AT).split("/")[-2]
    user.is_active = False
    user.save()
    assert signin.redeem(token, AT) is None


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "ü" * 5_000])
def test_a_made_up_link_is_no_good(token: str) -> None:
    signin.issue(person(), AT)
    assert signin.redeem(token, AT) is None


def test_only_the_digest_of_a_link_is_kept_and_old_ones_are_swept() -> None:
    user = person()
    token = signin.issue(user, AT).split("/")[-2]
    [link] = OneTimeLink.objects.all()
    assert token.encode() not in bytes(link.digest)
    signin.issue(user, AT + timedelta(hours=1))
    assert OneTimeLink.objects.count() == 1


def test_the_command_prints_a_link_that_works() -> None:
    person(name="anna")
    out = StringIO()
    call_command("signin_link", "anna", "--at", "http://127.0.0.1:8123/", stdout=out)
    found = re.fullmatch(r"http://127\.0\.0\.1:8123(/signin/[\w-]{43}/)\n", out.getvalue())
    assert found
    client = Client()
    client.post(found[1])
    assert inside(client)


def test_the_command_knows_where_the_running_console_is(monkeypatch: pytest.MonkeyPatch) -> None:
    person(name="anna")
    monkeypatch.setenv("SIGNALBOX_URL", "http://127.0.0.1:8123")
    out = StringIO()
    call_command("signin_link", "anna", stdout=out)
    assert out.getvalue().startswith("http://127.0.0.1:8123/signin/")


def test_the_command_says_when_there_is_no_such_person() -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("signin_link", "nobody")
    with pytest.raises(CommandError, match="superuser"):
        call_command("signin_link")
