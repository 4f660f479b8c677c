"""Edits of people and groups that wait for a second person: what they rest on, and who may confirm
them. Whoever confirms must be able to make the edit themselves, and gains nothing by it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

from console.journal import append
from console.journal.records import Actor
from console.json_value import Json
from console.people import rights
from policies.current.four_eyes import row_acts
from policies.current.four_eyes.row_acts import RowTable
from policies.current.four_eyes.rules import OWN, RowFacts

TOLD = ("username", "is_active", "is_staff", "is_superuser")
FACTS = (*TOLD, "groups", "user_permissions")
LAST = "This is the last owner: with nobody in that place, nobody could let anybody in again."
GONE = "They are not here any more."
OWNERS = "Owners, and single permissions beside a role, are for owners only."
BEYOND = "It hands on rights that you do not hold."


def facts(person: User) -> dict[str, Json]:
    """A person's name and rights as facts; passwords are left out, digests included."""
    return {
        **{name: getattr(person, name) for name in TOLD},
        "groups": sorted(person.groups.values_list("name", flat=True)),
        "user_permissions": codenames(person.user_permissions.all()),
    }


def stored_facts(person: User) -> dict[str, Json]:
    return facts(User.objects.get(pk=person.pk))


def codenames(permissions: Iterable[Permission]) -> list[str]:
    return sorted(f"{each.content_type.app_label}.{each.codename}" for each in permissions)


def rests_on(of_person: RowFacts, fields: Mapping[str, Any]) -> RowFacts:
    """A person as they are, and what the roles may do that they have or are to have."""
    theirs = Q(name__in=of_person["groups"]) | Q(pk__in=fields.get("groups", ()))
    groups = Group.objects.filter(theirs).order_by("name")
    return {
        **of_person,
        "rights": {each.name: codenames(each.permissions.all()) for each in groups},
    }


def noted(
    verb: str, row: Any, before: RowFacts, after: RowFacts, actor: Actor, at: datetime
) -> None:
    """One event on the house's chain. It names the person by id, so that it stays theirs under
    another name.
    """
    change = {
        name: [before.get(name), after.get(name)]
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
    data = {"user": row.username, "id": row.pk, "change": change}
    append.note(kind=f"user.{verb}", actor=actor, at=at, data=data)


def person_obstacle(person: Any, fields: Mapping[str, Any], who: User) -> str:
    """Why this person cannot make that edit of somebody, or confirm it; empty when they can."""
    if person is None:
        return GONE
    if who.pk == person.pk and not who.is_superuser:
        return OWN
    stays = all(fields.get(name, getattr(person, name)) for name in ("is_active", "is_superuser"))
    if not stays and rights.last_owner(person):
        return LAST
    return "" if who.is_superuser else beyond(person, fields, who)


def beyond(person: User, fields: Mapping[str, Any], who: User) -> str:
    """What of the edit takes an owner, or more rights than these."""
    single = set(person.user_permissions.values_list("pk", flat=True))
    if person.is_superuser or fields.get("is_superuser"):
        return OWNERS
    if set(fields.get("user_permissions", single)) != single:
        return OWNERS
    held = set(person.groups.values_list("pk", flat=True))
    given = set(fields.get("groups", ())) - held
    handed_on = rights.to_hand_on(who).filter(pk__in=given).count()
    return BEYOND if handed_on < len(given) else ""


def group_obstacle(group: Any, fields: Mapping[str, Any], who: User) -> str:
    """Why this person cannot make that edit of a group, or confirm it; empty when they can."""
    if group is None:
        return GONE
    if who.is_superuser:
        return ""
    if who.groups.filter(pk=group.pk).exists():
        return OWN
    held = set(rights.permissions_of(who).values_list("pk", flat=True))
    given = set(fields.get("permissions", ()))
    mine = rights.to_hand_on(who).filter(pk=group.pk).exists() and given <= held
    return "" if mine else BEYOND


def connect() -> None:
    """Called once, when the roof is ready."""
    of_people = RowTable(stored_facts, rests_on, noted, person_obstacle)
    row_acts.treat(User, of_people)
    row_acts.treat(Group, RowTable(obstacle=group_obstacle))
