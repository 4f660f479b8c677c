"""Policies that ask people less: two that are narrower than they were, three more. None is in force
until somebody enables it.

What they let through, a person said or a tool's record holds; what a text that was read speaks of
is asked about as before.
"""

from typing import Any

from django.db import migrations

CAPS = "allow_with_caps"
NOT_IN_FORCE = "Not in force until somebody enables it."
ENTRIES = "create_event create_calendar_event *.create_event *.create_calendar_event"
OF_AN_ENTRY = (
    "^(start.*|end.*|date|day|time.*|duration.*|title|name|summary|subject|description|notes?)$"
)
WHERE = "^(location|place|address)$"
MEANT = "args.exists(name, telling(args[name]) && said(args[name]))"

POLICIES: list[dict[str, Any]] = [
    {
        "name": "links-that-were-said",
        "priority": 19,
        "effect": "read",
        "condition": "size(links(args)) > 0 && trusted(args)",
        "verdict": CAPS,
        "cap_per_run": 20,
        "note": (
            "Reads an address that the goal or a person gave to the letter, path and query included"
            " and nothing else with it. What it lets pass: the page behind it is read, whatever is"
            f" written there. {NOT_IN_FORCE}"
        ),
    },
    {
        "name": "own-calendar",
        "priority": 61,
        "tool": ENTRIES,
        "condition": (
            "size(links(args)) == 0 && args.all(name, said(args[name]) ||"
            f" name.matches('{WHERE}') || (name.matches('{OF_AN_ENTRY}') &&"
            " !string(args[name]).contains('@') &&"
            " (!tainted(args[name]) || recorded(args[name]))))"
        ),
        "verdict": CAPS,
        "cap_per_run": 20,
        "note": (
            "An entry to which nobody is invited whom no person named, in the agent's own words or"
            " with what stands in a tool's record. What it lets pass: where it takes place may come"
            f" from what was read, and an entry takes your time until you remove it. {NOT_IN_FORCE}"
        ),
    },
    {
        "name": "said-by-the-goal-or-a-person",
        "priority": 62,
        "effect": "irreversible",
        "condition": f"trusted(args) && size(links(args)) == 0 && {MEANT}",
        "verdict": CAPS,
        "cap_per_run": 5,
        "note": (
            "Every value stands in the goal or in a person's words, and at least one that is no"
            " common word and no small number stands in no text that was read. What it lets pass:"
            " a text that was read may still choose another tool for the same values."
            f" {NOT_IN_FORCE}"
        ),
    },
    {
        "name": "recipients-in-the-record",
        "priority": 63,
        "effect": "irreversible",
        "condition": (
            f"size(links(args)) == 0 && {MEANT} && args.all(name, trusted(args[name]) ||"
            " listed(args[name]) || (name.matches('(^|_)ids?$') && recorded(args[name])) ||"
            " name.matches('^(start|end)_'))"
        ),
        "verdict": CAPS,
        "cap_per_run": 5,
        "note": (
            "As said-by-the-goal-or-a-person, but names, addresses, accounts and ids may also be"
            " those that stand in a field of their own in a tool's record, as long as no running"
            " text that was read speaks of them; amounts may not. What it lets pass: whoever can"
            f" write into such a record can put a name there. {NOT_IN_FORCE}"
        ),
    },
    {
        "name": "a-new-file-of-ones-own",
        "priority": 64,
        "effect": "irreversible",
        "tool": "create_file *.create_file",
        "condition": (
            "size(links(args)) == 0 &&"
            " args.all(name, name in ['name', 'filename', 'file_name', 'title', 'content', 'text'])"
            f" && {MEANT}"
        ),
        "verdict": CAPS,
        "cap_per_run": 20,
        "note": (
            "A new file that a person named, with a content and nothing that says where it goes or"
            " who sees it. What it lets pass: the content may come from what was read. Not for"
            f" tools whose files others see at once. {NOT_IN_FORCE}"
        ),
    },
]
BEFORE = {
    "own-calendar": (
        "size(links(args)) == 0 && (has(args.attendees) == false || size(args.attendees) == 0)"
    ),
    "said-by-the-goal-or-a-person": (
        "args.exists(name, [true, false, null, '', [], {}].all(each, args[name] != each))"
        " && trusted(args) && size(links(args)) == 0"
    ),
}
"""The conditions that were too wide: people could be invited under another name of the argument,
and a small number that the goal had for something else counted as said."""


def ship(apps: Any, schema_editor: Any) -> None:
    """What somebody wrote themselves stays; what was shipped is narrowed also where it is in
    force.
    """
    policies = apps.get_model("policies", "ToolPolicy").objects
    for facts in POLICIES:
        row, made = policies.get_or_create(name=facts["name"], defaults={**facts, "enabled": False})
        if not made and row.condition == BEFORE.get(row.name):
            row.condition, row.note = facts["condition"], facts["note"]
            row.save(update_fields=["condition", "note"])


def withdraw(apps: Any, schema_editor: Any) -> None:
    """One that somebody has changed since stays, and so do the narrower conditions."""
    names = [facts["name"] for facts in POLICIES if facts["name"] not in BEFORE]
    apps.get_model("policies", "ToolPolicy").objects.filter(
        name__in=names, version=1, enabled=False
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("policies", "0024_effect_keys")]
    operations = [migrations.RunPython(ship, withdraw)]
