"""People as runs work for them: who was switched off, and who is in which group; part of what every
process knows of policies.

The database moves the revision when a person or their groups change, so a live run hears of it as
it hears of a lever.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, User

from policies import current
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason

RULE = "principal"


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody lends the runs that work for them.

    `unbounded`: an owner, who holds every scope.
    """

    unbounded: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class People:
    """By id, whatever they are called. Whoever is in no group and owns nothing is not listed."""

    off: frozenset[int]
    standing: Mapping[int, Standing]

    def of(self, person: int | None) -> Standing:
        return self.standing.get(person, NOTHING) if person is not None else NOTHING


NOTHING = Standing()


def known() -> People:
    """As the database has them. Two queries."""
    off = frozenset(User.objects.filter(is_active=False).values_list("pk", flat=True))
    owners = frozenset(
        User.objects.filter(is_active=True, is_superuser=True).values_list("pk", flat=True)
    )
    groups: dict[int, set[str]] = {}
    for name, person in Group.objects.filter(user__is_active=True).values_list("name", "user"):
        groups.setdefault(person, set()).add(name)
    standing = {
        pk: Standing(pk in owners, frozenset(groups.get(pk, ()))) for pk in owners | groups.keys()
    }
    return People(off, standing)


PEOPLE = current.offer("people", known)


def people() -> People:
    """As this process knows them. Costs nothing."""
    return current.bundle().get(PEOPLE)


def working_for(person: int | None, name: str) -> Decision:
    """Whether anything more is done for somebody: their runs pause once they are switched off."""
    if person not in people().off:
        return ALLOWED
    return Decision(
        DecisionKind.PAUSE, RULE, sentence=sentence(name), reason=StopReason.PRINCIPAL_GONE
    )


def sentence(name: str) -> str:
    return f"{name}, for whom it works, was deactivated."
