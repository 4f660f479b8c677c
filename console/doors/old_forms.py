"""What answers a form whose page has grown old: its token is not this browser's any more, since
somebody signed in anew in another tab, or nobody is signed in at all.

What a page of the house itself sent may be sent again by the one press that this answer offers;
anything else could be somebody else's form, and is refused without being repeated.
"""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache

from console.doors import origin

TOKEN = "csrfmiddlewaretoken"  # noqa: S105  a field's name
PROGRAM = (
    "You have signed in anew since this page was opened. Nothing was changed:"
    " load the page again, then once more."
)


@never_cache
def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What `CSRF_FAILURE_VIEW` names; `reason` is Django's and for its log."""
    mine = isinstance(request.user, User) and from_here(request)
    if mine and request.headers.get("HX-Request"):
        answer = render(request, "partials/_refused.html", {"sentence": PROGRAM}, status=409)
        answer["HX-Reswap"] = "none"
        return answer
    again = sent(request) if mine and not request.FILES else []
    return render(request, "errors/old_form.html", {"mine": mine, "again": again}, status=403)


def without_anybody(request: HttpRequest, door: str) -> HttpResponse | None:
    """What answers a form that was sent signed out: what was typed, to be sent again once somebody
    has come in by the `door`. None for what no page of the house sent.
    """
    again = sent(request)
    if not again or not from_here(request) or request.FILES:
        return None
    fields = {"again": again, "door": door}
    answer = render(request, "errors/old_form.html", fields, status=401)
    add_never_cache_headers(answer)
    return answer


def from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this house sent it. No page of elsewhere can make it
    say so.
    """
    return origin.ours(request.headers.get("Origin", ""), request.headers.get("Host", ""))


def sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Name and value of each field, in their order, but for the token; nothing of a form with a
    password, which no page writes out.
    """
    if any("password" in name for name in request.POST):
        return []
    return [
        (name, value) for name, values in request.POST.lists() if name != TOKEN for value in values
    ]
