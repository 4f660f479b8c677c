"""Channels in the admin: where nothing can be sent is refused in words, at once and not by the log
an hour later.
"""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import Channel
from tests.approvals.test_notifications import Heard
from tests.approvals.test_notifications import other_side as other_side
from tests.markup import read
from tests.pages.people import person

pytestmark = pytest.mark.django_db


def added(client: Client, kind: str, target: str) -> str:
    form: dict[str, str | list[str]] = {
        "name": "ops",
        "enabled": "on",
        "kind": kind,
        "target": target,
        "gap_seconds": "30",
        "secret_variable": "",
        "groups": "",
        "events": ["approval.requested"],
    }
    response = client.post(reverse("admin:approvals_channel_add"), form, follow=True)
    return str(response.content.decode())


@pytest.fixture
def admin(client: Client) -> Client:
    user = person("admin")
    user.is_staff = True
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("email", "not an address", "These are no e-mail addresses"),
        ("email", "ops@example.org, nobody", "These are no e-mail addresses"),
        ("webhook", "hooks.example.org/x", "A webhook&#x27;s address begins with"),
        ("webhook", "ftp://example.org", "A webhook&#x27;s address begins with"),
    ],
)
def test_a_target_that_is_none_is_refused(admin: Client, kind: str, target: str, said: str) -> None:
    assert said in added(admin, kind, target)
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("email", "ops@example.org, night@example.org"),
        ("webhook", "http://127.0.0.1:8000/hook"),
        ("webhook", "https://hooks.example.org/x"),
    ],
)
def test_a_target_that_is_one_is_kept(admin: Client, kind: str, target: str) -> None:
    added(admin, kind, target)
    assert Channel.objects.get().target == target


def test_a_channel_is_tried_from_its_own_page_as_it_was_just_saved(
    admin: Client, other_side: Heard
) -> None:
    added(admin, "webhook", "http://127.0.0.1:9/nobody")
    channel = Channel.objects.get()
    address = reverse("admin:approvals_channel_change", args=[channel.pk])
    button = read(admin.get(address).content).one("input", name="_test")
    form = {
        "name": "ops", "enabled": "on", "kind": "webhook", "target": other_side.url,
        "gap_seconds": "30", "secret_variable": "", "groups": "", "events": ["approval.requested"],
        "_test": button.attrs["value"],
    }  # fmt: skip
    page = admin.post(address, form, follow=True)
    assert page.redirect_chain == [(address, 302)]
    assert "Channel ops: the test message was taken." in page.content.decode()
    assert (len(other_side.posts), Channel.objects.get().target) == (1, other_side.url)
    other_side.answers = [500]
    assert "it answered 500" in admin.post(address, form, follow=True).content.decode()


def test_what_cannot_be_saved_is_not_tried(admin: Client, other_side: Heard) -> None:
    added(admin, "webhook", other_side.url)
    address = reverse("admin:approvals_channel_change", args=[Channel.objects.get().pk])
    assert admin.post(address, {"name": "ops", "_test": "yes"}).status_code == 200
    assert other_side.posts == []
