"""Edits of groups are on record with what they changed."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from console.journal import append
from console.journal.records import HOUSE_KEY

pytestmark = pytest.mark.django_db


def noted() -> list[Any]:
    records = [each.record for each in append.read(connection, HOUSE_KEY)]
    return [each for each in records if each.kind.startswith("group.")]


def test_each_edit_of_a_group_says_what_it_changed(client: Client) -> None:
    client.force_login(User.objects.create_superuser("olivia"))
    right = Permission.objects.get(codename="operate_run")
    client.post("/admin/auth/group/add/", {"name": "desk", "permissions": [str(right.pk)]})
    desk = Group.objects.get(name="desk")
    client.post(f"/admin/auth/group/{desk.pk}/change/", {"name": "desk", "permissions": []})
    client.post(f"/admin/auth/group/{desk.pk}/delete/", {"post": "yes"})
    added, changed, deleted = noted()
    assert (added.kind, added.data["change"]["permissions"]) == (
        "group.added",
        [None, [str(right)]],
    )
    assert (changed.kind, changed.data["change"]["permissions"]) == (
        "group.changed",
        [[str(right)], []],
    )
    assert deleted.kind == "group.deleted"


def test_several_that_are_deleted_at_once_are_each_on_record(client: Client) -> None:
    client.force_login(User.objects.create_superuser("olivia"))
    rows = [str(Group.objects.create(name=name).pk) for name in ("desk", "floor")]
    sent = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    client.post("/admin/auth/group/", sent)
    assert [each.kind for each in noted()] == ["group.deleted"] * 2
