"""A judge that an administrator only has to switch on; administrators may edit judge policies,
auditors may read them.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

MODEL, WORDS = "judgepolicy", "judge policy"
MAY = {"admin": ("add", "change", "delete", "view"), "auditor": ("view",)}
JUDGE: dict[str, Any] = {
    "name": "every-agent",
    "priority": 1_000,
    "note": (
        "Off: switched on, it asks the run's own model every 10 steps whether they brought it"
        " closer to its goal. A first no is a hint to the planner, a second one pauses the run as"
        " drifted and asks a person. A small model of its own is cheaper."
    ),
}


def ship(apps: Any, schema_editor: Any) -> None:
    apps.get_model("policies", "JudgePolicy").objects.get_or_create(
        name=JUDGE["name"], defaults=JUDGE
    )


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays."""
    apps.get_model("policies", "JudgePolicy").objects.filter(name=JUDGE["name"], version=1).delete()


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    groups, permissions = (
        apps.get_model("auth", "Group").objects,
        apps.get_model("auth", "Permission").objects,
    )
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="policies", model=MODEL
    )
    for group, acts in MAY.items():
        made = [
            permissions.get_or_create(
                content_type=kind,
                codename=f"{act}_{MODEL}",
                defaults={"name": f"Can {act} {WORDS}"},
            )[0]
            for act in acts
        ]
        groups.get(name=group).permissions.add(*made)


def take(apps: Any, schema_editor: Any) -> None:
    held = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="policies", content_type__model=MODEL
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=MAY):
        group.permissions.remove(*held)


class Migration(migrations.Migration):
    dependencies = [("policies", "0011_judges"), ("policies", "0007_groups_may")]
    operations = [migrations.RunPython(ship, withdraw), migrations.RunPython(give, take)]
