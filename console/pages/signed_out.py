"""Readers who are not signed in are sent to the sign-in page; an open page that asks for a part of
itself is answered with a status instead.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from console.doors import old_forms, origin

FETCHED = "fetch"
SAFE = ("GET", "HEAD")


class SignedIn(LoginRequiredMiddleware):
    """Django's own, but for requests of a page that is open already: those are answered 401, which
    the page tells its reader. A form that one of the house's pages sent is kept.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        led = super().process_view(request, view_func, view_args, view_kwargs)
        if led is not None and asked_by_a_page(request):
            return HttpResponse("Signed out.", status=401, content_type="text/plain")
        if led is not None and request.method not in SAFE:
            back = redirect_to_login(came_from(request), settings.LOGIN_URL)
            return old_forms.without_anybody(request, back.url) or back
        return led


def asked_by_a_page(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == FETCHED


def came_from(request: HttpRequest) -> str:
    """The page that holds the form which was sent: the address of an act is never one to come back
    to.
    """
    page = origin.read(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path or "/"
