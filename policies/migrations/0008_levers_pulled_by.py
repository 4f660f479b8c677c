"""Who may pull levers: operators and administrators.

Who may look at what was pulled: auditors as well.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

NAMES = {
    ("halt", "pull_lever"): "Can pull and release halt levers, and force breakers open",
    ("halt", "view_halt"): "Can view halt",
    ("breaker", "view_breaker"): "Can view breaker",
}
HELD = {
    "operator": tuple(NAMES),
    "admin": tuple(NAMES),
    "auditor": (("halt", "view_halt"), ("breaker", "view_breaker")),
}


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    groups, permissions = (
        apps.get_model("auth", "Group").objects,
        apps.get_model("auth", "Permission").objects,
    )
    types = apps.get_model("contenttypes", "ContentType").objects
    made = {}
    for (model, codename), name in NAMES.items():
        kind, _ = types.get_or_create(app_label="policies", model=model)
        made[model, codename], _ = permissions.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
    for group, held in HELD.items():
        groups.get(name=group).permissions.add(*(made[key] for key in held))


def take(apps: Any, schema_editor: Any) -> None:
    codenames = [codename for _, codename in NAMES]
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="policies", codename__in=codenames
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0007_groups_may")]
    operations = [migrations.RunPython(give, take)]
