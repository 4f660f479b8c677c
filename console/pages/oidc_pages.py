"""The way to the identity provider and back: django-allauth's own views, for the one provider that
the environment names.
"""

from typing import Any

from allauth.socialaccount.providers.openid_connect import views
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from console import permits

CONNECT_HERE = "An account at the identity provider is connected from this page only."
part = permits.open_to_everybody("a part of the way in")


@never_cache
@require_GET
@part
@login_not_required
def oidc_begin(request: HttpRequest, **provider: Any) -> HttpResponse:
    """The way to the provider. An account there is connected from a page of this house: another
    site could send a browser in which somebody else is signed in at the provider, who then came in
    here as this person.
    """
    if request.GET.get("process") == "connect" and not from_here(request):
        messages.error(request, CONNECT_HERE)
        return redirect("account")
    answer: HttpResponse = views.login(request, **provider)
    return answer


def from_here(request: HttpRequest) -> bool:
    """Whether a page of this very address led here; browsers that do not say so name the page."""
    if said := request.headers.get("Sec-Fetch-Site", ""):
        return said == "same-origin"
    here = f"{request.scheme}://{request.get_host()}/"
    return request.headers.get("Referer", "").startswith(here)


oidc_back = never_cache(require_GET(part(views.callback)))
