"""Hidden characters in pages and forms: none reaches a reader unseen, and none is lost when a form
is sent back.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from console.outside import visible

READ = ("text/html", "text/plain")


class WrittenOut:
    """Middleware. Writes hidden characters out in every page, the admin's too, and restores them in
    what is posted. A download is left as it is.
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
        """Restore the form's characters, after the check against forged requests, which has to read
        the form first.
        """
        if request.method == "POST":
            request.POST = meant(request.POST)  # type: ignore[assignment]


def meant(sent: QueryDict) -> QueryDict:
    """The form with the hidden characters that its page could only write out."""
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
