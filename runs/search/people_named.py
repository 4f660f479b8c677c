"""People and agents as a query names them."""

from django.contrib.auth.models import User
from django.db.models import Q

from console.journal.records import PEOPLE
from runs.models import Agent
from runs.search.asker import Asker

ME = "me"
ANYBODY = "anybody"
PERSON = "person:"
"""Prefix of a person's opaque id."""


def acting(value: str, asker: Asker) -> Q:
    """The condition on events: who did it. A name is everybody who is or was called so; `me`,
    `anybody` for any person, `person:17`, and machines such as `clock`.
    """
    named = value.removeprefix(PEOPLE)
    if value == ME:
        return Q(person=str(asker.user_id))
    if value == ANYBODY:
        return Q(actor__startswith=PEOPLE)
    if value.startswith(PERSON):
        return Q(person=value.removeprefix(PERSON)) & ~Q(person="")
    if value.endswith("*"):
        return Q(actor__startswith=f"{PEOPLE}{named[:-1]}")
    label = f"{PEOPLE}{named}"
    found = Q(actor__in=[value, label]) | Q(actor__startswith=f"{label} (")
    now = User.objects.filter(username=named).values_list("pk", flat=True).first()
    return found if now is None else found | Q(person=str(now))


def principals(value: str, asker: Asker) -> list[int]:
    """The people with this name, or with a name that begins so."""
    if value == ME:
        return [asker.user_id]
    named = Q(username__startswith=value[:-1]) if value.endswith("*") else Q(username=value)
    return list(User.objects.filter(named).order_by("pk").values_list("pk", flat=True))


def agents(value: str) -> dict[int, str]:
    """The agents with this name or title, whatever its case, by id: their short names."""
    said, how = (value[:-1], "istartswith") if value.endswith("*") else (value, "iexact")
    named = Q(**{f"name__{how}": said}) | Q(**{f"title__{how}": said})
    return dict(Agent.objects.filter(named).values_list("pk", "name"))
