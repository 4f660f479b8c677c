"""People outside the console are told: signed, batched under flood, tried again, and with links
that decide nothing.
"""

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from approvals.models import Channel, Delivery, Request
from approvals.services import announcing, delivering
from approvals.services.pushing import NotDelivered
from console.journal.monotonic_clock import boottime
from console.live import rounds
from runs.engine.vocabulary import AnswerAct
from tests.approvals.desk import Desk, person
from tests.markup import read
from tests.patience import ended

NOW = datetime.now(UTC)
KEY = "a key of this test"


@dataclass
class Heard:
    """What reached the other side, and what it will answer next."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def other_side() -> Iterator[Heard]:
    heard = Heard()

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.posts.append((dict(self.headers), body))
            self.send_response(heard.answers.pop(0) if heard.answers else 200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Listens)
    heard.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield heard
    server.shutdown()
    server.server_close()
    ended(thread)


def told(at: datetime) -> int:
    """One round of the clock: how many messages were sent."""
    return sum(delivering.deliver(delivery_id=each, at=at) for each in announcing.gather(at=at))


def webhook(heard: Heard, **facts: Any) -> Channel:
    return Channel.objects.create(name="chat", kind="webhook", target=heard.url, **facts)


def test_a_webhook_is_signed_and_slack_understands_it(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setenv("SIGNALBOX_HANDS_ON", "HOOK_KEY")
    webhook(other_side, secret_variable="HOOK_KEY")
    request = approvals_desk.asked(approvals_desk.start())
    assert told(NOW) == 1
    [(headers, body)] = other_side.posts
    signed = b"v0:" + headers["X-Signalbox-Timestamp"].encode() + b":" + body
    assert (
        headers["X-Signalbox-Signature"]
        == "v0=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    )
    said = json.loads(body)
    assert "180.00" in said["text"]
    assert "Why: Money leaves the house, so a person decides." in body.decode()
    assert f"/approvals/{request.pk}/|Look at it>" in said["blocks"][0]["text"]["text"]


def test_many_at_once_share_one_message(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side)
    for number in range(4):
        approvals_desk.start(f"{{ order_id = {number}, amount = 20.0 }}")
    assert told(NOW) == 1
    assert json.loads(other_side.posts[0][1])["text"] == "4 requests need a person"


def test_what_comes_within_the_gap_waits_for_the_next_message(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, gap_seconds=30)
    sent = []
    for second in (0, 5, 10, 31):
        approvals_desk.start(f"{{ order_id = {second}, amount = 20.0 }}")
        sent.append(told(NOW + timedelta(seconds=second)))
    assert sent == [1, 0, 0, 1]
    assert len(json.loads(other_side.posts[1][1])["signalbox"]["requests"]) == 3


def test_what_fails_is_tried_again_later_and_sent_once(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    other_side.answers = [500, 503]
    approvals_desk.start()
    assert [told(NOW + timedelta(seconds=second)) for second in (0, 1, 3, 8, 60)] == [0, 0, 0, 1, 0]
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.error, len(other_side.posts)) == (3, "", 3)


def test_it_is_given_up_in_the_end_and_says_why(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side, secret_variable="NOT_SET_ANYWHERE_API_KEY")
    approvals_desk.start()
    for hour in range(12):
        told(NOW + timedelta(hours=hour))
    delivery = Delivery.objects.get()
    assert (delivery.next_at, delivery.delivered_at, other_side.posts) == (None, None, [])
    assert "NOT_SET_ANYWHERE_API_KEY is not set" in delivery.error


@pytest.mark.parametrize("wrong", [ValueError("a header of two lines"), UnicodeError("a host")])
def test_whatever_goes_wrong_with_a_message_is_an_attempt_that_failed(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    webhook(other_side)
    approvals_desk.start()

    def broken(*_: Any) -> None:
        raise wrong

    monkeypatch.setattr(delivering, "send", broken)
    assert told(NOW) == 0
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.delivered_at) == (1, None)
    assert str(wrong) in delivery.error
    assert delivery.next_at is not None


def test_a_key_that_is_bound_to_a_host_signs_for_no_other(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setenv("SIGNALBOX_HANDS_ON", "HOOK_KEY@hooks.example.com")
    webhook(other_side, secret_variable="HOOK_KEY")
    approvals_desk.start()
    assert told(NOW) == 0
    assert "HOOK_KEY is for hooks.example.com only" in Delivery.objects.get().error
    assert other_side.posts == []


def test_a_webhook_by_a_name_that_leads_inwards_reaches_nobody(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look(host: Any, *rest: Any, **facts: Any) -> Any:
        return real("127.0.0.1" if host == "hooks.example" else host, *rest, **facts)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    other_side.url = other_side.url.replace("127.0.0.1", "hooks.example")
    webhook(other_side)
    approvals_desk.start()
    assert told(NOW) == 0
    assert "by another name" in Delivery.objects.get().error
    assert other_side.posts == []


def test_two_senders_send_a_message_once(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side)
    approvals_desk.start()
    [delivery] = announcing.gather(at=NOW)
    assert announcing.claim(delivery, NOW) is not None
    assert announcing.claim(delivery, NOW) is None


def test_a_sender_that_stood_still_sends_nothing_that_another_may_have_sent(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook(other_side)
    approvals_desk.start()
    [delivery] = announcing.gather(at=NOW)
    lines, stood_still = delivering.told, [True]

    def told_late(mine: Delivery) -> Any:
        """The first sender stops here until a second one has sent the message."""
        if stood_still:
            stood_still.clear()
            monkeypatch.setattr(announcing, "boottime", lambda: boottime() + 61)
            assert delivering.deliver(delivery_id=delivery, at=NOW + timedelta(seconds=61))
        return lines(mine)

    monkeypatch.setattr(delivering, "told", told_late)
    assert not delivering.deliver(delivery_id=delivery, at=NOW)
    assert len(other_side.posts) == 1
    assert Delivery.objects.get().delivered_at == NOW + timedelta(seconds=61)


def test_a_sender_that_was_overtaken_changes_nothing_of_what_the_other_wrote(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    approvals_desk.start()
    [delivery] = announcing.gather(at=NOW)
    overtaken = announcing.claim(delivery, NOW)
    assert overtaken is not None
    other_side.answers = [503]
    assert not delivering.deliver(delivery_id=delivery, at=NOW + timedelta(seconds=61))
    before = Delivery.objects.values().get()
    delivering.failed(overtaken, NotDelivered("it answered 500"), NOW)
    assert not overtaken.settle(delivered_at=NOW, next_at=None)
    assert Delivery.objects.values().get() == before


def test_a_message_that_is_tried_again_bears_the_same_name(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    other_side.answers = [500]
    approvals_desk.start()
    assert [told(NOW + timedelta(seconds=second)) for second in (0, 8)] == [0, 1]
    first, second = [headers["X-Signalbox-Delivery"] for headers, _ in other_side.posts]
    assert first == second == f"delivery-{Delivery.objects.get().pk}"


def test_what_was_decided_meanwhile_is_not_told(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side)
    approvals_desk.decide(approvals_desk.asked(approvals_desk.start()), AnswerAct.DENY)
    assert told(NOW) == 0
    assert other_side.posts == []


def test_only_the_groups_of_a_channel_reach_it(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side, groups="finance, board")
    approvals_desk.start()
    assert told(NOW) == 0
    approvals_desk.gated.terms = {"group": "finance"}
    approvals_desk.start("{ order_id = 2, amount = 20.0 }")
    assert told(NOW) == 1


def test_an_escalation_is_told_anew(approvals_desk: Desk, other_side: Heard) -> None:
    person("alba", "admin")
    webhook(other_side, gap_seconds=0)
    request = approvals_desk.asked(approvals_desk.start())
    assert told(NOW) == 1
    approvals_desk.decide(request, AnswerAct.ESCALATE)
    assert told(NOW + timedelta(seconds=1)) == 1


def test_the_people_of_the_next_stage_are_told_when_it_is_theirs(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, groups="finance", gap_seconds=0)
    approvals_desk.gated.terms = {"group": "approver, finance"}
    request = approvals_desk.asked(approvals_desk.start())
    assert told(NOW) == 0
    approvals_desk.decide(request)
    assert told(NOW + timedelta(seconds=1)) == 1


def test_mail_goes_to_everybody_named_and_its_link_leads_to_sign_in_and_decides_nothing(
    approvals_desk: Desk, mailoutbox: list[EmailMessage]
) -> None:
    Channel.objects.create(name="post", kind="email", target="ada@example.com, bob@example.com")
    request = approvals_desk.asked(approvals_desk.start())
    assert told(NOW) == 1
    [letter] = mailoutbox
    assert letter.to == ["ada@example.com", "bob@example.com"]
    assert f"/approvals/{request.pk}/" in letter.body
    answer = Client().get(f"/approvals/{request.pk}/")
    assert (answer.status_code, answer["Location"].startswith("/signin/")) == (302, True)
    assert Request.objects.get(pk=request.pk).status == "open"


def test_what_a_planner_said_is_no_markup(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side)
    approvals_desk.start(
        "{ order_id = 1, amount = 20.0, recipient = '<!channel> <http://evil|here>' }"
    )
    told(NOW)
    said = json.loads(other_side.posts[0][1])["blocks"][0]["text"]["text"]
    assert "<!channel>" not in said
    assert "<http://evil" not in said


def test_whoever_decides_sees_beside_the_queue_who_was_not_told_and_why(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    other_side.answers = [500]
    approvals_desk.start()
    told(NOW)
    note = read(reading(approvals_desk).get("/approvals/").content).one("p", "note", "tone-bad")
    assert note.words.startswith("“chat” was not told of 1 request: NotDelivered: it answered 500")
    assert note.one("bdi").words.startswith("NotDelivered: it answered 500")
    told(NOW + timedelta(seconds=60))
    assert "was not told" not in reading(approvals_desk).get("/approvals/").content.decode()


def test_a_message_that_was_given_up_is_told_until_a_later_one_arrives(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    other_side.answers = [500] * 8
    approvals_desk.start()
    for hour in range(8):
        told(NOW + timedelta(hours=hour))
    note = read(reading(approvals_desk).get("/approvals/").content).one("p", "note", "tone-bad")
    assert "was not told of 1 request, and no further attempt is made: " in note.words
    approvals_desk.start("{ order_id = 2, amount = 20.0 }")
    told(NOW + timedelta(hours=9))
    assert "was not told" not in reading(approvals_desk).get("/approvals/").content.decode()


def test_a_message_that_is_not_taken_is_told_by_the_round_that_carried_it(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    other_side.answers = [500]
    approvals_desk.start()
    [delivery] = announcing.gather(at=NOW)
    rounds.go("deliveries", lambda: delivering.deliver(delivery_id=delivery, at=NOW))
    assert "chat: NotDelivered: it answered 500" in rounds.of("deliveries").trouble


def reading(desk: Desk) -> Client:
    client = Client()
    client.force_login(desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    return client
