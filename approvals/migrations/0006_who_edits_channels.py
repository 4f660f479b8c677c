"""Administrators may edit where notifications go and how much may be open; auditors may look at it,
and at what was sent.
"""

from typing import Any

from django.db import migrations

MODELS = {"channel": "channel", "delivery": "delivery", "guard": "guard"}
EDIT = ("add", "change", "delete", "view")
HELD = {
    "admin": {"channel": EDIT, "delivery": ("view",), "guard": EDIT},
    "auditor": {"channel": ("view",), "delivery": ("view",), "guard": ("view",)},
}


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    types, permissions = (
        apps.get_model("contenttypes", "ContentType").objects,
        apps.get_model("auth", "Permission").objects,
    )
    for name, models in HELD.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for model, acts in models.items():
            kind, _ = types.get_or_create(app_label="approvals", model=model)
            for act in acts:
                named = {"name": f"Can {act} {MODELS[model]}"}
                group.permissions.add(
                    permissions.get_or_create(
                        content_type=kind, codename=f"{act}_{model}", defaults=named
                    )[0]
                )


def take(apps: Any, schema_editor: Any) -> None:
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="approvals", content_type__model__in=MODELS
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=HELD):
        group.permissions.remove(*found)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0005_guard"), ("console", "0002_groups")]
    operations = [migrations.RunPython(give, take)]
