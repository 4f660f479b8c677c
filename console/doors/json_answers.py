"""Answers to programs. Whatever turns a request for `/api/` away, middleware too, is told in the
one form of errors.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from console.doors import api_errors
from console.doors.api_errors import ApiError

HERE = "/api/"
KEPT = ("Allow", "Cache-Control", "Retry-After", "WWW-Authenticate")


class JsonErrors:
    """Middleware, outside of everything that could refuse a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path_info.startswith(HERE) or response.status_code < 400:
            return response
        if response.get("Content-Type", "") == "application/json":
            return response
        told = JsonResponse(api_errors.body(response.status_code), status=response.status_code)
        for name in KEPT:
            if name in response:
                told[name] = response[name]
        return told


def refused(error: ApiError) -> HttpResponse:
    response = JsonResponse(error.body, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response
