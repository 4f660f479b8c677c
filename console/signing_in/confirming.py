"""Whether whoever is at the keyboard has shown lately that it is them: asked before dangerous
acts.
"""

from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from console import permits
from console.journal import database_clock
from console.refused import Refused
from console.signing_in import session_limits

SAFE = ("GET", "HEAD")
ANEW = (
    "Show once more that it is you: open this page in another tab, then go on here. What you typed"
    " stays."
)


FIRST = "confirm_first"
"""The attribute of a request that leads to where one shows who one is, before its form is saved."""
NOT_SAVED = (
    'Nothing was saved yet: <a href="{}" target="_blank">show once more that it is you</a>, in'
    " another tab, and save again here. What you typed stays."
)


def recent(request: HttpRequest) -> bool:
    """Whether the person signed in, or confirmed that it is them, within the time that is set."""
    shown = [float(each["at"]) for each in get_authentication_records(request, request.user)]
    last = max([*shown, float(request.session.get(session_limits.BEGAN, 0))])
    return database_clock.now().timestamp() - last < settings.CONFIRM_WITHIN


def wanted(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that asks once more who one is; None when that was shown lately. What was
    sent is not kept: its page is filled in again.

    Raises Refused for a part of a page that is open: that page stays as it is.
    """
    if recent(request):
        return None
    if "HX-Request" in request.headers:
        raise Refused(ANEW)
    back = request.get_full_path() if request.method in SAFE else came_from(request)
    return redirect(way(request, back))


def way(request: HttpRequest, back: str) -> str:
    """The address of the page that asks once more, and then leads back."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    page = ways[0]["url"] if ways else reverse("confirm_anew")
    return f"{page}?{urlencode({'next': back})}"


def confirmed(view: permits.View) -> permits.View:
    """A view that opens only to whoever has shown lately that it is them."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return wanted(request) or view(request, *args, **kwargs)

    return asked


class SentTooLate:
    """Stands before the form that it keeps from being saved; `first` is where one shows who one
    is.
    """

    first: str

    def clean(self) -> Any:
        form: Any = super()
        data = form.clean()
        form.add_error(None, format_html(NOT_SAVED, self.first))
        return data


class Confirmed:
    """Forms of an admin, and its acts on a list, that are taken only of whoever has shown lately
    that it is them: what they write widens rights. To look is free, and a form that was sent too
    late comes back with what was typed. Stands before the admin among the bases of a class.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form: Any = super()
        if self.may_write(request) and not recent(request):
            if request.method not in SAFE and "HX-Request" in request.headers:
                raise Refused(ANEW)
            setattr(request, FIRST, way(request, request.get_full_path()))
        shown: HttpResponse = form.changeform_view(request, *args, **kwargs)
        return shown

    def may_write(self, request: HttpRequest) -> bool:
        place: Any = self
        return bool(place.has_change_permission(request) or place.has_add_permission(request))

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        place: Any = super()
        form = place.get_form(request, *args, **kwargs)
        first = getattr(request, FIRST, "")
        if not first or request.method in SAFE:
            return form
        return type(form.__name__, (SentTooLate, form), {"first": first})

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form: Any = super()
        asked = None if request.method in SAFE else wanted(request)
        shown: HttpResponse = asked or form.delete_view(request, *args, **kwargs)
        return shown

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows: Any = super()
        asked = None if request.method in SAFE else wanted(request)
        shown: HttpResponse = asked or rows.changelist_view(request, *args, **kwargs)
        return shown


def came_from(request: HttpRequest) -> str:
    """The page that holds the form which was sent: the address of an act is never one to come back
    to.
    """
    said, here = request.headers.get("Referer", ""), f"{request.scheme}://{request.get_host()}/"
    return f"/{said.removeprefix(here)}" if said.startswith(here) else "/"
