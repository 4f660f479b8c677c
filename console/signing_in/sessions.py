"""A person's sessions: seen, and ended. What ends one ends its sockets too, at once: the session's
row goes, and the servers are told whose it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction

from console.journal.append import note
from console.journal.records import Actor
from console.live import publish

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it. `own`: the one that asks."""

    id: int
    browser: str
    address: str
    began: datetime
    seen: datetime
    own: bool


def listed(user: User, key: str | None) -> list[OpenSession]:
    """The person's sessions that have not ended, the last one seen first. `key`: the session that
    asks.
    """
    rows = UserSession.objects.filter(user=user, session_key__in=open_keys(user))
    return [shown(row, key) for row in rows.order_by("-last_seen_at")]


def open_keys(user: User) -> list[str]:
    """Keys of the person's sessions that are still kept; what is known of others is forgotten."""
    known = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    kept = set(Session.objects.filter(pk__in=known).values_list("pk", flat=True))
    if gone := known - kept:
        UserSession.objects.filter(session_key__in=gone).delete()
    return list(kept)


def shown(row: UserSession, key: str | None) -> OpenSession:
    return OpenSession(
        id=row.pk,
        browser=browser(row.user_agent),
        address=row.ip,
        began=row.created_at,
        seen=row.last_seen_at,
        own=row.session_key == key,
    )


def browser(agent: str) -> str:
    """`Firefox on Linux`, of what a browser calls itself; the words themselves of a stranger."""
    name = next((word for mark, word in BROWSERS if mark in agent), "")
    system = next((word for mark, word in SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, (name, system))) if name else agent[:60] or "unknown"


def end(user: User, rows: Iterable[UserSession], *, actor: Actor, at: datetime) -> int:
    """End these sessions of the person; gives how many there were."""
    ended = {row.session_key for row in rows}
    with transaction.atomic():
        Session.objects.filter(pk__in=ended).delete()
        UserSession.objects.filter(user=user, session_key__in=ended).delete()
        transaction.on_commit(partial(publish.call_back, str(user.pk)))
        if ended:
            data = {"user": user.get_username(), "id": user.pk, "sessions": len(ended)}
            note(kind="auth.sessions_ended", actor=actor, at=at, data=data)
    return len(ended)


def end_all(user: User, *, actor: Actor, at: datetime, but: str | None = None) -> int:
    """End all of the person's sessions but the one with the key `but`."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but)
    return end(user, rows, actor=actor, at=at)
