"""A person's own tokens for the API: made with a form and shown once, revoked with a button."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import permits
from console.journal import acting, database_clock
from console.models import ApiToken
from console.people import api_tokens
from console.refused import Refused
from console.signing_in import confirming

SHOWN = 50
members = permits.asks("runs.view_run")


class TokenForm(forms.Form):
    """What a new token is called, what it is for and how long it lasts."""

    name = forms.CharField(max_length=40, error_messages={"required": "A token needs a name."})
    scopes = forms.MultipleChoiceField(
        choices=list(api_tokens.SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["runs:read"],
        error_messages={"required": "Say what it is for."},
    )
    days = forms.IntegerField(
        min_value=1, max_value=api_tokens.LONGEST.days, initial=90, label="Days until it expires"
    )

    def make(self, user: User, at: datetime) -> str:
        """The secret of the new token; empty, with an error at the name, when there can be none."""
        try:
            return api_tokens.make(
                user=user,
                name=self.cleaned_data["name"],
                scopes=self.cleaned_data["scopes"],
                lasts=timedelta(days=self.cleaned_data["days"]),
                at=at,
                actor=acting.of(user),
            )
        except Refused as no:
            self.add_error("name", no.sentence)
            return ""


@never_cache
@require_http_methods(["GET", "POST"])
@members
def tokens(request: HttpRequest) -> HttpResponse:
    """GET lists the reader's tokens; POST makes one, whose secret only this answer holds."""
    user, now = own(request), database_clock.now()
    form, secret = TokenForm(), ""
    if request.method == "POST" and (asked := confirming.wanted(request)):
        return asked
    if request.method == "POST":
        form = TokenForm(request.POST)
        secret = form.make(user, now) if form.is_valid() else ""
        form = TokenForm() if secret else form
    context = {"form": form, "secret": secret, "tokens": listed(user, now)}
    return render(request, "tokens/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@members
def token_revoke(request: HttpRequest, token: int) -> HttpResponse:
    user = own(request)
    found = get_object_or_404(ApiToken, pk=min(token, 2**63 - 1), user=user)
    if api_tokens.revoke(token=found, at=database_clock.now(), actor=acting.of(user)):
        messages.success(request, f"“{found.name}” opens nothing any more.")
    return HttpResponseRedirect(reverse("tokens"))


def own(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def listed(user: User, now: datetime) -> list[dict[str, Any]]:
    """The person's tokens with how each stands, the newest first."""
    return [
        {"token": each, "stands": api_tokens.standing(each, now)}
        for each in ApiToken.objects.filter(user=user)[:SHOWN]
    ]
