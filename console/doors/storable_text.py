"""Text that no table can hold is refused: NUL and lone surrogates in address, query, form, cookies
and headers are a 400.
"""

from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse

SENTENCE = (
    "This request holds characters that nobody can type (a NUL, or half of one), so nothing was"
    " done."
)
UNREAD = (
    "This form has more fields or files than any of this console, or cannot be read, so nothing was"
    " done."
)
BEYOND = (DataError, OverflowError)
UNREADABLE = (SuspiciousOperation, BadRequest, MultiPartParserError)


def illegible(text: str) -> bool:
    """Whether the text has a NUL or a lone surrogate: PostgreSQL stores neither."""
    if "\x00" in text:
        return True
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


class Legible:
    """Middleware, outside of everything that reads sessions or tables."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            texts = (*outside(request), *form(request))
        except UNREADABLE:
            return refused(UNREAD)
        if any(illegible(text) for text in texts):
            return refused(SENTENCE)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django's admin looks for whatever number an address holds; our own pages read theirs
        themselves.
        """
        if (
            isinstance(exception, BEYOND)
            and request.method == "GET"
            and request.path_info.startswith(reverse("admin:index"))
        ):
            return refused("No number here can be that large.")
        return None


def refused(sentence: str) -> HttpResponse:
    return HttpResponseBadRequest(sentence, content_type="text/plain; charset=utf-8")


def outside(request: HttpRequest) -> Iterator[str]:
    """All texts of the request but the body."""
    yield request.path_info
    yield from pairs(request.GET)
    for name, value in request.COOKIES.items():
        yield from (name, value)
    yield from (
        value
        for name, value in request.META.items()
        if name.startswith(("HTTP_", "CONTENT_")) and isinstance(value, str)
    )


def form(request: HttpRequest) -> Iterable[str]:
    """Fields and names of files. Raises one of `UNREADABLE` for a form that cannot be parsed."""
    if request.method != "POST":
        return ()
    return (
        *pairs(request.POST),
        *(str(file.name) for _, files in request.FILES.lists() for file in files),
    )


def pairs(query: QueryDict) -> Iterator[str]:
    for name, values in query.lists():
        yield name
        yield from values
