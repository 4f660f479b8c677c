"""No view runs that does not declare what it asks of a person, and answers meant for one person are
cached by nobody.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from console import permits
from console.permits import Permit


def permit_of(request: HttpRequest, view: Callable[..., Any]) -> Permit | None:
    """What the view at this address declares; the admin checks each of its models itself."""
    if request.resolver_match and admin.site.name in request.resolver_match.namespaces:
        return Permit(why="the admin asks by model")
    return permits.of(view)


class Permitted:
    """Middleware. Views check their permission themselves, by their decorator; a view without one
    is closed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> None:
        if permit_of(request, view) is None:
            raise PermissionDenied("this address does not say who may ask for it")
