"""The door: sign in with a password, or by a link that works once. Links are for the console's owner; they are printed, never sent."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from console import permits
from console.journal import clock, door
from console.models import OneTimeLink

LASTS = timedelta(minutes=15)
BACKEND = "django.contrib.auth.backends.ModelBackend"

signin = permits.open_to_everybody("the way in")(
    views.LoginView.as_view(template_name="signin/signin.html", redirect_authenticated_user=True)
)
signout = permits.open_to_members("the way out")(views.LogoutView.as_view())


def issue(user: User, at: datetime) -> str:
    """The path of a new link that lets `user` in once, until `LASTS` after `at`."""
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.filter(expires_at__lt=at).delete()
    OneTimeLink.objects.create(user=user, digest=digest(token), issued_at=at, expires_at=at + LASTS)
    return reverse("signin_link", args=[token])


def redeem(token: str, at: datetime) -> User | None:
    """Whose link it is, if it is one and still good; it is spent now. Of two at the same instant one wins.

    It is found by the digest of what was sent, so the time this takes tells nothing about a link that exists.
    """
    good = OneTimeLink.objects.filter(digest=digest(token), used_at=None, expires_at__gt=at, user__is_active=True)
    if not good.update(used_at=at):
        return None
    return OneTimeLink.objects.select_related("user").get(digest=digest(token)).user


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@permits.open_to_everybody("the link is the secret")
@login_not_required
@never_cache
@require_GET
def signin_link(request: HttpRequest, token: str) -> HttpResponse:
    """Spend a link. Whoever is in already just goes on, so that a second click on it does no harm."""
    user = redeem(token, clock.now())
    if user is None:
        return redirect("/") if request.user.is_authenticated else render(request, "signin/spent.html", status=410)
    setattr(request, door.BY_LINK, True)
    login(request, user, backend=BACKEND)
    return redirect("/")
