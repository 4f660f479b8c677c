"""Channels and limits in Django admin: what is refused before it can hurt, the test message, and
the journal of every edit.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client

from approvals.models import Channel, Guard
from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from runs.models import Agent
from tests.approvals.test_notifications import Heard
from tests.approvals.test_notifications import other_side as other_side

pytestmark = pytest.mark.django_db
ADD = "/admin/approvals/channel/add/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def channel(**changes: Any) -> dict[str, Any]:
    form = {
        "name": "chat",
        "enabled": "on",
        "kind": "webhook",
        "target": "https://chat.example.com/hook",
        "gap_seconds": 30,
    }
    return {**form, "secret_variable": "", "groups": "", **changes}


def test_a_channel_is_added_and_the_journal_says_by_whom(admin: Client) -> None:
    assert admin.post(ADD, channel()).status_code == 302
    note = journal.read(connection, HOUSE_KEY)[-1].record
    assert (note.kind, note.actor, Channel.objects.get().target) == (
        "channel.added",
        "user:alba",
        "https://chat.example.com/hook",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": "file:///etc/passwd"}, "begins with http:// or https://"),
        ({"secret_variable": "xoxb-12-the-key"}, "not the key itself"),
    ],
)
def test_what_nothing_could_be_sent_to_is_refused(
    admin: Client, changes: dict[str, str], said: str
) -> None:
    answer = admin.post(ADD, channel(**changes))
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert not Channel.objects.exists()


def test_a_test_message_says_whether_it_was_taken(admin: Client, other_side: Heard) -> None:
    Channel.objects.create(name="chat", kind="webhook", target=other_side.url)
    other_side.answers = [200, 503]
    send = {"action": "send_a_test", "_selected_action": [Channel.objects.get().pk]}
    assert (
        "Channel chat: the test message was taken."
        in admin.post("/admin/approvals/channel/", send, follow=True).content.decode()
    )
    assert (
        "it answered 503"
        in admin.post("/admin/approvals/channel/", send, follow=True).content.decode()
    )
    assert [b"nothing needs a person" in body for _, body in other_side.posts] == [True, True]


def test_mail_is_tried_the_same_way(admin: Client, mailoutbox: list[EmailMessage]) -> None:
    Channel.objects.create(name="desk", kind="email", target="ada@example.com")
    admin.post(
        "/admin/approvals/channel/",
        {"action": "send_a_test", "_selected_action": [Channel.objects.get().pk]},
    )
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]


def test_a_limit_is_for_an_agent_that_there_is(admin: Client) -> None:
    Agent.objects.create(name="probe", title="Probe")
    said = admin.post(
        "/admin/approvals/guard/add/", {"agent": "prob", "most": 3, "enabled": "on"}
    ).content.decode()
    assert "There is no agent “prob”; did you mean “probe”?" in said
    for name in ("probe", "*"):
        assert (
            admin.post(
                "/admin/approvals/guard/add/", {"agent": name, "most": 3, "enabled": "on"}
            ).status_code
            == 302
        )
    assert set(Guard.objects.values_list("agent", flat=True)) == {"probe", "*"}


def test_the_load_page_leads_there_and_says_what_did_not_arrive(admin: Client) -> None:
    Channel.objects.create(name="chat", kind="webhook", target="http://127.0.0.1:9/")
    page = admin.get("/approvals/load/").content.decode()
    assert "/admin/approvals/channel/" in page
    assert "/admin/approvals/guard/" in page
    assert "chat" in page
