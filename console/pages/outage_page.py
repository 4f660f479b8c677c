"""A database that is away for a while, as people see it: a sentence, and status 503. The connection
that showed it is not used again.
"""

from collections.abc import Callable
from typing import Any

from django import db
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.journal import outage
from console.pages.refusal_pages import KEEP

SENTENCE = (
    "The database takes no changes at this moment: it is restarting, or another one is taking over."
    " Try again in a few seconds."
)
PATIENCE = "5"
"""Seconds after which a client may ask again."""
Execute = Callable[..., Any]


def given_up(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement; close the connection when the database is away on it, so that its pool looks
    for whoever answers now.
    """
    try:
        return execute(sql, params, many, context)
    except db.Error as error:
        raw = context["connection"].connection
        if raw is not None and said(error):
            raw.close()
        raise


def watch(connection: BaseDatabaseWrapper, **_facts: Any) -> None:
    if given_up not in connection.execute_wrappers:
        connection.execute_wrappers.append(given_up)


def connect() -> None:
    """Watch every connection of Django's from now on. Called once, when the app is ready."""
    connection_created.connect(watch, dispatch_uid="console.pages.outage_page")


def said(error: BaseException) -> bool:
    return any(outage.away(each) for each in (error, error.__cause__) if each is not None)


class OutageMiddleware:
    """Middleware: answers that the database is away, and that the request may be repeated."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not said(exception):
            return None
        # told like a refusal, which the page's script shows: a proxy's own 503 is never swapped in
        if getattr(request, "htmx", False):
            response = render(request, "partials/_refused.html", {"sentence": SENTENCE}, status=409)
            response["HX-Reswap"] = KEEP
        else:
            response = render(request, "errors/503.html", {"sentence": SENTENCE}, status=503)
        response["Retry-After"] = PATIENCE
        return response
