"""The people whom runs work for: who was switched off, and who is in which group. Part of what
every process knows of policies.

The database moves the revision when a person or their groups change, so a running run hears of it
as it hears of a lever.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet

from policies import current
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason

RULE = "principal"
STARTS = "runs.operate_run"
OFF = "was deactivated"
DEMOTED = "may not run agents any more"


@dataclass(frozen=True, slots=True)
class PrincipalRights:
    """The rights that runs have because of whom they work for. `unbounded`: an owner, who holds
    every scope.
    """

    unbounded: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Memberships:
    """Rights by the person's id, whatever they are called. Whoever is in no group and is no owner
    is not listed. `off`: people who were switched off; `starters`: people who may start runs;
    `newest`: the highest id of anybody, above which nobody had an account yet.
    """

    off: frozenset[int]
    starters: frozenset[int]
    standing: Mapping[int, PrincipalRights]
    newest: int = 0

    def of(self, person: int | None) -> PrincipalRights:
        return self.standing.get(person, NOTHING) if person is not None else NOTHING


NOTHING = PrincipalRights()


def known() -> Memberships:
    """The memberships in the database. Three queries."""
    everybody = list(User.objects.order_by("pk").values_list("pk", "is_active", "is_superuser"))
    off = frozenset(pk for pk, active, _ in everybody if not active)
    owners = frozenset(pk for pk, active, owner in everybody if active and owner)
    groups: dict[int, set[str]] = {}
    for name, person in Group.objects.filter(user__is_active=True).values_list("name", "user"):
        groups.setdefault(person, set()).add(name)
    standing = {
        pk: PrincipalRights(pk in owners, frozenset(groups.get(pk, ())))
        for pk in owners | groups.keys()
    }
    may_start = frozenset(starters().values_list("pk", flat=True))
    return Memberships(off, may_start, standing, max((pk for pk, *_ in everybody), default=0))


def starters() -> QuerySet[User]:
    """People who may start runs now, and so have runs work for them."""
    return holders(STARTS)


def holders(permission: str) -> QuerySet[User]:
    """People who have the permission now, themselves, by a group or as owners."""
    app, codename = permission.split(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    held = Q(user_permissions__in=right) | Q(groups__permissions__in=right) | Q(is_superuser=True)
    return User.objects.filter(held, is_active=True).distinct()


PEOPLE = current.offer("people", known)


def people() -> Memberships:
    """The memberships as this process knows them. Costs no query."""
    return current.bundle().get(PEOPLE)


def working_for(person: int | None, name: str, *, by_right: bool = False) -> Decision:
    """Whether a run may go on working for somebody. Their runs pause once they are switched off,
    and once they may not start runs any more; the latter only where they might when the run was
    started (`by_right`). Of somebody whose account is newer than what this process knows, nothing
    is known yet: that takes half a second.
    """
    known = people()
    if person in known.off:
        return _gone(name, OFF)
    if by_right and person is not None and person <= known.newest and person not in known.starters:
        return _gone(name, DEMOTED)
    return ALLOWED


def why_gone(person: User, *, by_right: bool) -> str:
    """What became of the person, by the database; empty while their runs may go on."""
    if not person.is_active:
        return OFF
    return DEMOTED if by_right and not starters().filter(pk=person.pk).exists() else ""


def sentence(name: str, why: str) -> str:
    return f"{name}, for whom it works, {why}."


def _gone(name: str, why: str) -> Decision:
    said = sentence(name, why)
    return Decision(DecisionKind.PAUSE, RULE, sentence=said, reason=StopReason.PRINCIPAL_GONE)
