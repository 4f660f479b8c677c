"""Administrators may edit policies; auditors may read them.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

MODELS = {
    "toolpolicy": "tool policy",
    "thresholds": "thresholds",
    "budget": "budget",
    "breakerpolicy": "breaker policy",
    "retrypolicy": "retry policy",
}
MAY = {"admin": ("add", "change", "delete", "view"), "auditor": ("view",)}


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    groups, permissions = (
        apps.get_model("auth", "Group").objects,
        apps.get_model("auth", "Permission").objects,
    )
    types = apps.get_model("contenttypes", "ContentType").objects
    for model, words in MODELS.items():
        kind, _ = types.get_or_create(app_label="policies", model=model)
        for group, acts in MAY.items():
            made = [
                permissions.get_or_create(
                    content_type=kind,
                    codename=f"{act}_{model}",
                    defaults={"name": f"Can {act} {words}"},
                )[0]
                for act in acts
            ]
            groups.get(name=group).permissions.add(*made)


def take(apps: Any, schema_editor: Any) -> None:
    held = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="policies", content_type__model__in=MODELS
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=MAY):
        group.permissions.remove(*held)


class Migration(migrations.Migration):
    dependencies = [("policies", "0006_shipped_breakers"), ("console", "0002_groups")]
    operations = [migrations.RunPython(give, take)]
