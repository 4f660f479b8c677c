"""Tokens by which programs act for a person, with no more than that person's rights at the moment:
made, shown once, revoked.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from console.journal import append
from console.journal.records import Actor
from console.models import ApiToken
from console.refused import Refused

PREFIX = "sbx_"
SCOPES: Mapping[str, str] = {
    "runs:read": "look at runs, their results and events",
    "runs:start": "start runs",
    "runs:stop": "pause, resume and kill runs",
}
LONGEST = timedelta(days=366)
MOST = 20
"""Tokens that one person can have at a time."""


def make(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    lasts: timedelta,
    at: datetime,
    actor: Actor,
) -> str:
    """The secret of a new token, which nobody can read again. Raises Refused."""
    if no := problem(user, name, scopes, lasts):
        raise Refused(no)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        # one after the other, so that two never take one name
        User.objects.select_for_update().get(pk=user.pk)
        if no := crowded(user, name, at):
            raise Refused(no)
        made = ApiToken.objects.create(
            user=user,
            name=name,
            digest=digest(secret),
            scopes=sorted(scopes),
            made_at=at,
            expires_at=at + lasts,
        )
        note("token.made", made, actor, at)
    return secret


def problem(user: User, name: str, scopes: Collection[str], lasts: timedelta) -> str:
    """Why there can be no such token; empty when there can."""
    if not user.is_active:
        return f"{user} is switched off."
    if not name.isprintable() or not name.strip() or len(name) > 40 or set(name) & set("()"):
        return "A token needs a name of at most 40 characters, without brackets."
    if not scopes or set(scopes) - SCOPES.keys():
        return f"A token is for one or more of {', '.join(SCOPES)}."
    if not timedelta() < lasts <= LONGEST:
        return f"A token lasts from 1 to {LONGEST.days} days."
    return ""


def crowded(user: User, name: str, at: datetime) -> str:
    """Why this person can have no further token of that name. A name is free again once its token
    has expired.
    """
    unrevoked = ApiToken.objects.filter(user=user, revoked_at=None)
    unrevoked.filter(name=name, expires_at__lte=at).update(revoked_at=at)
    if unrevoked.filter(name=name).exists():
        return f"There is a token “{name}” of {user} already."
    if good(at).filter(user=user).count() >= MOST:
        return f"{user} has {MOST} tokens; revoke one first."
    return ""


def revoke(*, token: ApiToken, at: datetime, actor: Actor) -> bool:
    """End the token; False when it had been revoked before."""
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
            return False
        note("token.revoked", token, actor, at)
    return True


def revoke_all(*, user: User, at: datetime, actor: Actor) -> int:
    """End every token of somebody who was switched off; gives how many."""
    left = ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=at)
    return sum(revoke(token=each, at=at, actor=actor) for each in left)


def good(at: datetime) -> QuerySet[ApiToken]:
    """Tokens that open something: of people who are here."""
    return ApiToken.objects.filter(revoked_at=None, expires_at__gt=at, user__is_active=True)


def standing(token: ApiToken, at: datetime) -> str:
    """The word for how a token stands: in force, expired or revoked."""
    if token.revoked_at:
        return "revoked"
    return "in force" if token.expires_at > at else "expired"


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def note(kind: str, token: ApiToken, actor: Actor, at: datetime) -> None:
    data = {
        "token": token.name,
        "user": token.user.get_username(),
        "id": token.user_id,
        "scopes": list(token.scopes),
        "expires": token.expires_at.isoformat(),
    }
    append.note(kind=kind, actor=actor, at=at, data=data)
