"""What all runs together may spend on a day before anybody has written a budget."""

from typing import Any

from django.db import migrations

BUDGET: dict[str, Any] = {
    "name": "house-day",
    "window": "day",
    "measure": "usd",
    "amount": 1_000,
    "action": "pause",
    "unpriced": "fallback",
    "fallback": 10,
    "note": (
        "A last line for the whole house: set it to what a day may cost you. The demo's runs pay"
        " with made-up money, and count here like any others, some hundreds on a day. A model"
        " without a known price counts as $10 per million tokens."
    ),
}


def ship(apps: Any, schema_editor: Any) -> None:
    apps.get_model("policies", "Budget").objects.get_or_create(name=BUDGET["name"], defaults=BUDGET)


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays."""
    apps.get_model("policies", "Budget").objects.filter(name=BUDGET["name"], version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0008_levers_pulled_by")]
    operations = [migrations.RunPython(ship, withdraw)]
