"""Policies that ask people less, for whoever wants them: none is in force until it is enabled.

Each lets through what a goal or a person has said to the letter, and nothing that was composed or
read; what else is asked about stays so.
"""

from typing import Any

from django.db import migrations

CAPS = "allow_with_caps"
OWN = "has(args.attendees) == false || size(args.attendees) == 0"
NOT_IN_FORCE = "Not in force until somebody enables it."

POLICIES: list[dict[str, Any]] = [
    {
        "name": "drafts-reach-nobody",
        "priority": 60,
        "tool": "*draft*",
        "condition": "size(links(args)) == 0 && tool.name.contains('send') == false",
        "verdict": CAPS,
        "cap_per_run": 20,
        "note": f"A draft waits for the person who sends it. {NOT_IN_FORCE}",
    },
    {
        "name": "own-calendar",
        "priority": 61,
        "tool": "create_event create_calendar_event *.create_event *.create_calendar_event",
        "condition": f"size(links(args)) == 0 && ({OWN})",
        "verdict": CAPS,
        "cap_per_run": 20,
        "note": f"An entry that nobody else is invited to can be removed again. {NOT_IN_FORCE}",
    },
    {
        "name": "said-by-the-goal-or-a-person",
        "priority": 62,
        "effect": "irreversible",
        "condition": (
            "args.exists(name, [true, false, null, '', [], {}].all(each, args[name] != each))"
            " && trusted(args) && size(links(args)) == 0"
        ),
        "verdict": CAPS,
        "cap_per_run": 5,
        "note": (
            "Every value stands in the goal or in a person's words, none was composed or read. What"
            " it does not see: a text that the run has read may still choose another tool for the"
            f" same values. {NOT_IN_FORCE}"
        ),
    },
]


def ship(apps: Any, schema_editor: Any) -> None:
    policies = apps.get_model("policies", "ToolPolicy").objects
    for facts in POLICIES:
        policies.get_or_create(name=facts["name"], defaults={**facts, "enabled": False})


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays."""
    apps.get_model("policies", "ToolPolicy").objects.filter(
        name__in=[facts["name"] for facts in POLICIES], version=1, enabled=False
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0022_words_of_models")]
    operations = [migrations.RunPython(ship, withdraw)]
