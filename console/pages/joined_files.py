"""The admin's styles and scripts, of which a page names a dozen each, sent as one file of each
kind.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from console.pages import assets

HERE = "/admin/"
OF_EVERY_PAGE = {"css/console.css", "django_htmx/htmx-2.min.js"}
"""What is large, and what a browser has from the other pages already."""
STYLE = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="([^"]+)"[^>]*>\n?')
AT_ONCE = re.compile(
    r'<script (?![^>]*(?:\bdefer\b|\basync\b|type="|js/theme\.js"))([^>]*src="[^>]*)>'
)
"""A script that no page is drawn before. The one for the theme stays so: it says in which colours a
page is drawn.
"""
DEFERRED = re.compile(r'<script src="([^"]+)" defer></script>\n?')


class JoinedFiles:
    """Middleware, the innermost: it reads what the admin has rendered, and names its files anew.
    All scripts but one run when the page is there, in the order they have; one that others find by
    its name is left where it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0]
        if request.path_info.startswith(HERE) and kind == "text/html" and not response.streaming:
            text = response.content.decode(response.charset)
            text = joined(STYLE, '<link rel="stylesheet" href="{}">\n', text)
            text = AT_ONCE.sub(r"<script \1 defer>", text)
            text = joined(DEFERRED, '<script src="{}" defer></script>\n', text)
            response.content = text.encode(response.charset)
        return response


def joined(tag: re.Pattern[str], made: str, text: str) -> str:
    """The page with its first such tag for all of them, in their order."""
    own = f"{settings.STATIC_URL}r-{assets.release()}/"
    found = [
        match
        for match in tag.finditer(text)
        if match[1].startswith(own) and match[1].removeprefix(own) not in OF_EVERY_PAGE
    ]
    if len(found) < 2:
        return text
    names = [match[1].removeprefix(own) for match in found]
    for match in reversed(found[1:]):
        text = text[: match.start()] + text[match.end() :]
    address = made.format(assets.address_of(list(dict.fromkeys(names))))
    return text[: found[0].start()] + address + text[found[0].end() :]
