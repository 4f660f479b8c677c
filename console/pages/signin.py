"""Signing in: with a password, or by a link that works once. Links are for the console's owner;
they are printed, never sent.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import permits
from console.journal import database_clock
from console.models import OneTimeLink
from console.signing_in import house_account
from console.signing_in.house_factors import no_passkeys

LASTS = timedelta(minutes=15)
GOING = "signalbox_going"
LONGEST = 500
BACKEND = "django.contrib.auth.backends.ModelBackend"


class PasswordPage(LoginView):  # type: ignore[misc]  # allauth has no types
    """allauth's own, in this house's looks. A password that came too fast is answered 429."""

    template_name = "signin/signin.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, house_account.TOO_FAST):
            response.status_code = 429
        return response

    def get_context_data(self, **facts: Any) -> dict[str, Any]:
        more = {
            "next": self.get_next_url() or "",
            "no_passkeys": no_passkeys(self.request),
            "oidc": settings.OIDC.issuer and settings.OIDC.name,
        }
        return {**super().get_context_data(**facts), **more}

    def render_to_response(self, context: dict[str, Any], **facts: Any) -> HttpResponse:
        """Keep for a while where one was going, for a link that is opened meanwhile."""
        response: HttpResponse = super().render_to_response(context, **facts)
        if context["next"]:
            response.set_cookie(
                GOING,
                quote(context["next"][:LONGEST]),
                max_age=LASTS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


signin = require_http_methods(["GET", "HEAD", "POST"])(
    permits.open_to_everybody("the way in")(PasswordPage.as_view())
)
signout = permits.open_to_everybody("the way out, also from half of the way in")(
    login_not_required(views.LogoutView.as_view())
)


def issue(user: User, at: datetime, lasts: timedelta = LASTS) -> str:
    """The path of a new link that lets `user` in once, within this time after `at`."""
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.filter(expires_at__lt=at).delete()
    OneTimeLink.objects.create(user=user, digest=digest(token), issued_at=at, expires_at=at + lasts)
    return reverse("signin_link", args=[token])


def redeem(token: str, at: datetime) -> User | None:
    """Spend the token: the user it lets in, or None when it is not valid any more. Of two requests
    at the same instant one wins.

    It is found by the digest of what was sent, so the time this takes tells nothing about existing
    links.
    """
    if not good(token, at).update(used_at=at):
        return None
    return OneTimeLink.objects.select_related("user").get(digest=digest(token)).user


def good(token: str, at: datetime) -> QuerySet[OneTimeLink]:
    """The link, if it can still be spent."""
    return OneTimeLink.objects.filter(
        digest=digest(token), used_at=None, expires_at__gt=at, user__is_active=True
    )


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@permits.open_to_everybody("the link is the secret")
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def signin_link(request: HttpRequest, token: str) -> HttpResponse:
    """A link is opened with a GET and spent with the button on its page: what merely previews it
    lets nobody in and uses nothing up.

    Whoever is in already just goes on, so that a second click on it does no harm. A link of
    somebody else is neither spent nor takes the place of the session that is there.
    """
    link = good(token, database_clock.now()).select_related("user").first()
    if link is not None and request.user.is_authenticated and request.user != link.user:
        return render(request, "signin/another.html", status=409)
    if request.method == "POST":
        return let_in(request, token)
    return render(request, "signin/link.html") if link else too_late(request)


def let_in(request: HttpRequest, token: str) -> HttpResponse:
    user = redeem(token, database_clock.now())
    if user is None:
        return too_late(request)
    record_authentication(request, user, method="link")
    done: HttpResponse = perform_login(request, Login(user=user, redirect_url=going(request)))
    return done


def going(request: HttpRequest) -> str:
    """Where the person was going when the sign-in page stood in their way; only within the
    console.
    """
    page = request.POST.get("next") or unquote(request.COOKIES.get(GOING, ""))
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else "/"


def too_late(request: HttpRequest) -> HttpResponse:
    return (
        redirect("/")
        if request.user.is_authenticated
        else render(request, "signin/spent.html", status=410)
    )
