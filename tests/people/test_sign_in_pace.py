"""Wrong passwords slow whoever types them, from where they type them, and nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.models import FailedSignIn
from console.pages import health_page
from console.signing_in import client_address, house_account, password_pace
from tests.pages.people import AT, person, signed_in

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "correct horse", "wrong"


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()

    class Database:
        @staticmethod
        def now() -> datetime:
            return found.now

    for module in (house_account, health_page):
        monkeypatch.setattr(module, "database_clock", Database)
    return found


def tries(name: str, password: str, client: Client | None = None, **more: Any) -> Any:
    sent = {"username": name, "password": password}
    return (client or Client()).post("/signin/", sent, **more)


def fail(
    name: str, times: int = password_pace.FREE, client: Client | None = None, **more: Any
) -> None:
    for _ in range(times):
        assert tries(name, WRONG, client, **more).status_code == 200


def spraying() -> list[dict[str, Any]]:
    return [
        dict(each.record.data)
        for each in journal.read(connection, HOUSE_KEY)
        if each.record.kind == "auth.spraying"
    ]


def test_too_many_wrong_passwords_slow_even_the_right_one_and_never_for_more_than_a_minute(
    clock: Clock,
) -> None:
    person(name="anna")
    fail("anna")
    answer = tries("anna", RIGHT)
    assert answer.status_code == 429
    assert b"Try again in 2 s; until then no password is looked at." in answer.content
    clock.pass_by(2)
    assert tries("anna", RIGHT).status_code == 302


def test_asking_too_early_again_and_again_makes_nobody_wait_longer(clock: Clock) -> None:
    person(name="anna")
    fail("anna")
    for _ in range(20):
        assert tries("anna", WRONG).status_code == 429
    clock.pass_by(2)
    assert tries("anna", RIGHT).status_code == 302


@pytest.mark.parametrize(
    ("failures", "seconds"), [(4, 0), (5, 2), (6, 4), (9, 32), (10, 60), (99, 60)]
)
def test_each_failure_doubles_the_pause(failures: int, seconds: int) -> None:
    assert password_pace.pause(failures).total_seconds() == seconds


@pytest.mark.usefixtures("clock")
def test_wrong_passwords_of_a_stranger_slow_nobody_who_is_elsewhere() -> None:
    person(name="anna")
    fail("anna", REMOTE_ADDR="203.0.113.9")
    assert tries("anna", RIGHT, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert tries("anna", RIGHT, REMOTE_ADDR="198.51.100.4").status_code == 302


def test_a_browser_that_one_has_signed_in_from_stays_open_whatever_its_neighbours_do(
    clock: Clock,
) -> None:
    person(name="anna")
    own = Client()
    assert tries("anna", RIGHT, own).status_code == 302
    own.post("/signout/")
    fail("anna")
    assert tries("anna", RIGHT).status_code == 429
    assert tries("anna", RIGHT, own).status_code == 302
    own.post("/signout/")
    fail("anna", client=own)
    assert tries("anna", RIGHT, own).status_code == 429
    clock.pass_by(2)
    assert tries("anna", RIGHT, own).status_code == 302


def test_a_right_password_forgets_what_was_mistyped_before(clock: Clock) -> None:
    person(name="anna")
    fail("anna", password_pace.FREE - 1)
    assert tries("anna", RIGHT).status_code == 302
    fail("anna", password_pace.FREE - 1)
    assert tries("anna", RIGHT).status_code == 302


def test_many_names_from_one_address_are_noticed_once_and_slowed(clock: Clock) -> None:
    person(name="anna")
    for number in range(password_pace.SPRAYED):
        fail(f"somebody-{number}", 1, REMOTE_ADDR="203.0.113.9")
    assert spraying() == [{"from": "203.0.113.9", "names": 10, "minutes": 60}]
    assert tries("somebody-else", WRONG, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert tries("anna", RIGHT).status_code == 302
    clock.pass_by(4)
    fail("somebody-else", 1, REMOTE_ADDR="203.0.113.9")
    assert len(spraying()) == 1
    page = signed_in("auditor").get("/health/").content.decode()
    assert "Addresses that tried many names" in page
    assert "203.0.113.9" in page
    assert "203.0.113.9" not in signed_in("viewer").get("/health/").content.decode()


def test_what_was_tried_is_kept_as_a_digest_for_an_hour(clock: Clock) -> None:
    fail("my secret password", 1)
    [row] = FailedSignIn.objects.all()
    assert b"secret" not in bytes(row.name)
    clock.pass_by(3601)
    fail("anna", 1)
    assert FailedSignIn.objects.count() == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, ["203.0.113.9"], "10.0.0.1"),
        (1, ["203.0.113.9"], "203.0.113.9"),
        (1, ["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
        (2, ["6.6.6.6", "203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (2, ["203.0.113.9"], "10.0.0.1"),
        (1, ["203.0.113.9:4711"], "203.0.113.9"),
        (1, ["[2001:db8::7]:4711"], "2001:db8::7"),
        (1, ["2001:db8::7"], "2001:db8::7"),
        (1, ["<script>"], "10.0.0.1"),
        (1, [""], "10.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_outermost_trusted_proxy_saw(
    proxies: int, forwarded: list[str], seen: str
) -> None:
    assert client_address.behind(proxies, "10.0.0.1", forwarded) == seen


def test_behind_a_proxy_the_journal_and_the_pace_know_whom_it_heard(
    clock: Clock, settings: Any
) -> None:
    settings.PROXIES = 1
    person(name="anna")
    fail("anna", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    assert tries("anna", RIGHT, HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429
    assert tries("anna", RIGHT, HTTP_X_FORWARDED_FOR="198.51.100.4").status_code == 302
    assert list(journal.read(connection, HOUSE_KEY))[-1].record.data["from"] == "198.51.100.4"


def test_one_household_of_the_new_internet_is_one_place() -> None:
    assert client_address.network("2001:db8::1") == client_address.network("2001:db8::ffff:2")
    assert client_address.network("::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.usefixtures("clock")
def test_the_admin_has_no_way_in_of_its_own() -> None:
    owner = person(name="olivia")
    owner.is_staff = owner.is_superuser = True
    owner.save()
    client = Client()
    page = client.get("/admin/login/?next=/admin/auth/user/")
    assert page["Location"] == "/signin/?next=%2Fadmin%2Fauth%2Fuser%2F"
    sent = {"username": "olivia", "password": RIGHT}
    assert client.post("/admin/login/", sent)["Location"].startswith("/signin/")
    assert "_auth_user_id" not in client.session
