"""Second factors as events of the house: set up, replaced, removed."""

from datetime import datetime
from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser, User

from console.journal import acting, database_clock
from console.journal.append import note
from console.journal.records import Actor


def connect() -> None:
    """Called once, when the roof is ready."""
    signals.authenticator_added.connect(added, dispatch_uid="signing_in.factor_added")
    signals.authenticator_reset.connect(added, dispatch_uid="signing_in.factor_reset")
    signals.authenticator_removed.connect(removed, dispatch_uid="signing_in.factor_removed")


def added(sender: Any, user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:
    told("auth.factor_added", user, authenticator, acting.of(user), database_clock.now())


def removed(sender: Any, user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:
    told("auth.factor_removed", user, authenticator, acting.of(user), database_clock.now())


def forget(user: User, *, at: datetime) -> int:
    """Take all of the person's factors away, for whoever has lost them; gives how many."""
    found = list(Authenticator.objects.filter(user=user))
    for each in found:
        each.delete()
        told("auth.factor_removed", user, each, Actor("system"), at)
    return len(found)


def told(
    kind: str, user: AbstractBaseUser, authenticator: Authenticator, actor: Actor, at: datetime
) -> None:
    data = {"user": user.get_username(), "factor": str(authenticator.type).replace("_", " ")}
    note(kind=kind, actor=actor, at=at, data=data)
