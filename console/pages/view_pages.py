"""Saved views of the fleet: the list, the form that saves or changes one, and what a person does
with one of them.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import permits
from console.journal import database_clock
from console.pages import query_box
from console.pages.own import own
from console.refused import Refused
from runs import saved_views
from runs.models import SavedView
from runs.search.fleet_address import FleetAddress

LONGEST_NAME, LONGEST_QUERY = 40, 1_000
members = permits.asks("runs.view_run")
changers = permits.asks("runs.view_run", then="to own the view, or to share views")


class ViewForm(forms.Form):
    """What a view is called, what it asks for, and who sees it."""

    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": "A view needs a name."}
    )
    query = forms.CharField(
        max_length=LONGEST_QUERY, error_messages={"required": "A view needs a query."}
    )
    shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.shares = user.has_perm(saved_views.SHARES)

    def done(self, view: SavedView | None) -> SavedView | None:
        """The view as it is now; None, with what is wrong in the form, when nothing was saved."""
        facts = {**self.cleaned_data, "user": self.user, "at": database_clock.now()}
        try:
            if view is None:
                return saved_views.save(**facts)
            saved_views.change(view=view, **facts)
        except Refused as no:
            self.add_error(None, no.sentence)
            return None
        return view


@never_cache
@permits.reads("runs.view_run")
def saved_view_list(request: HttpRequest) -> HttpResponse:
    """The reader's own views and those that are shared."""
    user = own(request)
    pins = {pin.view_id: pin for pin in saved_views.pinned(user)}
    found = saved_views.open_to(user).order_by("name", "id")[: saved_views.MOST_LISTED]
    rows = [row(view, user, pins) for view in found]
    return render(request, "views/views.html", {"rows": rows, "most": saved_views.MOST_PINNED})


def row(view: SavedView, user: User, pins: dict[int, Any]) -> dict[str, Any]:
    box = query_box.box(view.query, "fleet")
    pin = pins.get(view.pk)
    return {
        "view": view,
        "url": reverse("fleet") + FleetAddress(view.query).query(),
        "wrong": box.mistake,
        "mine": view.owner_id == user.pk,
        "left": not view.owner.is_active,
        "changes": saved_views.may_change(view, user),
        "pinned": pin is not None,
        "first": pin is not None and pin.first,
    }


@never_cache
@require_http_methods(["GET", "POST"])
@members
def saved_view_save(request: HttpRequest) -> HttpResponse:
    """GET asks for a name for the query `q`; POST saves it as a view."""
    text = request.GET.get("q", "")[:LONGEST_QUERY]
    return formed(request, None, {"query": text})


@never_cache
@require_http_methods(["GET", "POST"])
@changers
def saved_view_change(request: HttpRequest, view: int) -> HttpResponse:
    found = changeable(request, view)
    initial = {"name": found.name, "query": found.query, "shared": found.shared}
    return formed(request, found, initial)


def formed(request: HttpRequest, view: SavedView | None, initial: dict[str, Any]) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = ViewForm(posted, initial=initial, user=own(request))
    if form.is_bound and form.is_valid() and (saved := form.done(view)):
        messages.success(request, f"“{saved.name}” is saved.")
        return HttpResponseRedirect(reverse("fleet") + FleetAddress(saved.query).query())
    status = 422 if form.is_bound else 200
    return render(request, "views/form.html", {"form": form, "view": view}, status=status)


@require_POST
@members
def saved_view_pin(request: HttpRequest, view: int) -> HttpResponse:
    """Put a view among one's own tabs, open the fleet with it, or take it out: `as` is pinned,
    first or no.
    """
    user, how = own(request), request.POST.get("as", "")
    found = get_object_or_404(saved_views.open_to(user), pk=min(view, 2**63 - 1))
    if how == "no":
        saved_views.unpin(view=found, user=user)
    else:
        saved_views.pin(view=found, user=user, first=how == "first")
    return HttpResponseRedirect(reverse("saved_views"))


@require_POST
@changers
def saved_view_delete(request: HttpRequest, view: int) -> HttpResponse:
    found = changeable(request, view)
    saved_views.delete(view=found, user=own(request), at=database_clock.now())
    messages.success(request, f"“{found.name}” is deleted.")
    return HttpResponseRedirect(reverse("saved_views"))


def changeable(request: HttpRequest, view: int) -> SavedView:
    """The view, where this person may change it; what is somebody else's alone is not there."""
    user = own(request)
    found = get_object_or_404(saved_views.open_to(user), pk=min(view, 2**63 - 1))
    if not saved_views.may_change(found, user):
        raise PermissionDenied
    return found
