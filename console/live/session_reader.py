"""Who is behind a session cookie, and what they may read now. Asked at each connection, and again
while it lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie

from console.journal import database_clock, visibility

VIEW_RUN = "runs.view_run"
LONGEST_KEY = 40
MOMENT = 1.0
"""Seconds for which an answer serves new sockets of the same session."""
Callback = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SessionReader:
    """A signed-in person: whether they may see runs at all,
    and which visibilities they may read."""

    user: str
    may_view: bool
    clearance: frozenset[str]


def session_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The session cookie in the headers of a websocket's request; empty when there is none, or none
    that can be valid.
    """
    for name, value in headers:
        if name == b"cookie":
            key = parse_cookie(value.decode("latin1")).get(settings.SESSION_COOKIE_NAME, "")
            return key if key.isascii() and key.isalnum() and len(key) <= LONGEST_KEY else ""
    return ""


def look_up(key: str) -> SessionReader | None:
    """The person of a session; None when it has ended. Checks what a page would: expiry, changed
    password, deactivated user.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = auth.get_user(request)
    if not isinstance(user, User):
        return None
    return SessionReader(str(user.pk), user.has_perm(VIEW_RUN), visibility.clearance_of(user))


def lasting(keys: Iterable[str]) -> frozenset[str]:
    """Those of these sessions that have not ended, in one query however many there are. Nothing
    else is checked.
    """
    return frozenset(
        Session.objects.filter(pk__in=list(keys), expire_date__gt=database_clock.now()).values_list(
            "pk", flat=True
        )
    )


class SessionLookups:
    """Look-ups of one event loop: a session that is being looked up already is looked up once for
    all who ask, and once for all sockets that it opens within a moment.

    Sockets that are `seated` under their session are called as soon as it has ended, so that nobody
    watches on for long.
    """

    def __init__(self) -> None:
        self._look_up: Callable[[str], Awaitable[SessionReader | None]] = database_sync_to_async(
            look_up
        )
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, asyncio.Task[SessionReader | None]] = {}
        self._found: dict[str, SessionReader] = {}
        self._lasting = database_sync_to_async(lasting)
        self._seated: dict[str, set[Callback]] = {}
        self._users: dict[str, str] = {}

    async def welcome(self, key: str) -> SessionReader | None:
        """Who opens a socket with this session: as it was found a moment ago, unless somebody was
        called since then.
        """
        return self._found.get(key) or await self.standing(key)

    async def standing(self, key: str) -> SessionReader | None:
        """Who is behind a session now."""
        if not key:
            return None
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.ensure_future(self._looked_up(key))
        return await asyncio.shield(running)

    async def _looked_up(self, key: str) -> SessionReader | None:
        try:
            person = await self._look_up(key)
        finally:
            # what was begun before a call says nothing about the time after it
            newest = self._running.get(key) is asyncio.current_task()
            if newest:
                del self._running[key]
        if newest and person is not None:
            self._found[key] = person
            self._loop.call_later(MOMENT, self._found.pop, key, None)
        return person

    def seat(self, key: str, user: str, call: Callback) -> None:
        self._users[key] = user
        self._seated.setdefault(key, set()).add(call)

    def leave(self, key: str, call: Callback) -> None:
        seated = self._seated.get(key, set())
        seated.discard(call)
        if not seated:
            self._seated.pop(key, None)
            self._users.pop(key, None)

    def call(self, user: str) -> None:
        """Call all sockets of this person. What was found out before this is not told any more."""
        self._running.clear()
        self._found.clear()
        for key, whose in self._users.items():
            if whose == user:
                for call in tuple(self._seated[key]):
                    call()

    async def call_ended(self) -> None:
        """Call the sockets of sessions that have ended."""
        if not self._seated:
            return
        lasts = await self._lasting(tuple(self._seated))
        for key in self._seated.keys() - lasts:
            self._found.pop(key, None)
            for call in tuple(self._seated[key]):
                call()
