"""What django-allauth is told of this house: nobody signs themself up, names are user names, no
mail is sent, and passwords are tried at the pace of `password_pace`.
"""

from datetime import timedelta
from math import ceil
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from console.journal import database_clock, door
from console.signing_in import client_address, confirming, known_browsers, password_pace
from console.signing_in.password_pace import PasswordAttempt, TooFast

TOO_FAST = "too_fast"
SWITCHED_OFF = "This account is switched off."


class HouseAccount(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "This name and password do not go together.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many wrong codes. Wait five minutes, then try again.",
        "rate_limited": "Too many wrong codes. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The middleware `client_address` has put it there."""
        return str(request.META.get(client_address.PEER) or "0.0.0.0")  # noqa: S104

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()})

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person, when the password is right. Raises ValidationError when it was not looked
        at.
        """
        if not settings.SIGN_IN_PACED:
            return authenticate(request, **credentials)
        try:
            claimed = password_pace.claim(
                attempt(request, str(credentials.get("username", ""))), database_clock.now()
            )
        except TooFast as fast:
            raise ValidationError(sentence(fast.wait), code=TOO_FAST) from fast
        user = authenticate(request, **credentials)
        if user is not None:
            password_pace.forgive(claimed)
        return user

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Say to the journal in which ways the person showed that it is them."""
        setattr(request, door.BY, " and ".join(ways(request, user)))
        super().login(request, user)

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:
        return not confirming.recent(self.request)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        messages.error(request, SWITCHED_OFF)
        return redirect("signin")

    def add_message(self, *_args: Any, message: str | None = None, **_more: Any) -> None:
        """Say only what is written here: allauth's own messages are in other words than the
        console's.
        """
        if message:
            messages.error(self.request, message)

    def send_notification_mail(self, *_args: Any, **_more: Any) -> None:
        """What happens to an account stands in the journal."""


WAYS = {"mfa": "second factor", "socialaccount": "OIDC"}


def ways(request: HttpRequest, user: AbstractBaseUser) -> list[str]:
    """`password` and `totp`, `link`, `passkey`: how the person came in, in that order."""
    records = get_authentication_records(request, user)
    return list(dict.fromkeys(way(each) for each in records))


def way(record: dict[str, Any]) -> str:
    if record.get("passwordless"):
        return "passkey"
    kind = str(record.get("type") or "").replace("webauthn", "passkey").replace("_", " ")
    return kind or WAYS.get(str(record["method"]), str(record["method"]))


def attempt(request: HttpRequest, name: str) -> PasswordAttempt:
    """A try of this name, from a browser that knows it or from a network."""
    found = PasswordAttempt(name, client_address.network(str(request.META.get("REMOTE_ADDR", ""))))
    browser = known_browsers.of(request)
    if browser is not None and browser.knows(found.digest):
        return PasswordAttempt(name, f"browser {browser.mark}", known=True)
    return found


def sentence(wait: timedelta) -> str:
    return (
        f"Too many failed attempts from here. Try again in {ceil(wait.total_seconds())} s;"
        " until then no password is looked at."
    )
