"""Second factors, and accounts at the identity provider, as events of the house: set up, replaced,
removed.
"""

from datetime import datetime
from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest

from console.journal import acting, database_clock
from console.journal.append import note
from console.journal.records import Actor


def connect() -> None:
    """Called once, when the roof is ready."""
    signals.authenticator_added.connect(added, dispatch_uid="signing_in.factor_added")
    signals.authenticator_reset.connect(added, dispatch_uid="signing_in.factor_reset")
    signals.authenticator_removed.connect(removed, dispatch_uid="signing_in.factor_removed")
    social_account_added.connect(connected, dispatch_uid="signing_in.connected")


def added(sender: Any, user: AbstractBaseUser, authenticator: Authenticator, **_: Any) -> None:
    told("auth.factor_added", user, authenticator, acting.of(user), database_clock.now())


def connected(sender: Any, request: HttpRequest, **_: Any) -> None:
    """Whoever has that account at the identity provider comes in as this person from now on."""
    user, at = request.user, database_clock.now()
    data = {"user": user.get_username(), "factor": f"account at {settings.OIDC.name}"}
    note(kind="auth.factor_added", actor=acting.of(user), at=at, data=data)


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
