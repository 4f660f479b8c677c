"""Operators and administrators may share saved views with everybody."""

from typing import Any

from django.db import migrations

GROUPS = ("operator", "admin")
NAMED = {"codename": "share_view", "name": "Can share saved views with everybody"}


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    kinds = apps.get_model("contenttypes", "ContentType").objects
    kind, _ = kinds.get_or_create(app_label="runs", model="savedview")
    permissions = apps.get_model("auth", "Permission").objects
    permission, _ = permissions.get_or_create(
        content_type=kind, codename=NAMED["codename"], defaults={"name": NAMED["name"]}
    )
    for name in GROUPS:
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(permission)


def take(apps: Any, schema_editor: Any) -> None:
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="runs", codename=NAMED["codename"]
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*found)


class Migration(migrations.Migration):
    dependencies = [("runs", "0035_saved_views"), ("console", "0002_groups")]
    operations = [migrations.RunPython(give, take)]
