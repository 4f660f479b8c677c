"""A person's own password: set by them, whoever gave them the one before."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from console import permits
from console.journal import acting, append, database_clock
from console.pages.own import own
from console.signing_in import confirming, sessions

members = permits.open_to_members("it is one's own account")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@members
@confirming.confirmed
def password(request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST sets the password and ends all other sessions, whoever has them."""
    user = own(request)
    if not may_have(user):
        raise Http404("who comes in by an identity provider has no password here")
    form: Any = SetPasswordForm(user, request.POST or None)
    if not form.is_valid():
        wrong = 422 if request.method == "POST" else 200
        return render(request, "account/password.html", {"form": form}, status=wrong)
    set_by_owner(request, form)
    messages.success(request, "Your password is set; every other session of yours is over.")
    return HttpResponseRedirect(reverse("account"))


def may_have(user: User) -> bool:
    """Whether somebody may have a password: not where an identity provider says who comes in, which
    it could not take back.
    """
    return user.has_usable_password() or not SocialAccount.objects.filter(user=user).exists()


def set_by_owner(request: HttpRequest, form: Any) -> None:
    """This session goes on: it knows the new password by the moment that others can, such as the
    live parts of the page that is open.
    """
    user, at = own(request), database_clock.now()
    who = acting.of(user)
    with transaction.atomic():
        form.save()
        sessions.end_all(user, actor=who, at=at, but=request.session.session_key)
        data = {"user": user.get_username(), "id": user.pk}
        append.note(kind="auth.password_set", actor=who, at=at, data=data)
        request.session[HASH_SESSION_KEY] = form.user.get_session_auth_hash()
        request.session.save()
