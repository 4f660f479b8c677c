"""Operators and administrators hold every scope until somebody narrows it; administrators may edit
grants, auditors may read them.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

MODEL, WORDS = "scopegrant", "scope grant"
MAY = {"admin": ("add", "change", "delete", "view"), "auditor": ("view",)}
NOTE = (
    "Whoever may start runs may use every tool through them, as far as tool policies go. Narrow"
    " this, or add groups of your own."
)
GRANTS = [
    {"name": f"{group}s", "group": group, "scopes": "*", "note": NOTE}
    for group in ("operator", "admin")
]


def ship(apps: Any, schema_editor: Any) -> None:
    for facts in GRANTS:
        apps.get_model("policies", "ScopeGrant").objects.get_or_create(
            name=facts["name"], defaults=facts
        )


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays."""
    apps.get_model("policies", "ScopeGrant").objects.filter(
        name__in=[facts["name"] for facts in GRANTS], version=1
    ).delete()


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
    dependencies = [("policies", "0013_scopes")]
    operations = [migrations.RunPython(ship, withdraw), migrations.RunPython(give, take)]
