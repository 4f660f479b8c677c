"""Which names have signed in before from a browser: a signed cookie of its own, which outlives the
session and lets nobody in.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE = "signalbox_known"
SALT = "signing_in.known_browsers"
LASTS = timedelta(days=180)
MOST = 5


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser's mark, and the digests of the names that have signed in from it, newest first."""

    mark: str
    names: tuple[str, ...] = ()

    def knows(self, name: bytes) -> bool:
        return name.hex() in self.names


def of(request: HttpRequest) -> KnownBrowser | None:
    """What the cookie says; None without one that this house signed."""
    try:
        mark, names = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return KnownBrowser(str(mark), tuple(map(str, names)))


def remember(request: HttpRequest, response: HttpResponseBase, name: bytes) -> None:
    """Let the browser know that this name has signed in from it."""
    before = of(request) or KnownBrowser(secrets.token_hex(12))
    others = [each for each in before.names if each != name.hex()]
    response.set_cookie(
        COOKIE,
        signing.dumps([before.mark, [name.hex(), *others][:MOST]], salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
