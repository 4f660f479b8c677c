"""The one place that turns refusals into pages: a toast for htmx, a page of its own otherwise, with
status 409 both times. What only takes a second person is kept as a proposed change, and leads to
its page.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from console.journal import database_clock
from console.refused import Refused
from policies.current.four_eyes import proposals
from policies.current.four_eyes.taking_two import Held

KEEP = "none"


class Refusals:
    """Middleware. Since a refusal changes nothing, htmx leaves the page as it is and only shows the
    toast.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Held) and isinstance(request.user, User):
            return proposed(request, exception, request.user)
        if not isinstance(exception, Refused):
            return None
        if request.htmx:  # type: ignore[attr-defined]
            response = render(
                request, "partials/_refused.html", {"sentence": exception.sentence}, status=409
            )
            response["HX-Reswap"] = KEEP
            return response
        return render(request, "errors/409.html", {"sentence": exception.sentence}, status=409)


def proposed(request: HttpRequest, held: Held, who: User) -> HttpResponse:
    """Keep the change, whose transaction is undone by now, and lead to the page that shows it."""
    kept = proposals.kept(held, actor=who, at=database_clock.now())
    messages.warning(request, held.sentence)
    page = reverse("change", args=[kept.pk])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)


def no_access(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What somebody may not do. Whoever has no role yet may do nothing at all, and reads that."""
    who = request.user
    bare = who.is_authenticated and not who.is_superuser and not who.groups.exists()
    return render(request, "403.html", {"without_role": bare}, status=HTTPStatus.FORBIDDEN)
