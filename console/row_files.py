"""Rows as text: what an admin edits, written in a fixed order and read back through the admin's own
forms, all or none, each change journalled with what was and what is.
"""

import difflib
import getpass
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model

from console.journal import edits
from console.journal.editing import KnowingForm
from console.journal.records import Actor
from console.json_value import Json
from console.refused import Refused

FORMAT = 1
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a file changes of one row; `lines` are empty when nothing does."""

    name: str
    new: bool
    lines: tuple[str, ...]


def written(what: str, entries: Sequence[Entry]) -> str:
    """The file of these entries, which are `agents` or `policies`."""
    return json.dumps({"format": FORMAT, what: entries}, indent=2, ensure_ascii=False) + "\n"


def facts(row: Model, names: Sequence[str]) -> dict[str, Json]:
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Json:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def sent(value: Any) -> Any:
    """The value as a form takes it: what is JSON in the table is JSON text there."""
    return json.dumps(value) if isinstance(value, dict | list) else value


def read(found: Entry, what: str, known: Collection[str]) -> list[dict[str, Any]]:
    """The entries of a file. Raises Refused for a file that is none, or names what nobody knows."""
    entries = found.get(what)
    if found.get("format") != FORMAT or not isinstance(entries, list):
        raise Refused(f"This is no file of {what}: it has no “format”: {FORMAT} and “{what}”.")
    given = [each.get("name") if isinstance(each, dict) else None for each in entries]
    names = [name for name in given if isinstance(name, str) and name]
    if len(names) < len(given):
        raise Refused("Each entry of the file needs its name.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"It stands in the file twice: {', '.join(twice)}.")
    for each in entries:
        if unknown := sorted(set(each) - {*known}):
            raise Refused(f"{each['name']}: there is no such field as {', '.join(unknown[:5])}.")
    return entries


def apply(
    entries: Sequence[Entry],
    form_of: Callable[[Entry], KnowingForm],
    *,
    at: datetime,
    keep: bool,
) -> list[RowChange]:
    """Make the rows what the entries say; a field that one leaves out stays as it is. All of them
    or none. Without `keep` it is only tried.

    Raises Refused with everything that the admin's forms would refuse.
    """
    who = Actor(f"shell:{getpass.getuser()}")
    with transaction.atomic():
        forms = [form_of(each) for each in entries]
        wrong = [line for form in forms if not form.is_valid() for line in refusals(form)]
        if wrong:
            raise Refused("\n".join(wrong))
        changes = [saved(form, who, at) for form in forms]
        transaction.set_rollback(not keep)
    return changes


def refusals(form: KnowingForm) -> Iterator[str]:
    for name, sentences in form.errors.items():
        for sentence in sentences:
            yield f"{form.data['name']}: {name}: {sentence}"


def saved(form: KnowingForm, actor: Actor, at: datetime) -> RowChange:
    """Save it, and record what became of it as the admin does."""
    new, row = not form.before, form.save()
    after = edits.stored_facts(row)
    if form.before != after:
        edits.note(
            verb="added" if new else "changed",
            row=row,
            before=form.before,
            after=after,
            actor=actor,
            at=at,
        )
    return RowChange(row.name, new, tuple(differences(form.before, after)))


def told(changes: Sequence[RowChange], *, keep: bool) -> Iterator[str]:
    """The changes as lines for whoever gave the command."""
    for each in changes:
        became = "new" if each.new else "changed" if each.lines else "as it was"
        yield f"{each.name}: {became}"
        yield from (f"  {line}" for line in each.lines)
    if not keep:
        yield "Nothing was changed: this was a dry run."


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    """Field by field, `max_usd: 1.5 → 99`; texts of several lines line by line. Of a new row only
    what is said of it.
    """
    for name, value in after.items():
        was = before.get(name)
        if was == value or (not before and value in (None, "", [], {})):
            continue
        if any(isinstance(each, str) and "\n" in each for each in (was, value)):
            yield f"{name}:"
            yield from unified(str(was or ""), str(value or ""))
        else:
            yield f"{name}: {shown(was)} → {shown(value)}" if before else f"{name}: {shown(value)}"


def shown(value: Json) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def unified(was: str, now: str) -> Iterator[str]:
    lines = difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=1)
    yield from (f"  {line}" for line in lines if not line.startswith(("---", "+++")))
