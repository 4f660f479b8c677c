"""The addresses of the test's identity provider, and the claims that it makes."""

from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


class Groups(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth has no types
    def get_claims(self, purpose: Any, user: Any, *args: Any, **facts: Any) -> Any:
        claims = super().get_claims(purpose, user, *args, **facts)
        claims["groups"] = sorted(user.groups.values_list("name", flat=True))
        claims["preferred_username"] = user.username
        return claims


def groups(request: HttpRequest, name: str) -> HttpResponse:
    wanted = filter(None, request.GET.get("in", "").split(","))
    found = [Group.objects.get_or_create(name=each)[0] for each in wanted]
    User.objects.get(username=name).groups.set(found)
    return HttpResponse("done")


urlpatterns = [
    path("groups/<slug:name>/", groups),
    path("accounts/", include("allauth.account.urls")),
    path("", include("allauth.idp.urls")),
]
