"""People and agents as a query names them."""

from django.contrib.auth.models import User
from django.db.models import Q

from console.journal.models import Event
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
    now = named_now(named)
    return found if now is None else found | Q(person=str(now))


def known_by(value: str, asker: Asker) -> list[tuple[str, str]]:
    """The words of the index that lead to what somebody did, any of which is enough; none where the
    index cannot lead to it.
    """
    if value == ME:
        return [("person", str(asker.user_id))]
    if value == ANYBODY:
        return [("actor", PEOPLE)]
    if value.startswith(PERSON):
        return [("person", value.removeprefix(PERSON))]
    if value.endswith("*"):
        return []
    label = f"{PEOPLE}{value.removeprefix(PEOPLE)}"
    found = [("actor", each) for each in dict.fromkeys((value, label))]
    now = named_now(value.removeprefix(PEOPLE))
    return found if now is None else [*found, ("person", str(now))]


def is_person(name: str) -> bool:
    """Whether somebody is called so now, or has done something under that name; `me` and such as
    well.
    """
    if name in (ME, ANYBODY) or name.startswith(PERSON):
        return True
    label = f"{PEOPLE}{name.removeprefix(PEOPLE)}"
    acted = Q(actor=label) | Q(actor__startswith=f"{label} (")
    people = Event.objects.filter(acted, actor__startswith=PEOPLE).order_by()
    return named_now(label.removeprefix(PEOPLE)) is not None or people.exists()


def named_now(name: str) -> int | None:
    """Whoever has this name now."""
    return User.objects.filter(username=name).values_list("pk", flat=True).first()


def principals(value: str, asker: Asker) -> list[int]:
    """The people with this name, or with a name that begins so."""
    if value == ME:
        return [asker.user_id]
    named = Q(username__startswith=value[:-1]) if value.endswith("*") else Q(username=value)
    return list(User.objects.filter(named).order_by("pk").values_list("pk", flat=True))


def agent_names(value: str) -> list[str]:
    """The short names that events of these agents bear."""
    return sorted({value, *agents(value).values()})


def agents(value: str) -> dict[int, str]:
    """The agents with this name or title, whatever its case, by id: their short names."""
    said, how = (value[:-1], "istartswith") if value.endswith("*") else (value, "iexact")
    named = Q(**{f"name__{how}": said}) | Q(**{f"title__{how}": said})
    return dict(Agent.objects.filter(named).values_list("pk", "name"))
