"""People for tests of pages, by the group they are in."""

from datetime import UTC, datetime

from django.contrib.auth.models import Group, User
from django.test import Client

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
GROUPS = ("viewer", "operator", "approver", "admin", "auditor")


def person(group: str = "", name: str = "") -> User:
    user = User.objects.create_user(name or f"some-{group or 'one'}", password="correct horse")
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def signed_in(group: str = "") -> Client:
    client = Client()
    client.force_login(person(group), backend="django.contrib.auth.backends.ModelBackend")
    return client
