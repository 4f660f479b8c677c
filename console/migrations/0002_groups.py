"""The five kinds of people, as groups with their permissions.

Django makes permissions only after all migrations have run; those needed here are made by hand,
under the same names.
"""

from typing import Any

from django.db import migrations

READ = {("runs", "run"): {"view_run": "Can view run"}}
OPERATE = {("runs", "run"): {"operate_run": "Can start, pause, resume and kill runs"}}
CONTENT = {
    ("journal", "event"): {"view_user_hidden": "Can read tool calls, results and planner turns"}
}
SEALED = {
    ("journal", "event"): {
        "view_always_hidden": "Can read system prompts and the like; each look is journalled"
    }
}
SEARCH = {("journal", "event"): {"search_audit": "Can search the journal"}}
LOOK_INTO_AGENTS = {
    ("runs", "agent"): {"view_agent": "Can view agent"},
    ("runs", "mcpserver"): {"view_mcpserver": "Can view mcp server"},
}
EDIT = {
    (app, model): {
        f"{act}_{model}": f"Can {act} {words}" for act in ("add", "change", "delete", "view")
    }
    for app, model, words in (
        ("runs", "agent", "agent"),
        ("runs", "mcpserver", "mcp server"),
        ("auth", "user", "user"),
    )
}
GROUPS = {
    "viewer": [READ],
    "operator": [READ, OPERATE, CONTENT, SEARCH],
    "approver": [READ, CONTENT],
    "admin": [READ, OPERATE, CONTENT, SEARCH, EDIT],
    "auditor": [READ, CONTENT, SEALED, SEARCH, LOOK_INTO_AGENTS],
}


def make(apps: Any, schema_editor: Any = None) -> None:
    """Idempotent."""
    groups = apps.get_model("auth", "Group").objects
    for name, bundles in GROUPS.items():
        group, _ = groups.get_or_create(name=name)
        group.permissions.add(*(each for bundle in bundles for each in permissions(apps, bundle)))


def permissions(apps: Any, bundle: dict[tuple[str, str], dict[str, str]]) -> list[Any]:
    types, existing = (
        apps.get_model("contenttypes", "ContentType").objects,
        apps.get_model("auth", "Permission").objects,
    )
    found = []
    for (app, model), names in bundle.items():
        kind, _ = types.get_or_create(app_label=app, model=model)
        found += [
            existing.get_or_create(content_type=kind, codename=codename, defaults={"name": name})[0]
            for codename, name in names.items()
        ]
    return found


def remove(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0001_one_time_links"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("runs", "0001_tables"),
        ("journal", "0001_tables"),
    ]
    operations = [migrations.RunPython(make, remove)]
