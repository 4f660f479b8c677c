"""The one way out of pages and back of their forms: no hidden character reaches a reader raw, and
none is lost in a form.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from console.outside import visible

READ = ("text/html", "text/plain")


class WrittenOut:
    """Middleware.

    Writes out what cannot be seen in every page, the admin's too, and takes it back in what is
    posted.

    A download stays as it is: it is the thing itself and is not read here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # the stubs know two classes where Django has one
        request.GET = meant(request.GET)  # type: ignore[assignment]
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if kind in READ and not response.streaming and "Content-Disposition" not in response:
            text = response.content.decode(response.charset)
            if (shown := visible.quoted(text)) != text:
                response.content = shown.encode(response.charset)
        return response

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> None:
        """After the check against forged requests, which has to read the form first."""
        if request.method == "POST":
            request.POST = meant(request.POST)  # type: ignore[assignment]


def meant(sent: QueryDict) -> QueryDict:
    """The form as it was meant: with the characters that its page could only write out."""
    if not any(
        visible.TOKEN.search(text) for name, texts in sent.lists() for text in (name, *texts)
    ):
        return sent
    pairs = [
        (visible.unquoted(name), visible.unquoted(text))
        for name, texts in sent.lists()
        for text in texts
    ]
    return QueryDict(urlencode(pairs), encoding=sent.encoding)
