"""Whoever is not signed in is led to the door; a page that asks for a part of itself is told so by a status, never given the door."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase

FETCHED = "fetch"


class SignedIn(LoginRequiredMiddleware):
    """Django's own, but for requests of a page that is open already: those are answered 401, which the page tells its reader."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        led = super().process_view(request, view_func, view_args, view_kwargs)
        if led is not None and asked_by_a_page(request):
            return HttpResponse("Signed out.", status=401, content_type="text/plain")
        return led


def asked_by_a_page(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == FETCHED
