"""How long a session lasts: an idle limit that each act of its person renews, and an age that
nothing renews, shorter where an identity provider has to be asked again. Both stand in the
session's own expiry, so that sockets and pages end with it.
"""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import signals
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase

from console.journal import database_clock
from console.signing_in import client_address, known_browsers
from console.signing_in.password_pace import PasswordAttempt

BEGAN = "began"
SEEN = "seen"
CAME_IN = "came_in"
LONGEST = "longest"
EVERY = 60.0
"""Seconds before an act is noted again."""


def connect() -> None:
    """Called once, when the roof is ready."""
    signals.user_logged_in.connect(came_in, dispatch_uid="signing_in.session_limits")


def came_in(sender: Any, request: HttpRequest, user: AbstractBaseUser, **_facts: Any) -> None:
    """Begin the session's time, and list it among the person's sessions. What has no address is no
    browser, and is not listed.
    """
    setattr(request, CAME_IN, user)
    request.session[BEGAN] = database_clock.now().timestamp()
    if any(each["method"] == "socialaccount" for each in get_authentication_records(request, user)):
        request.session[LONGEST] = int(settings.OIDC.hours * 3600)
    renew(request.session)
    if request.META.get(client_address.PEER):
        UserSession.objects.create_from_request(request, user=user)


def renew(session: Any) -> None:
    now = database_clock.now().timestamp()
    began = session.setdefault(BEGAN, now)
    session[SEEN] = now
    oldest = began + session.get(LONGEST, settings.SESSION_COOKIE_AGE) - now
    idle = settings.IDLE_LIMIT or settings.SESSION_COOKIE_AGE
    session.set_expiry(max(0, int(min(idle, oldest))))


class Presence:
    """Middleware: notes that somebody is at the keyboard, and which browser they came in by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if by_hand(request) and request.user.is_authenticated and due(request.session):
            seen(request)
        response = self.get_response(request)
        user = getattr(request, CAME_IN, None)
        if user is not None:
            known_browsers.remember(
                request, response, PasswordAttempt(user.get_username(), "").digest
            )
        return response


def by_hand(request: HttpRequest) -> bool:
    """Whether a person did this, not a page that is open and asks for its own parts."""
    fetched = "HX-Request" in request.headers or "X-Requested-With" in request.headers
    return request.method == "POST" or not fetched


def due(session: Any) -> bool:
    return bool(database_clock.now().timestamp() - session.get(SEEN, 0) > EVERY)


def seen(request: HttpRequest) -> None:
    renew(request.session)
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=database_clock.now()
    )
