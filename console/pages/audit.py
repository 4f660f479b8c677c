"""The audit page: search in the journal, one event in full, values that are kept apart. The
journal's selectors decide what a reader sees.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from console import permits
from console.journal import database_clock, looking, selectors, visibility
from console.journal.records import Stored
from console.journal.selectors import JournalPage
from console.pages import audit_lines, audit_words
from console.pages.audit_form import SearchForm, sought, typed_address
from runs.engine import events

MOST = 50
KINDS = sorted(
    {
        *events.KINDS,
        "auth.signed_in",
        "auth.sign_in_failed",
        "auth.signed_out",
        "admin.added",
        "admin.changed",
        "admin.deleted",
        "audit.looked",
        *audit_words.HOUSE,
    }
)
may_search = permits.asks("journal.search_audit")


@never_cache
@require_GET
@may_search
def audit(request: HttpRequest) -> HttpResponse:
    """A page of the search in the address, in story order. Without a search: the newest events."""
    form = SearchForm(request.GET, label_suffix="")
    page, address = found(form, request)
    context = {
        "form": form,
        "lines": audit_lines.lines(page),
        "page": page,
        "kinds": KINDS,
        "links": links(page, address),
        "searched": bool(address),
        "sought": sought(address.get("q", "")),
    }
    return render(request, "audit/audit.html", context, status=200 if form.is_valid() else 400)


def found(
    form: SearchForm, request: HttpRequest, limit: int = MOST
) -> tuple[JournalPage, dict[str, str]]:
    """The page of events that the form asks for, empty when it is not valid; and the form as parts
    of an address.
    """
    if not form.is_valid():
        return JournalPage(()), {}
    after, before = number(request.GET, "after"), number(request.GET, "before")
    clearance = visibility.clearance_of(request.user)
    return selectors.search(
        form.query(), clearance=clearance, after=after, before=before, limit=limit
    ), typed_address(form)


def number(query: QueryDict, name: str) -> int | None:
    """The id of an event in the address; None for anything else."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def links(page: JournalPage, address: dict[str, str]) -> dict[str, str]:
    """Addresses of the neighbouring pages, "" where there is none."""
    turns = {
        "earlier": ("before", page.first, page.earlier),
        "later": ("after", page.last, page.later),
    }
    found = {
        word: f"?{urlencode({**address, name: place})}" if there and place is not None else ""
        for word, (name, place, there) in turns.items()
    }
    return {
        **found,
        "first": f"?{urlencode({**address, 'after': 0})}" if page.earlier else "",
        "export": urlencode(address),
    }


@never_cache
@require_GET
@may_search
def audit_event(request: HttpRequest, number: int) -> HttpResponse:
    """One event in full. An event that is always hidden is not shown here; readers who may look at
    it are offered to.
    """
    clearance = visibility.clearance_of(request.user)
    stored = selectors.event(number, clearance=clearance)
    if stored is None and not visibility.may_look(clearance):
        raise Http404("no such event, or not for this reader")
    return shown(request, number, stored)


@never_cache
@require_POST
@may_search
def audit_look(request: HttpRequest, number: int) -> HttpResponse:
    """Look at one event that is always hidden: the look is recorded first, then the event
    is shown.
    """
    stored = looked_at(request, number)
    return (
        download(stored, request.POST["value"])
        if request.POST.get("value")
        else shown(request, number, stored)
    )


def looked_at(request: HttpRequest, number: int) -> Stored:
    assert isinstance(request.user, User)
    clearance = visibility.clearance_of(request.user)
    try:
        return looking.look(
            number, actor=request.user, clearance=clearance, at=database_clock.now()
        )
    except looking.MayNotLook as refused:
        raise Http404("no such event, or not for this reader") from refused


def shown(request: HttpRequest, number: int, stored: Stored | None) -> HttpResponse:
    context: dict[str, Any] = {
        "number": number,
        "line": audit_lines.line(stored, most=None) if stored else None,
    }
    return render(
        request,
        "audit/event.html",
        {**context, "sealed": stored is not None and stored.record.visibility == "always_hidden"},
    )


@never_cache
@require_GET
@permits.asks("runs.view_run")
def audit_value(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """A value that is kept apart from its event, as a file, for everybody who may read
    the event.
    """
    stored = selectors.event(number, clearance=visibility.clearance_of(request.user))
    if stored is None:
        raise Http404("no such event, or not for this reader")
    return download(stored, key)


def download(stored: Stored, key: str) -> HttpResponse:
    try:
        value = looking.spilled(stored, key)
    except LookupError as gone:
        raise Http404("no such value") from gone
    response = HttpResponse(
        value.content,
        content_type="text/plain; charset=utf-8" if value.text else "application/json",
    )
    response["Content-Disposition"] = (
        "attachment;"
        f' filename="event-{stored.id}-{value.sha256[:12]}.{"txt" if value.text else "json"}"'
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
