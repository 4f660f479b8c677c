"""People are told in their browsers: what they may answer, in words only the browser can read, and
nothing once they may not, are gone, or have switched it off.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from approvals.models import Channel, Delivery
from approvals.selectors import notices
from approvals.services import announcing, delivering, pushing
from console.journal import append as journal
from console.journal.records import HOUSE_KEY, Actor
from console.outside import addresses, push_key
from console.people import offboarding
from console.people.offboarding import Leaving, RunsLeft
from console.refused import Refused
from tests.approvals.desk import Desk, person
from tests.approvals.push_service import PushService, serving
from tests.people.test_rights import staff

NOW = datetime.now(UTC)
HOUSE = Actor("user:ada")


@pytest.fixture
def service(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PushService]:
    settings.PUSH_KEY = str(tmp_path / "keys" / "push_key")
    monkeypatch.setenv("SIGNALBOX_PRIVATE_HOSTS", "127.0.0.1")
    with serving() as made:
        yield made


def on(service: PushService, user: User, browser: str = "one") -> Channel:
    return pushing.switch_on(
        service.subscription(browser), user=user, browser="Firefox on Linux", actor=HOUSE, at=NOW
    )


def told(at: datetime = NOW) -> int:
    """One round of the clock: how many messages were sent."""
    return sum(delivering.deliver(delivery_id=each, at=at) for each in announcing.gather(at=at))


def noted() -> list[tuple[str, Any]]:
    return [
        (each.record.kind, each.record.data)
        for each in journal.read(connection, HOUSE_KEY)
        if each.record.kind.startswith("push.")
    ]


def test_a_request_is_told_in_words_that_only_the_browser_reads(
    approvals_desk: Desk, service: PushService
) -> None:
    on(service, approvals_desk.ada)
    request = approvals_desk.asked(approvals_desk.start())
    assert told() == 1
    [shown] = service.told()
    assert shown["title"].endswith("needs a person")
    assert "180.00" in shown["body"]
    assert "Why: Money leaves the house, so a person decides." in shown["body"]
    assert shown["link"] == f"/approvals/{request.pk}/"
    [(headers, body)] = service.posts
    assert b"180" not in body
    assert (headers["Urgency"], headers["X-Signalbox-Delivery"][:9]) == ("high", "delivery-")


def test_several_at_once_share_one_message_that_leads_to_the_queue(
    approvals_desk: Desk, service: PushService
) -> None:
    on(service, approvals_desk.ada)
    for number in range(5):
        approvals_desk.start(f"{{ order_id = {number}, amount = 20.0 }}")
    assert told() == 1
    [shown] = service.told()
    assert (shown["title"], shown["link"]) == ("5 requests need a person", "/approvals/")
    assert shown["body"].endswith("and 2 more")


def test_a_planners_words_are_shown_as_they_are(approvals_desk: Desk, service: PushService) -> None:
    on(service, approvals_desk.ada)
    turned = '"anna\\u202e@example.com"'
    approvals_desk.start(f"{{ order_id = 1, amount = 20.0, recipient = {turned} }}")
    told()
    [shown] = service.told()
    assert "\u202e" not in shown["body"]
    assert "⟨U+202E⟩" in shown["body"]


def test_whoever_may_not_answer_is_told_nothing(approvals_desk: Desk, service: PushService) -> None:
    outsider = person("bert", "approver")
    on(service, outsider)
    outsider.groups.clear()
    approvals_desk.start()
    assert told() == 0
    assert service.posts == []
    assert Delivery.objects.get().delivered_at == NOW, "it is settled, and about nothing"


def test_a_request_for_another_group_is_told_to_its_members_alone(
    approvals_desk: Desk, service: PushService
) -> None:
    approvals_desk.gated.terms = {"group": "finance"}
    on(service, approvals_desk.ada)
    on(service, person("fina", "approver", "finance"), "two")
    approvals_desk.start()
    assert told() == 1
    assert len(service.told()) == 1


def test_whoever_started_the_run_is_not_told_where_somebody_else_has_to_decide(
    approvals_desk: Desk, service: PushService
) -> None:
    approvals_desk.gated.terms = {"four_eyes": True}
    run = approvals_desk.start()
    run.principal = approvals_desk.ada
    run.save(update_fields=["principal"])
    on(service, approvals_desk.ada)
    assert told() == 0


def test_nobody_who_may_answer_nothing_switches_a_browser_on(
    approvals_desk: Desk, service: PushService
) -> None:
    with pytest.raises(Refused, match="You may answer no requests"):
        on(service, person("vera", "viewer"))


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_switched_off(
    approvals_desk: Desk, service: PushService, status: int
) -> None:
    on(service, approvals_desk.ada)
    approvals_desk.start()
    service.answers = [status]
    assert told() == 0
    assert not Channel.objects.exists()
    kind, data = noted()[-1]
    assert (kind, data["user"], data["why"]) == ("push.switched_off", "ada", pushing.GONE)


def test_a_service_that_is_busy_is_asked_again(approvals_desk: Desk, service: PushService) -> None:
    on(service, approvals_desk.ada)
    approvals_desk.start()
    service.answers = [503]
    assert [told(NOW + timedelta(seconds=second)) for second in (0, 1, 3)] == [0, 0, 1]
    assert (Delivery.objects.get().attempts, len(service.told())) == (2, 2)


def test_what_was_answered_meanwhile_is_not_told(
    approvals_desk: Desk, service: PushService
) -> None:
    on(service, approvals_desk.ada)
    request = approvals_desk.asked(approvals_desk.start())
    [delivery] = announcing.gather(at=NOW)
    approvals_desk.decide(request)
    assert not delivering.deliver(delivery_id=delivery, at=NOW)
    assert service.posts == []


def test_offboarding_switches_every_browser_off(approvals_desk: Desk, service: PushService) -> None:
    on(service, approvals_desk.ada)
    on(service, approvals_desk.ada, "two")
    leaving = Leaving(approvals_desk.ada, RunsLeft.PAUSE, None, "the contract ended")
    offboarding.offboard(leaving, editor=staff(), at=NOW)
    assert not Channel.objects.exists()
    assert noted()[-1][1]["why"] == "offboarded"


def test_whoever_was_switched_off_otherwise_is_told_nothing(
    approvals_desk: Desk, service: PushService
) -> None:
    on(service, approvals_desk.ada)
    User.objects.filter(pk=approvals_desk.ada.pk).update(is_active=False)
    approvals_desk.start()
    assert told() == 0


def test_a_browser_belongs_to_whoever_switched_it_on_last(
    approvals_desk: Desk, service: PushService
) -> None:
    on(service, approvals_desk.ada)
    other = person("bert", "approver")
    on(service, other)
    assert [each.owner for each in Channel.objects.all()] == [other]
    assert [(kind, said["user"], said["why"]) for kind, said in noted()] == [
        ("push.switched_on", "ada", ""),
        ("push.switched_off", "ada", pushing.TAKEN),
        ("push.switched_on", "bert", ""),
    ]


def test_there_is_an_end_to_how_many_browsers_one_has(
    approvals_desk: Desk, service: PushService
) -> None:
    for number in range(pushing.MOST):
        on(service, approvals_desk.ada, str(number))
    on(service, approvals_desk.ada, "0")
    with pytest.raises(Refused, match="switch one off first"):
        on(service, approvals_desk.ada, "more")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_pass_that_end(approvals_desk: Desk, service: PushService) -> None:
    for number in range(pushing.MOST - 1):
        on(service, approvals_desk.ada, str(number))
    gate = Barrier(6)

    def one_more(browser: str) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            with suppress(Refused):
                on(service, approvals_desk.ada, browser)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as all_six:
        list(all_six.map(one_more, "abcdef"))
    assert Channel.objects.count() == pushing.MOST


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "https://localhost/",
        "https://x.localhost/",
        "https://10.0.0.8/",
        "https://192.168.1.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://2130706433/",
        "http://push.example.net/",
        "ftp://push.example.net/",
    ],
)
def test_an_address_that_leads_inwards_is_refused(
    approvals_desk: Desk, service: PushService, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SIGNALBOX_PRIVATE_HOSTS", "")
    service.url = url
    with pytest.raises(Refused, match="The address of this browser"):
        on(service, approvals_desk.ada)
    assert not Channel.objects.exists()


def test_a_host_that_is_no_longer_listed_is_not_reached(
    approvals_desk: Desk, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(service, approvals_desk.ada)
    monkeypatch.setenv("SIGNALBOX_PRIVATE_HOSTS", "")
    approvals_desk.start()
    assert told() == 0
    assert service.posts == []
    assert addresses.OWN_HOSTS in Delivery.objects.get().error


def test_the_key_is_made_once_and_only_its_owner_reads_it(
    service: PushService, settings: Any
) -> None:
    assert push_key.public() == push_key.public()
    assert Path(settings.PUSH_KEY).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in Path(settings.PUSH_KEY).parent.iterdir()] == ["push_key"]


def test_under_another_key_a_browser_has_to_be_switched_on_again(
    approvals_desk: Desk, service: PushService, settings: Any
) -> None:
    on(service, approvals_desk.ada)
    Path(settings.PUSH_KEY).unlink()
    approvals_desk.start()
    assert told() == 0
    assert "switch it on again" in Delivery.objects.get().error
    on(service, approvals_desk.ada)
    assert told(NOW + timedelta(seconds=3)) == 1


def account(user: User) -> Client:
    client = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"})
    client.force_login(user)
    return client


def test_one_switches_ones_browser_on_tries_it_and_switches_it_off(
    approvals_desk: Desk, service: PushService
) -> None:
    client = account(approvals_desk.ada)
    assert f'data-key="{push_key.public()}"' in client.get("/account/").content.decode()
    sent = {"credential": service.subscription()}
    assert client.post(reverse("push_on"), sent).status_code == 302
    channel = Channel.objects.get()
    page = client.get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "this one" in page
    assert service.url not in page
    client.post(reverse("push_try", args=[channel.pk]))
    assert "this is a test" in service.told()[0]["body"]
    client.post(reverse("push_off", args=[channel.pk]))
    assert not Channel.objects.exists()
    assert [kind for kind, _ in noted()] == ["push.switched_on", "push.switched_off"]


def test_a_test_that_does_not_arrive_says_why_and_one_that_never_will_ends_it(
    approvals_desk: Desk, service: PushService
) -> None:
    client, channel = account(approvals_desk.ada), on(service, approvals_desk.ada)
    service.answers = [500, 410]
    tries = [client.post(reverse("push_try", args=[channel.pk]), follow=True) for _ in range(2)]
    assert "service answered 500" in tries[0].content.decode()
    assert pushing.GONE in tries[1].content.decode()
    assert not Channel.objects.exists()


def test_nobody_sees_or_ends_a_browser_of_somebody_else(
    approvals_desk: Desk, service: PushService
) -> None:
    channel, other = on(service, approvals_desk.ada), account(person("bert", "approver"))
    assert other.post(reverse("push_off", args=[channel.pk])).status_code == 404
    assert other.post(reverse("push_try", args=[channel.pk])).status_code == 404
    assert "Firefox on Linux" not in other.get("/account/").content.decode()
    assert notices.all_of_them(NOW) == []


def test_an_admin_neither_sees_nor_makes_a_browser(
    approvals_desk: Desk, service: PushService
) -> None:
    channel, admin = on(service, approvals_desk.ada), account(staff())
    assert (
        channel.name
        not in admin.get(reverse("admin:approvals_channel_changelist")).content.decode()
    )
    page = admin.get(reverse("admin:approvals_channel_add")).content.decode()
    assert 'value="webhook"' in page
    assert 'value="push"' not in page


def test_what_is_no_subscription_is_refused(approvals_desk: Desk, service: PushService) -> None:
    answer = account(approvals_desk.ada).post(reverse("push_on"), {"credential": "{}"})
    assert answer.status_code == 409
    assert "no address that a browser can be reached at" in answer.content.decode()


def test_the_worker_stands_where_it_may_act_for_every_page(client: Client) -> None:
    answer = client.get("/push-worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content
