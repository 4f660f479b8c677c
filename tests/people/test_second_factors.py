"""A second factor: set up by its owner, asked for after every password and link, and again before
a dangerous act.
"""

import time
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.pages import signin
from console.signing_in import confirming
from policies.gate.models import ToolPolicy
from tests.markup import read
from tests.pages.people import person
from tests.people.test_rights import staff

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


def code(secret: str, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def signed_in(name: str = "anna", client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    sent = {"username": name, "password": PASSWORD, **more}
    return client, client.post("/signin/", sent)


def inside(client: Client) -> bool:
    return "_auth_user_id" in client.session


def set_up(client: Client) -> str:
    """The secret of an authenticator app that was set up just now, by its first code."""
    page = read(client.get("/account/app/").content.decode())
    secret = client.session["mfa.totp.secret"]
    assert secret in page.words
    answer = client.post("/account/app/", {"code": code(secret, -1)})
    assert answer["Location"] == "/account/codes/"
    return str(secret)


def recovery_codes(client: Client) -> list[str]:
    page = read(client.get("/account/codes/").content.decode())
    return [each.words for each in page.all("code") if each.words.isdigit()]


def last() -> tuple[str, Any]:
    record = list(journal.read(connection, HOUSE_KEY))[-1].record
    return record.kind, dict(record.data)


def test_a_password_alone_lets_in_no_more_and_one_comes_to_where_one_was_going() -> None:
    person("viewer", "anna")
    secret = set_up(signed_in()[0])
    client, answer = signed_in(next="/docs/glossary/")
    assert (answer["Location"], inside(client)) == ("/signin/second/", False)
    assert client.get("/").status_code == 302
    answer = client.post("/signin/second/", {"code": "000000"})
    assert "This code is not right" in answer.content.decode()
    answer = client.post("/signin/second/", {"code": code(secret)})
    assert (answer["Location"], inside(client)) == ("/docs/glossary/", True)
    assert last() == ("auth.signed_in", {"by": "password and totp", "from": "127.0.0.1"})


def test_a_code_works_once() -> None:
    person("viewer", "anna")
    secret = set_up(signed_in()[0])
    used = code(secret)
    for right in (True, False):
        client, _ = signed_in()
        client.post("/signin/second/", {"code": used})
        assert inside(client) is right


def test_codes_are_not_guessed() -> None:
    person("viewer", "anna")
    secret = set_up(signed_in()[0])
    client, _ = signed_in()
    for _ in range(5):
        client.post("/signin/second/", {"code": "000000"})
    answer = client.post("/signin/second/", {"code": code(secret)})
    assert "Too many wrong codes" in answer.content.decode()
    assert not inside(client)


def test_a_recovery_code_lets_in_once_and_new_ones_replace_the_old() -> None:
    person("viewer", "anna")
    own = signed_in()[0]
    set_up(own)
    codes = recovery_codes(own)
    assert len(codes) == 10
    for right in (True, False):
        client, _ = signed_in()
        client.post("/signin/second/", {"code": codes[0]})
        assert inside(client) is right
    own.post("/account/codes/new/")
    assert not {*recovery_codes(own)} & {*codes}


def test_a_link_asks_for_the_second_factor_too() -> None:
    user = person("viewer", "anna")
    secret = set_up(signed_in()[0])
    client = Client()
    link = signin.issue(user, timezone.now())
    assert client.post(link, {"next": "/docs/"})["Location"] == "/signin/second/"
    assert not inside(client)
    assert client.post("/signin/second/", {"code": code(secret)})["Location"] == "/docs/"
    assert last()[1]["by"] == "link and totp"


def test_a_link_leads_to_where_the_sign_in_page_stood_in_the_way() -> None:
    link = signin.issue(person("viewer", "anna"), timezone.now())
    client = Client()
    client.get("/signin/?next=/docs/glossary/")
    assert client.post(link)["Location"] == "/docs/glossary/"


def test_a_link_leads_nowhere_outside() -> None:
    link = signin.issue(person("viewer", "anna"), timezone.now())
    assert Client().post(link, {"next": "https://evil.example/"})["Location"] == "/"


def test_half_way_in_can_be_left() -> None:
    person("viewer", "anna")
    set_up(signed_in()[0])
    client, _ = signed_in()
    client.post("/signout/")
    assert client.get("/signin/").status_code == 200


def test_what_the_database_holds_of_a_factor_makes_no_codes(settings: Any) -> None:
    person("viewer", "anna")
    secret = set_up(signed_in()[0])
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)
    settings.SECRET_KEY = "another"
    assert kept.wrap().validate_code(code(secret)) is False


def test_a_factor_is_removed_by_its_owner() -> None:
    person("viewer", "anna")
    own = signed_in()[0]
    set_up(own)
    assert own.post("/account/app/remove/")["Location"] == "/account/"
    assert Authenticator.objects.count() == 0
    assert inside(signed_in()[0])


class Later:
    """A while after signing in."""

    @staticmethod
    def now() -> datetime:
        return timezone.now() + timedelta(minutes=16)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "database_clock", Later)


@pytest.mark.parametrize(
    "path",
    [
        "/account/app/",
        "/account/passkeys/add/",
        "/people/{olga}/offboard/",
        "/admin/auth/user/{olga}/password/",
    ],
)
@pytest.mark.usefixtures("later")
def test_a_while_after_signing_in_dangerous_acts_ask_once_more(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = person("operator", "olga")
    staff(name="anna")
    where = path.format(olga=olga.pk)
    client, _ = signed_in()
    asked = client.get(where)["Location"]
    assert asked.startswith("/signin/confirm/?next=")
    assert "This is not your password" in client.post(asked, {"password": "x"}).content.decode()
    monkeypatch.undo()
    assert client.post(asked, {"password": PASSWORD})["Location"] == where
    assert client.get(where).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/auth/user/{olga}/change/",
        "/admin/auth/user/add/",
        "/admin/policies/toolpolicy/add/",
        "/admin/policies/scopegrant/add/",
        "/admin/policies/budget/add/",
        "/admin/runs/agent/add/",
        "/admin/runs/mcpserver/add/",
    ],
)
@pytest.mark.usefixtures("later")
def test_a_form_of_the_admin_is_looked_at_freely_and_says_that_saving_asks_once_more(
    path: str,
) -> None:
    where = path.format(olga=person("operator", "olga").pk)
    staff(name="anna")
    client, _ = signed_in()
    shown = read(client.get(where).content)
    [link] = [each for each in shown.all("a") if each.words == "Show it now"]
    assert link.attrs["href"].startswith("/signin/confirm/?next=%2Fadmin%2F")
    sent = client.post(where, {"name": "typed before", "username": "typed before"})
    assert sent.status_code == 200
    page = read(sent.content)
    assert "Nothing was saved yet: show once more that it is you" in page.words
    typed = [each.attrs.get("value") for each in page.all("input")]
    assert "typed before" in typed


@pytest.mark.usefixtures("later")
def test_what_was_sent_too_late_is_not_done() -> None:
    olga = person("operator", "olga")
    staff(name="anna")
    client, _ = signed_in()
    page = f"http://testserver/people/{olga.pk}/offboard/"
    sent = {"runs": "pause", "note": "gone"}
    answer = client.post(page, sent, headers={"Referer": page})
    assert answer["Location"] == f"/signin/confirm/?next=%2Fpeople%2F{olga.pk}%2Foffboard%2F"
    olga.refresh_from_db()
    assert olga.is_active


@pytest.mark.usefixtures("later")
def test_an_act_on_a_list_of_the_admin_asks_as_well_and_a_look_does_not() -> None:
    staff(name="anna")
    client, _ = signed_in()
    rows = "/admin/policies/toolpolicy/"
    chosen = ToolPolicy.objects.get(name="small-refunds")
    sent = {"action": "enable", "_selected_action": [chosen.pk]}
    assert client.post(rows, sent)["Location"].startswith("/signin/confirm/")
    chosen.refresh_from_db()
    assert not chosen.enabled
    assert client.get(rows).status_code == 200


@pytest.mark.usefixtures("later")
def test_whoever_may_only_look_at_a_policy_is_not_asked() -> None:
    staff("auditor", name="anna")
    client, _ = signed_in()
    shown = ToolPolicy.objects.get(name="reads")
    assert client.get(f"/admin/policies/toolpolicy/{shown.pk}/change/").status_code == 200


@pytest.mark.usefixtures("later")
def test_whoever_came_by_a_link_is_told_how_to_show_who_they_are(settings: Settings) -> None:
    user = staff(name="anna")
    user.set_unusable_password()
    user.save()
    client = Client()
    client.post(signin.issue(user, timezone.now()))
    settings.DATA = Path("/srv/the lamp")
    asked = client.get(f"/people/{user.pk}/offboard/")["Location"]
    assert asked.startswith("/signin/confirm/anew/")
    page = read(client.get(asked).content)
    command = "SIGNALBOX_DATA='/srv/the lamp' python3 manage.py signin_link anna"
    assert command in [each.words for each in page.all("code")]
    assert "opening it in this browser is enough" in page.words
    [back] = [each for each in page.all("a", "button") if each.words == "Back"]
    assert back.attrs["href"] == f"/people/{user.pk}/offboard/"
    client.post(signin.issue(user, timezone.now()))


def test_at_an_address_the_page_says_why_there_is_no_passkey() -> None:
    page = Client().get("/signin/", headers={"host": "127.0.0.1:8000"}).content.decode()
    assert "open the console at http://localhost:8000" in page
    assert "Sign in with a passkey" not in page
    page = Client().get("/signin/", headers={"host": "localhost:8000"}).content.decode()
    assert "Sign in with a passkey" in page


def test_whoever_lost_their_factors_is_helped_on_the_consoles_machine() -> None:
    person("viewer", "anna")
    set_up(signed_in()[0])
    out = StringIO()
    call_command("signin_link", "anna", "--forget-factors", stdout=out)
    assert not Authenticator.objects.exists()
    assert last() == ("auth.factor_removed", {"user": "anna", "factor": "recovery codes"})
    client = Client()
    client.post(urlsplit(out.getvalue().strip()).path)
    assert inside(client)


def test_no_log_holds_a_link(caplog: pytest.LogCaptureFixture) -> None:
    link = signin.issue(person("viewer", "anna"), timezone.now())
    client = Client()
    client.post(link)
    Client().get(link)
    assert "Gone: /signin/[link]/" in caplog.text
    assert link.split("/")[2] not in caplog.text
