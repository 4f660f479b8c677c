"""The roles that the house ships, in one line each, and what follows from having one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.db.models import Case, QuerySet, When

from console.signing_in.oidc import STAFF

WORDS: Mapping[str, str] = {
    "viewer": "sees runs and what became of them, not what tools were told",
    "operator": "starts, pauses and kills runs, pulls halt levers, searches the audit",
    "approver": "decides what waits for approval, and reads what it rests on",
    "admin": "all of that, and edits agents, policies, budgets, servers and people",
    "auditor": (
        "reads everything, in Audit also what is always hidden, each look recorded; changes nothing"
    ),
}


# Django 5.2 cannot be asked for it
class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Groups to tick, each shipped one with what it may."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        said = WORDS.get(obj.name, "a group of your own")
        return f"{obj.name}: {said}"


def give_staff(person: User, before: frozenset[str]) -> None:
    """Let the person into the admin as their roles say. `before`: their groups until now. Whom an
    owner let in beside any role stays in.
    """
    own = person.is_staff and not before & STAFF
    staff = person.is_superuser or own or bool(names(person.groups) & STAFF)
    if person.is_staff != staff:
        person.is_staff = staff
        person.save(update_fields=["is_staff"])


def in_order(groups: QuerySet[Group]) -> QuerySet[Group]:
    """The shipped ones first, from what may least on."""
    places = [When(name=name, then=place) for place, name in enumerate(WORDS)]
    return groups.order_by(Case(*places, default=len(places)), "name")


def names(groups: Any) -> frozenset[str]:
    return frozenset(groups.values_list("name", flat=True))
