"""The forms of tool policies in Django admin, filled in as people fill them in."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.journal import append as journal
from console.journal.records import HOUSE_KEY, JournalRecord


def signed_in(group: str) -> Client:
    user = User.objects.create_user(f"some-{group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def events(kind: str) -> list[JournalRecord]:
    return [row.record for row in journal.read(connection, HOUSE_KEY) if row.record.kind == kind]


def form(**changed: Any) -> dict[str, Any]:
    policy = {
        "name": "probe",
        "enabled": "on",
        "priority": 5,
        "agent": "*",
        "tool": "issue_refund",
        "effect": "any",
        "verdict": "require_approval",
        "over_cap": "require_approval",
    }
    return policy | changed


def trial(**changed: Any) -> dict[str, Any]:
    asked = {
        "source": "pasted",
        "tool": "issue_refund",
        "effect": "irreversible",
        "agent": "refund-desk",
        "args": "{}",
    }
    return {"_try": "1", **{f"try-{name}": value for name, value in (asked | changed).items()}}


def add(client: Client, sent: Mapping[str, Any]) -> str:
    return client.post(reverse("admin:policies_toolpolicy_add"), sent, follow=True).content.decode()


def change(client: Client, row: Any, sent: Mapping[str, Any]) -> str:
    return client.post(
        reverse(f"admin:policies_{row._meta.model_name}_change", args=[row.pk]), sent, follow=True
    ).content.decode()
