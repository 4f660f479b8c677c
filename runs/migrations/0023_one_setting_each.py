"""An agent's own routing rules become routing policies, and how many calls it may ask for at a time
one setting; both before their old columns go.
"""

from typing import Any

from django.db import migrations

PRIORITY = 10
"""Before all that were shipped, one after the other, as they stood on the agent's page."""


def as_policies(apps: Any, schema_editor: Any) -> None:
    policies = apps.get_model("policies", "RoutingPolicy").objects
    for agent in apps.get_model("runs", "Agent").objects.exclude(routing=[]):
        for number, rule in enumerate(agent.routing, 1):
            name = f"{agent.name}-{rule.get('name') or number}"[:80]
            policies.get_or_create(
                name=name,
                defaults={
                    "priority": PRIORITY + number,
                    "agents": agent.name,
                    "condition": str(rule.get("when") or ""),
                    "tier": rule.get("tier") or "plan",
                    "hold": rule.get("hold") or 3,
                    "note": "Stood on the agent's page before there were routing policies.",
                },
            )


def one_at_a_time(apps: Any, schema_editor: Any) -> None:
    agents = apps.get_model("runs", "Agent").objects
    agents.filter(several_calls="no").update(parallel_calls=1)


class Migration(migrations.Migration):
    dependencies = [("runs", "0022_no_checks_on_a_runs_row"), ("policies", "0021_shipped_routing")]
    operations = [
        migrations.RunPython(as_policies, migrations.RunPython.noop),
        migrations.RunPython(one_at_a_time, migrations.RunPython.noop),
    ]
