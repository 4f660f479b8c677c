"""Somebody is added with a role and a link; the page of a person says how they are signed in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.models import OneTimeLink
from console.pages import signin
from tests.mail_sink import MailSink
from tests.markup import read
from tests.pages.people import person
from tests.people.test_rights import client, staff

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http://testserver(/signin/[\w-]{43}/)")


def added(editor: User, name: str, *groups: str) -> Any:
    chosen = [str(group.pk) for group in Group.objects.filter(name__in=groups)]
    sent = {"username": name, "usable_password": "false", "groups": chosen}
    return client(editor).post("/admin/auth/user/add/", sent)


def access(whom: User) -> str:
    return f"/people/{whom.pk}/access/"


def test_a_person_is_added_with_a_role_and_handed_a_link_that_works_once() -> None:
    editor = staff()
    answer = added(editor, "bert", "approver", "operator")
    bert = User.objects.get(username="bert")
    assert answer["Location"] == access(bert)
    assert set(bert.groups.values_list("name", flat=True)) == {"approver", "operator"}
    assert (bert.is_staff, bert.has_usable_password()) == (False, False)
    browser = client(editor)
    assert not LINK.search(browser.get(access(bert)).content.decode())
    made = browser.post(access(bert), {"act": "link"})
    [path] = set(LINK.findall(made.content.decode()))
    assert "no-store" in made["Cache-Control"]
    assert not LINK.search(browser.get(access(bert)).content.decode())
    guest = Client()
    assert "lets you in once" in guest.get(path).content.decode()
    assert guest.post(path)["Location"] == "/"
    assert Client().post(path).status_code == 410


def test_the_link_is_in_no_event_and_is_over_after_a_day(caplog: pytest.LogCaptureFixture) -> None:
    anna = person("operator", "anna")
    page = client(staff()).post(access(anna), {"act": "link"}).content.decode()
    [path] = set(LINK.findall(page))
    secret = path.split("/")[2]
    records = [each.record for each in journal.read(connection, HOUSE_KEY)]
    [told] = [record for record in records if record.kind == "user.invited"]
    assert (told.actor, told.data) == ("user:gadmin", {"user": "anna", "id": anna.pk})
    assert secret not in caplog.text
    assert all(secret not in str(record.data) for record in records)
    assert OneTimeLink.objects.get().expires_at - timezone.now() <= timedelta(days=1)
    assert signin.redeem(secret, timezone.now() + timedelta(days=1, minutes=1)) is None


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with MailSink() as one:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = one.address
        settings.MAILS, settings.SITE_URL = True, "https://box.example.com"
        yield one


def with_mail(**facts: Any) -> User:
    anna = person("operator", "anna")
    User.objects.filter(pk=anna.pk).update(email="anna@example.com", **facts)
    return anna


def test_a_link_is_sent_by_mail_beside_being_shown_and_let_in_by(
    sink: MailSink, caplog: pytest.LogCaptureFixture
) -> None:
    anna, browser = with_mail(), client(staff())
    assert "send it to <bdi>anna@example.com</bdi>" in browser.get(access(anna)).content.decode()
    page = browser.post(access(anna), {"act": "mail"}).content.decode()
    [path] = set(LINK.findall(page))
    assert "Sent to <bdi>anna@example.com</bdi>" in page
    [(to, letter)] = sink.letters
    assert (to, f"https://box.example.com{path}" in letter) == ("<anna@example.com>", True)
    assert path.split("/")[2] not in caplog.text
    [told] = [
        e.record for e in journal.read(connection, HOUSE_KEY) if e.record.kind == "user.invited"
    ]
    assert told.data == {"user": "anna", "id": anna.pk, "mailed": True}
    assert Client().post(path)["Location"] == "/"


def test_a_letter_that_is_not_taken_is_said_and_the_link_is_there_all_the_same(
    sink: MailSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink.refuses = True
    page = client(staff()).post(access(with_mail()), {"act": "mail"}).content.decode()
    [path] = set(LINK.findall(page))
    assert "could not be sent to <bdi>anna@example.com</bdi>: SMTPDataError." in page
    assert path.split("/")[2] not in caplog.text


def test_without_a_mail_server_or_an_address_nothing_is_offered_or_sent(
    sink: MailSink, settings: Settings
) -> None:
    browser, anna, nobody = client(staff()), with_mail(), person("operator", "bert")
    assert "send it to" not in browser.get(access(nobody)).content.decode()
    settings.MAILS = False
    assert "send it to" not in browser.get(access(anna)).content.decode()
    browser.post(access(anna), {"act": "mail"})
    assert sink.letters == []


@pytest.mark.parametrize("act", ["link", "mail", "end"])
def test_nobody_is_let_in_as_somebody_who_may_more(act: str) -> None:
    auditor, owner = person("auditor", "ada"), User.objects.create_superuser("olivia")
    browser = client(staff())
    for whom in (auditor, owner):
        assert "rights that you do not" in browser.get(access(whom)).content.decode()
        assert browser.post(access(whom), {"act": act}).status_code == 409
    assert OneTimeLink.objects.count() == 0
    assert client(person("operator", "otto")).get(access(auditor)).status_code == 403


def test_sessions_of_a_person_are_shown_and_ended_there() -> None:
    anna, browser = person("operator", "anna"), Client()
    agent = "Mozilla/5.0 (X11; Linux) Gecko Firefox/140.0"
    sent = {"username": "anna", "password": "correct horse"}
    browser.post("/signin/", sent, headers={"user-agent": agent})
    editor = client(staff())
    page = read(editor.get(access(anna)).content.decode())
    assert "Firefox on Linux" in page.words
    assert f"/people/{anna.pk}/offboard/" in [each.attrs["href"] for each in page.all("a")]
    assert editor.post(access(anna), {"act": "end"})["Location"] == access(anna)
    assert browser.get("/account/").status_code == 302


def test_whoever_gets_a_role_of_the_admin_enters_it_and_whoever_loses_it_does_not() -> None:
    owner = User.objects.create_superuser("olivia")
    added(owner, "bert", "auditor")
    bert = User.objects.get(username="bert")
    assert bert.is_staff
    chosen = [str(Group.objects.get(name="viewer").pk)]
    sent = {"username": "bert", "is_active": "on", "is_staff": "on", "groups": chosen}
    client(owner).post(f"/admin/auth/user/{bert.pk}/change/", sent)
    bert.refresh_from_db()
    assert not bert.is_staff


def test_single_permissions_are_for_owners_and_each_role_says_what_it_may() -> None:
    anna = person("operator", "anna")
    where = f"/admin/auth/user/{anna.pk}/change/"
    page = client(staff()).get(where).content.decode()
    assert "operator: starts, pauses and kills runs" in page
    assert "auditor:" not in page  # an admin lacks a right that auditors have
    assert "user_permissions" not in page
    owners = client(User.objects.create_superuser("olivia")).get(where).content.decode()
    assert "auditor: reads everything" in owners
    assert "Single permissions" in owners
