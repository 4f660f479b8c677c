"""Second factors, passkeys and showing again that one is oneself: django-allauth's own pages, each
with this house's looks and with what it asks of a person.
"""

import shlex
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ByCode
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from console import permits
from console.pages.own import own
from console.signing_in.house_factors import no_passkeys

members = permits.open_to_members("it is one's own account")
visitors = permits.open_to_everybody("a part of the way in")
either = require_http_methods(["GET", "POST"])


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """A passkey signs in by itself, so it has to be kept by its device and ask who is there."""

    def get_context_data(self, **facts: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**facts)
        options = auth.begin_registration(own(self.request), passwordless=True)
        return {**context, "options": options, "no_passkeys": no_passkeys(self.request)}


@permits.open_to_members("it says how to come in anew")
@require_safe
@never_cache
def confirm_anew(request: HttpRequest) -> HttpResponse:
    """A page for whoever has neither a password nor a second factor to show."""
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()})
    context = {"command": link_command(own(request).get_username()), "back": back if safe else "/"}
    return render(request, "signin/anew.html", context)


def link_command(name: str) -> str:
    """What prints a link for this person on the console's machine, wherever its data are."""
    usual = settings.DATA == settings.BASE_DIR / ".signalbox"
    data = "" if usual else f"SIGNALBOX_DATA={shlex.quote(str(settings.DATA))} "
    return f"{data}python3 manage.py signin_link {shlex.quote(name)}"


def page(view: Any, template: str = "", **facts: Any) -> Any:
    """One of allauth's views as a page of this house."""
    shown = {"template_name": template} if template else {}
    return either(never_cache(members(view.as_view(**shown, **facts))))


second = either(visitors(AuthenticateView.as_view(template_name="signin/second.html")))
by_passkey = either(visitors(LoginWebAuthnView.as_view()))
confirm_password = page(ReauthenticateView, "signin/confirm.html")
confirm_code = page(ByCode, "signin/confirm.html")
confirm_passkey = page(ReauthenticateWebAuthnView, "signin/confirm.html")
account = reverse_lazy("account")
totp_add = page(ActivateTOTPView, "account/totp_add.html")
totp_remove = page(DeactivateTOTPView, "account/remove.html", success_url=account)
passkey_add = page(AddPasskey, "account/passkey_add.html")
passkey_remove = page(RemoveWebAuthnView, "account/remove.html", success_url=account)
codes = page(ViewRecoveryCodesView, "account/codes.html")
codes_new = page(GenerateRecoveryCodesView, "account/codes_new.html")


def factors(user: User) -> dict[str, Any]:
    """The person's second factors, for the page of their account."""
    found = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    kinds = Authenticator.Type
    return {
        "totp": next((each for each in found if each.type == kinds.TOTP), None),
        "codes": next((each for each in found if each.type == kinds.RECOVERY_CODES), None),
        "passkeys": [each for each in found if each.type == kinds.WEBAUTHN],
    }
