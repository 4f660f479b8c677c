"""Edits of rows as an act that can be proposed: what a form saved, a list's act wrote or a deletion
took away, done later exactly so.

Of an edited row only the columns that were changed are kept; a row that is new, whole.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.db.models import Model

from console.journal import acting, edits
from console.journal.records import Actor
from console.json_value import Json
from policies.current.four_eyes import proposable_acts
from policies.current.four_eyes.proposable_acts import Args, ProposableAct
from policies.current.four_eyes.rules import RowFacts

NAME = "rows"
NOT_WRITTEN = frozenset({"version", "password", "last_login"})
"""Columns that an edit of rights does not write: the database counts, and sign-ins happen."""
NotedEdit = Callable[[str, Any, RowFacts, RowFacts, Actor, datetime], None]


def noted(
    verb: str, row: Any, before: RowFacts, after: RowFacts, actor: Actor, at: datetime
) -> None:
    edits.note(verb=verb, row=row, before=before, after=after, actor=actor, at=at)


def no_obstacle(row: Any, fields: Mapping[str, Any], who: User) -> str:
    return ""


def nothing_beside(shapes: Sequence[RowFacts]) -> Json:
    return None


def only_facts(facts: RowFacts, fields: Mapping[str, Any]) -> RowFacts:
    return facts


@dataclass(frozen=True, slots=True)
class RowTable:
    """How rows of a table are read and journalled, where that is not as for most. `rests_on`: what
    an edit with these fields rests on, beside the row's facts. `beside`: what edits of rows
    rest on that stands in other rows, where these are all `shapes` of theirs before and after.
    `obstacle`: why somebody who may edit the table may not make this edit of that row. `gain`: why
    they do not confirm it when somebody else makes it.
    """

    facts: Callable[[Any], RowFacts] = edits.stored_facts
    rests_on: Callable[[RowFacts, Mapping[str, Any]], RowFacts] = only_facts
    noted: NotedEdit = noted
    obstacle: Callable[[Any, Mapping[str, Any], User], str] = no_obstacle
    beside: Callable[[Sequence[RowFacts]], Json] = nothing_beside
    gain: Callable[[Any, Mapping[str, Any], User], str] = no_obstacle


_tables: dict[str, RowTable] = {}


def treat(model: type[Model], table: RowTable) -> None:
    """Say how rows of this table are edited. Called once for each, at start."""
    _tables[model._meta.label_lower] = table


def table_of(label: str) -> RowTable:
    return _tables.get(label, RowTable())


def edited(row: Model, before: RowFacts, after: RowFacts) -> dict[str, Json]:
    """What an edit wrote of a row, which stands in the database as it left it. Without facts
    `before` it is new, without facts `after` it is to go.
    """
    label = row._meta.label_lower
    if not after:
        return {"model": label, "pk": row.pk, "gone": True, "fields": {}}
    stored = type(row)._default_manager.get(pk=row.pk)
    changed = {
        name: value
        for name, value in columns(stored).items()
        if name not in NOT_WRITTEN and before.get(name) != after.get(name)
    }
    new = not before
    return {"model": label, "pk": None if new else row.pk, "gone": False, "fields": changed}


def rights(args: Args) -> Sequence[str]:
    return sorted({right(each) for each in args["rows"]})


def right(edit: Mapping[str, Any]) -> str:
    app, model = edit["model"].split(".")
    verb = "delete" if edit["gone"] else "change" if edit["pk"] is not None else "add"
    return f"{app}.{verb}_{model}"


def rests_on(args: Args) -> Json:
    return resting(args["rows"], [before(each) for each in args["rows"]])


def before(edit: Mapping[str, Any]) -> RowFacts:
    """The facts of the row, which nobody else writes until the transaction ends."""
    row = there(edit, locked=True)
    return table_of(edit["model"]).facts(row) if row is not None else {}


def resting(rows: Sequence[Mapping[str, Any]], befores: Sequence[RowFacts]) -> Json:
    """What edits of these rows rest on, whose facts these were: they themselves, and what stands
    beside them.
    """
    found = list(zip(rows, befores, strict=True))
    own = [
        dict(table_of(edit["model"]).rests_on(was, edit["fields"])) if was else {}
        for edit, was in found
    ]
    tables = {edit["model"] for edit in rows}
    return [own, {label: table_of(label).beside(shapes(label, found)) for label in tables}]


def shapes(label: str, found: Sequence[tuple[Mapping[str, Any], RowFacts]]) -> list[RowFacts]:
    """What rows of one table were, and what they are to be."""
    mine = [(edit, was) for edit, was in found if edit["model"] == label]
    to_be = [{**was, **edit["fields"]} for edit, was in mine if not edit["gone"]]
    return [*(was for _, was in mine if was), *to_be]


def there(edit: Mapping[str, Any], *, locked: bool = False) -> Any:
    """The row that is edited; None when there is none, or none yet."""
    rows = apps.get_model(edit["model"])._default_manager
    found = (rows.select_for_update() if locked else rows).filter(pk=edit["pk"])
    return found.first() if edit["pk"] is not None else None


def columns(row: Model) -> dict[str, Any]:
    """Every column of the row as JSON, with relations as lists of keys."""
    found: dict[str, Any] = json.loads(serializers.serialize("json", [row]))[0]["fields"]
    return found


def do(args: Args, actor: User, at: datetime) -> None:
    for each in args["rows"]:
        write(each, acting.of(actor), at)


def write(edit: Mapping[str, Any], actor: Actor, at: datetime) -> None:
    """Write one edit and its event. Raises ValidationError for what the table would not take."""
    table, row = table_of(edit["model"]), there(edit)
    was = table.facts(row) if row is not None else {}
    if edit["gone"]:
        row.delete()
        table.noted("deleted", row, was, {}, actor, at)
        return
    saved = written(row, edit)
    verb = "added" if row is None else "changed"
    table.noted(verb, saved, was, table.facts(saved), actor, at)


def written(row: Any, edit: Mapping[str, Any]) -> Any:
    """The row with the edit's columns and relations, saved."""
    facts = {"model": edit["model"], "pk": edit["pk"], "fields": edit["fields"]}
    (found,) = serializers.deserialize("python", [facts])
    saved = found.object if row is None else with_columns(row, found.object, edit["fields"])
    saved.full_clean()
    saved.save(force_insert=row is None)
    for name, values in (found.m2m_data or {}).items():
        getattr(saved, name).set(values)
    return saved


def with_columns(row: Any, edited_row: Model, names: Collection[str]) -> Any:
    """The row with these columns as the other has them."""
    for field in row._meta.concrete_fields:
        if field.name in names:
            setattr(row, field.attname, getattr(edited_row, field.attname))
    return row


def obstacle(args: Args, who: User) -> str:
    """The first obstacle, of any of the rows."""
    found = (
        table_of(each["model"]).obstacle(there(each), each["fields"], who) for each in args["rows"]
    )
    return next(filter(None, found), "")


def gain(args: Args, who: User) -> str:
    """Why this person would gain by one of the edits; empty where they would by none."""
    found = (
        table_of(each["model"]).gain(there(each), each["fields"], who) for each in args["rows"]
    )
    return next(filter(None, found), "")


ROWS = proposable_acts.offer(ProposableAct(NAME, rights, rests_on, do, obstacle, gain))
