"""The values that fields have had, for completion: names of what exists, and what the newest events
say that are open to whoever asks.
"""

from collections.abc import Callable
from itertools import islice

from django.contrib.auth.models import Group, User
from django.db.models import Q

from console.journal.models import Event
from runs.engine import events
from runs.language.query_fields import QueryField, Shape
from runs.models import Agent
from runs.search import content_match
from runs.search.asker import Asker
from runs.search.people_named import ANYBODY, ME

LOOKED_AT = 3_000
MOST = 200
TIMES = (
    ("today", ""), ("yesterday", ""), ("monday", "the last one"), ("9:00..10:00", "a span"),
    ("15:47~10m", "10 minutes each way"), ("2026-11-17T15:47", "a day and a time"),
)  # fmt: skip
ValueMeaning = tuple[str, str]


def known(field: QueryField, asker: Asker) -> list[ValueMeaning]:
    """Values of this field with what each means, empty for one that takes numbers."""
    if field.shape is Shape.CLOSED:
        return list(field.words)
    return OPEN[field.name](field, asker) if field.name in OPEN else []


def agents(field: QueryField, asker: Asker) -> list[ValueMeaning]:
    return list(Agent.objects.order_by("name").values_list("name", "title")[:MOST])


def people(field: QueryField, asker: Asker) -> list[ValueMeaning]:
    named = User.objects.filter(is_active=True).order_by("username")
    found = [(name, "") for name in named.values_list("username", flat=True)[:MOST]]
    anybody = [] if field.name == "principal" else [(ANYBODY, "any person")]
    return [(ME, "yourself"), *anybody, *found]


def groups(field: QueryField, asker: Asker) -> list[ValueMeaning]:
    return [(name, "") for name in Group.objects.order_by("name").values_list("name", flat=True)]


def of_events(column: str, condition: Callable[[Asker], Q]) -> Callable[..., list[ValueMeaning]]:
    """What the newest events say in a column, most recent first."""

    def found(field: QueryField, asker: Asker) -> list[ValueMeaning]:
        newest = Event.objects.filter(condition(asker)).order_by("-id")
        said = dict.fromkeys(newest.values_list(column, flat=True)[:LOOKED_AT])
        return [(value, "") for value in islice(filter(None, said), MOST)]

    return found


def kinds(field: QueryField, asker: Asker) -> list[ValueMeaning]:
    families = sorted({f"{kind.partition('.')[0]}.*" for kind in events.KINDS})
    return [*((kind, "") for kind in sorted(events.KINDS)), *((each, "all") for each in families)]


OPEN: dict[str, Callable[[QueryField, Asker], list[ValueMeaning]]] = {
    "agent": agents,
    "principal": people,
    "approver": people,
    "group": groups,
    "actor": people,
    "kind": kinds,
    "tool": of_events("tool", content_match.told),
    "model": of_events("model", content_match.told),
    "at": lambda field, asker: list(TIMES),
}
