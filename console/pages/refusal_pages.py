"""The one place that turns refusals into pages: a toast for htmx, a page of its own otherwise, with
status 409 both times.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.refused import Refused

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
        if not isinstance(exception, Refused):
            return None
        if request.htmx:  # type: ignore[attr-defined]
            response = render(
                request, "partials/_refused.html", {"sentence": exception.sentence}, status=409
            )
            response["HX-Reswap"] = KEEP
            return response
        return render(request, "errors/409.html", {"sentence": exception.sentence}, status=409)
