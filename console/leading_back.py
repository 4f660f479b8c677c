"""Where an act leads that is asked for in a dialog or on a page of its own: a dialog leaves the
page behind it as it is, a page that only asked has nothing left to ask.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def asking(request: HttpRequest) -> str:
    """The path of the page that htmx asks from; empty for one that another house shows."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return (htmx.current_url_abs_path or "").partition("?")[0] if htmx else ""


def led(request: HttpRequest, home: str, *only_ask: str) -> HttpResponse | None:
    """Lead to `home` without JavaScript, and from pages that `only_ask`, the act's own among them;
    None from a page behind a dialog, which stays.
    """
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(home)
    if asking(request) in {request.path, *only_ask}:
        return HttpResponse(status=204, headers={"HX-Redirect": home})
    return None
