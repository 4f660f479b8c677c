"""What an admin's edit changed, as facts for the journal: before and after, with prompts, scripts
and headers by their digest only.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from console.journal import append
from console.journal.canonical_json import canonical
from console.journal.records import ALWAYS_HIDDEN, Actor
from console.json_value import Json

HIDDEN = frozenset({"prompt", "script", "extra_headers"})
PLAIN = (bool, int, float, str, list, dict, type(None))


def facts_of(row: Model) -> dict[str, Json]:
    """Every column and many-to-many relation of a saved row as JSON."""
    columns = {
        field.name: _plain(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    relations = {
        field.name: sorted(str(each) for each in getattr(row, field.name).all())
        for field in row._meta.many_to_many
    }
    return columns | relations


def stored_facts(row: Model) -> dict[str, Json]:
    """The facts of the row as the database has it now; empty for a row that does not exist yet."""
    there = type(row)._default_manager.filter(pk=row.pk).first() if row.pk is not None else None
    return facts_of(there) if there is not None else {}


def note(
    *,
    verb: str,
    row: Model,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    actor: Actor | str,
    at: datetime,
) -> None:
    """One event on the house's chain, such as `agent.changed`; hidden texts go into one of their
    own that only auditors can open.
    """
    kind, names = (
        row._meta.model_name,
        [name for name in {**before, **after} if before.get(name) != after.get(name)],
    )
    subject = {str(kind): str(getattr(row, "name", row.pk)), "id": row.pk}
    change = {
        name: [_shown(name, before.get(name)), _shown(name, after.get(name))] for name in names
    }
    append.note(kind=f"{kind}.{verb}", actor=actor, at=at, data={**subject, "change": change})
    if hidden := {
        name: [before.get(name), after.get(name)]
        for name in names
        if name in HIDDEN and (before.get(name) or after.get(name))
    }:
        append.note(
            kind=f"{kind}.{verb}",
            actor=actor,
            at=at,
            data={**subject, "change": hidden},
            visibility=ALWAYS_HIDDEN,
        )


def _plain(value: Any) -> Json:
    return value if isinstance(value, PLAIN) else str(value)


def _shown(name: str, value: Json) -> Json:
    if name not in HIDDEN or not value:
        return value
    text = value if isinstance(value, str) else canonical(value)
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
