"""Channels in the admin: where nothing can be sent is refused in words, at once and not by the log
an hour later.
"""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import Channel
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
