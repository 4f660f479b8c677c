"""People of an identity provider: made when they first come in, with the roles that its groups give
them, and without them as soon as it says so.

Accounts that are here already are never taken over by a name or an address that fits: their owners
connect them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse

from console.journal import database_clock
from console.journal.append import note
from console.journal.records import Actor
from console.outside import addresses, outgoing
from console.signing_in import sessions

ACTOR = Actor("system")
STAFF = frozenset({"admin", "auditor"})
"""Roles whose people enter the admin."""
SECONDS = 10.0
MOST_BYTES = 1_000_000


class HouseOidc(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Bring the person's roles up to date. Whoever has none comes in no more, and their open
        sessions end.
        """
        sociallogin.email_addresses = []
        if sociallogin.state.get("process") == "connect":
            return
        roles = settings.OIDC.roles_of(claims(sociallogin))
        known = sociallogin.user if sociallogin.is_existing else None
        if known is not None:
            give(known, roles)
        if not roles and not (known is not None and known.is_superuser):
            if known is not None:
                sessions.end_all(known, actor=ACTOR, at=database_clock.now())
            refuse(request, f"{settings.OIDC.name} gives you no role here. Ask whoever runs it.")

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return bool(settings.OIDC.roles_of(claims(sociallogin)))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, under the name that the provider gives it."""
        user: User = sociallogin.user
        user.username = name_of(claims(sociallogin))
        user.set_unusable_password()
        try:
            with transaction.atomic():
                user.full_clean(exclude=["password"])
                sociallogin.save(request)
                give(user, settings.OIDC.roles_of(claims(sociallogin)))
        except ValidationError as no:
            refuse(request, f"No account was made for you: {' '.join(no.messages)}")
        return user

    @contextmanager
    def get_requests_session(self) -> Iterator[outgoing.Client]:
        """What django-allauth asks the provider with: the console's one way out, and its troubles
        as django-allauth knows them.
        """
        try:
            with outgoing.client(SECONDS, MOST_BYTES) as client:
                yield client
        except (outgoing.HTTPError, *outgoing.UNUSABLE) as trouble:
            raise OAuth2Error(addresses.said(trouble)) from trouble

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("account")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, **facts: Any
    ) -> NoReturn:
        refuse(request, f"{settings.OIDC.name} did not let you in. Try again from here.")


def claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """What the provider says of the person, the ID token and the answer of its userinfo."""
    said = sociallogin.account.extra_data
    return {**(said.get("id_token") or {}), **(said.get("userinfo") or {})}


def name_of(said: dict[str, Any]) -> str:
    name = str(said.get("preferred_username") or said.get("email") or said.get("sub", ""))
    return name[:150]


def give(user: User, roles: frozenset[str]) -> None:
    """Give the person these of the groups that the provider decides about, and no other of them;
    one event when that changes anything.
    """
    before = set(user.groups.values_list("name", flat=True))
    after = (before - settings.OIDC.managed) | roles
    if after == before:
        return
    with transaction.atomic():
        user.groups.set(Group.objects.filter(name__in=after))
        user.is_staff = user.is_superuser or bool(after & STAFF)
        user.save(update_fields=["is_staff"])
        data = {
            "user": user.get_username(),
            "id": user.pk,
            "change": {"groups": [sorted(before), sorted(after)]},
        }
        note(kind="user.provisioned", actor=ACTOR, at=database_clock.now(), data=data)


def refuse(request: HttpRequest, sentence: str) -> NoReturn:
    messages.error(request, sentence)
    raise ImmediateHttpResponse(redirect("signin"))
