"""Routing as shipped, for agents that name a better model; administrators may edit routing and
patience policies, auditors may read them.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

WORDS = {"routingpolicy": "routing policy", "patiencepolicy": "patience policy"}
MAY = {"admin": ("add", "change", "delete", "view"), "auditor": ("view",)}
SHIPPED: tuple[dict[str, Any], ...] = (
    {
        "name": "little-money-left",
        "priority": 1_000,
        "condition": "run.left < 0.15",
        "tier": "step",
        "hold": 5,
        "note": "What is left of a run's own USD limit is not spent on the better model.",
    },
    {
        "name": "first-step",
        "priority": 1_010,
        "condition": "run.step == 1",
        "tier": "plan",
        "hold": 1,
        "note": "How a run begins decides most of what it costs.",
    },
    {
        "name": "stuck",
        "priority": 1_020,
        "condition": "run.failures >= 2 || run.loop >= 0.6",
        "tier": "plan",
        "hold": 3,
        "note": "What fails twice in a row or goes in circles needs the better model, for a while.",
    },
)


def ship(apps: Any, schema_editor: Any) -> None:
    for each in SHIPPED:
        apps.get_model("policies", "RoutingPolicy").objects.get_or_create(
            name=each["name"], defaults=each
        )


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays."""
    names = [each["name"] for each in SHIPPED]
    apps.get_model("policies", "RoutingPolicy").objects.filter(name__in=names, version=1).delete()


def give(apps: Any, schema_editor: Any) -> None:
    """Idempotent."""
    groups, permissions = (
        apps.get_model("auth", "Group").objects,
        apps.get_model("auth", "Permission").objects,
    )
    for model, words in WORDS.items():
        kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="policies", model=model
        )
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
        content_type__app_label="policies", content_type__model__in=WORDS
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=MAY):
        group.permissions.remove(*held)


class Migration(migrations.Migration):
    dependencies = [("policies", "0020_routing"), ("policies", "0007_groups_may")]
    operations = [migrations.RunPython(ship, withdraw), migrations.RunPython(give, take)]
