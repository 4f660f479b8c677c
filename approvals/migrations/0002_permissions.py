"""Who sees what runs ask, and who decides it: permissions of the groups that the house starts with.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

NAMES = {
    "view_request": "Can see what runs ask",
    "decide_request": "Can decide what runs ask, in the groups they are in",
}
HELD = {
    "operator": ["view_request"],
    "approver": ["view_request", "decide_request"],
    "admin": ["view_request", "decide_request"],
    "auditor": ["view_request"],
}


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="approvals", model="request"
    )
    permissions = apps.get_model("auth", "Permission").objects
    made = {
        codename: permissions.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )[0]
        for codename, name in NAMES.items()
    }
    for name, codenames in HELD.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*(made[codename] for codename in codenames))


def take(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="approvals", codename__in=NAMES
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_requests"), ("console", "0002_groups")]
    operations = [migrations.RunPython(give, take)]
