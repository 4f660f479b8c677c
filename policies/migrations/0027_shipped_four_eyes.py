"""A rule of four eyes for each kind, switched off. Administrators may edit them, auditors read
them; whoever may pull levers sees proposed changes.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

KINDS = ("role", "scope", "tool_policy", "budget", "lever")
NAMES = {
    ("foureyesrule", "view_foureyesrule"): "Can view four-eyes rule",
    ("foureyesrule", "change_foureyesrule"): "Can change four-eyes rule",
    ("proposedchange", "view_proposedchange"): "Can view proposed change",
}
SEES, CHANGES, PROPOSALS = NAMES
MAY = {"admin": tuple(NAMES), "auditor": (SEES, PROPOSALS), "operator": (PROPOSALS,)}


def ship(apps: Any, schema_editor: Any) -> None:
    for kind in KINDS:
        apps.get_model("policies", "FourEyesRule").objects.get_or_create(kind=kind)


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    groups, permissions = (
        apps.get_model("auth", "Group").objects,
        apps.get_model("auth", "Permission").objects,
    )
    types, made = apps.get_model("contenttypes", "ContentType").objects, {}
    for (model, codename), name in NAMES.items():
        kind, _ = types.get_or_create(app_label="policies", model=model)
        made[model, codename], _ = permissions.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
    for group, held in MAY.items():
        groups.get(name=group).permissions.add(*(made[key] for key in held))


def take(apps: Any, schema_editor: Any) -> None:
    codenames = [codename for _, codename in NAMES]
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="policies", codename__in=codenames
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0026_four_eyes")]
    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(give, take),
    ]
