"""After an old backup was restored: the page that says what to do, the banner that leads there, and
who may let the house go on.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from console.journal.models import Restore
from policies.halts import halt_levers
from policies.halts.models import Halt
from tests.pages.lives import running
from tests.pages.people import person, signed_in
from tests.policies import second_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def noticed() -> Restore:
    now = timezone.now()
    lever = halt_levers.pull_for_the_house(reason="An old backup was restored.", at=now)
    return Restore.objects.create(
        kept_number=1,
        kept_at=now - timedelta(hours=3),
        lost_number=181,
        lost_at=now,
        digest="a" * 64,
        noticed_at=now,
        runs=1,
        halt=lever.pk,
    )


def text_of(client: Client, address: str = "/restored/") -> str:
    return client.get(address).content.decode()


def test_without_a_restore_the_page_says_so() -> None:
    assert "No old backup was noticed" in text_of(signed_in("viewer"))


def test_it_says_what_is_lost_what_to_do_and_which_runs_have_not_ended(noticed: Restore) -> None:
    run = running(person("operator", "otto")).run
    text = text_of(signed_in("admin"))
    assert "An old backup was restored: the journal lacks" in text
    assert "That is 3 h" in text
    assert f"/runs/{run.pk}/" in text
    assert "Let the house go on" in text


def test_the_banner_leads_there_and_the_lever_is_not_released_elsewhere(noticed: Restore) -> None:
    operator = signed_in("operator")
    assert 'href="/restored/"' in text_of(operator, "/")
    operator.post(f"/policies/halt/{noticed.halt}/release/", {"note": "why not"})
    assert Halt.objects.get().released_at is None


def test_an_admin_lets_the_house_go_on_with_a_reason(noticed: Restore) -> None:
    admin = signed_in("admin")
    admin.post("/restored/accept/", {"reason": ""})
    assert Halt.objects.get().released_at is None
    answer = admin.post("/restored/accept/", {"reason": "looked up at the bank"})
    assert answer["Location"] == "/restored/"
    assert Halt.objects.get().released_at is not None
    text = text_of(admin)
    assert "The house goes on" in text
    assert "looked up at the bank" in text
    assert "restore.accepted" in text_of(signed_in("auditor"), "/audit/?kind=restore.accepted")


@pytest.mark.parametrize("group", ["viewer", "operator", "approver", "auditor"])
def test_nobody_else_does(noticed: Restore, group: str) -> None:
    client = signed_in(group)
    assert "Let the house go on</button>" not in text_of(client)
    assert client.post("/restored/accept/", {"reason": "x"}).status_code == 403
    assert client.get("/restored/accept/").status_code in (403, 405)
    assert Halt.objects.get().released_at is None


def test_the_house_goes_on_by_two_where_letting_go_of_a_halt_takes_two(noticed: Restore) -> None:
    second_people.switch_on("lever")
    one, two = second_people.staff("anna"), second_people.staff("bert")
    second_people.client(one).post("/restored/accept/", {"reason": "looked everything up"})
    assert Halt.objects.get().released_at is None
    second_people.answer(two, second_people.proposed(), "confirm")
    noticed.refresh_from_db()
    assert (noticed.reason, Halt.objects.get().released_by) == ("looked everything up", "anna")
