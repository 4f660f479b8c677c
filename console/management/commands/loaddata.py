"""Django's `loaddata`, but what it changes of agents, policies, people and groups is journalled, as
an edit in the admin is.
"""

import getpass
from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.core.management.commands import loaddata
from django.db.models import Model

from console.journal import append, database_clock, edits
from console.journal.editing import Journalled
from console.journal.records import Actor
from console.json_value import Json
from console.people import second_person


class Command(loaddata.Command):
    def save_obj(self, obj: Any) -> bool:
        """Save one row of a file, in the transaction of the whole file."""
        row = obj.object
        before = facts(row)
        saved = bool(super().save_obj(obj))
        after = facts(row)
        if saved and before != after:
            note(row, before, after)
        return saved


def facts(row: Model) -> dict[str, Json]:
    """The row as it stands; empty for one that is not there, or whose edits nobody journals."""
    if isinstance(row, User):
        person = User.objects.filter(pk=row.pk).first()
        return second_person.facts(person) if person else {}
    known = site._registry.get(type(row))  # noqa: SLF001  Django has no other list
    kept = isinstance(known, Journalled) or isinstance(row, Group)
    return edits.stored_facts(row) if kept else {}


def note(row: Model, before: dict[str, Json], after: dict[str, Json]) -> None:
    verb = "changed" if before else "added"
    who, at = Actor(f"shell:{getpass.getuser()} (loaddata)"), database_clock.now()
    if not isinstance(row, User):
        edits.note(verb=verb, row=row, before=before, after=after, actor=who, at=at)
        return
    change = {
        name: [before.get(name), after.get(name)]
        for name in after
        if before.get(name) != after[name]
    }
    data: dict[str, Json] = {"user": row.username, "id": row.pk, "change": change}
    append.note(kind=f"user.{verb}", actor=who, at=at, data=data)
