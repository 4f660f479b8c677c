"""The audit page: a query of the journal, newest first; one event in full; values that are kept
apart. The journal's selectors decide what a reader sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from approvals.models import Request
from console import permits
from console.journal import database_clock, looking, selectors, visibility
from console.journal.records import USER_HIDDEN, Stored
from console.journal.selectors import JournalPage
from console.journal.visibility import Clearance
from console.pages import audit_lines, query_box, time_brush
from console.pages.query_box import QueryBox
from console.pages.time_brush import TimeBrush
from runs.search import event_leads, event_terms, statement_limit
from runs.search.asker import Asker, asker_of
from runs.search.audit_address import AuditAddress
from runs.search.statement_limit import TooSlow

MOST = 50
MOST_COUNTED = 1_000
PATIENCE = 0.5
"""Seconds that counting, and the bars over time, may take."""
may_search = permits.asks("journal.search_audit")


@dataclass(frozen=True, slots=True)
class AuditAnswer:
    """A page of events, how many match in all, counted no further than one past `most`, and when
    they happened, on the first page.
    """

    page: JournalPage = field(default_factory=lambda: JournalPage(()))
    count: int = 0
    most: int = MOST_COUNTED
    brush: TimeBrush | None = None

    @property
    def whole(self) -> bool:
        """Whether the page has all of them."""
        return not self.page.earlier and not self.page.later

    def more(self, known: int) -> "AuditAnswer":
        """There may be more than are known."""
        count, most = query_box.at_least(known, MOST_COUNTED)
        return replace(self, count=count, most=most)


@never_cache
@require_GET
@may_search
def audit(request: HttpRequest) -> HttpResponse:
    """A page of the query in the address, newest first; to htmx only the list, or what is wrong
    with the query while the list stays.
    """
    address, asker = AuditAddress.read(request.GET.dict()), asker_of(request)
    box = query_box.box(address.text, "audit")
    answer = query_box.answered(box, lambda: asked(box, address, asker)) or AuditAnswer()
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    if part and not box.fine:
        return query_box.told(request, box)
    if box.fine and box.query.terms:
        box.counted = query_box.things(answer.count, answer.most, "event")
    query_box.note_lag(box, asker)
    if not answer.page.entries:
        query_box.note_meant(box, asker)
    context = {
        "box": box,
        "address": address,
        "lines": audit_lines.lines(answer.page, proposals(answer.page.events, asker.clearance)),
        "page": answer.page,
        "links": links(answer.page, address),
        "brush": answer.brush if box.fine else None,
    }
    template = "audit/_story.html" if part else "audit/audit.html"
    return render(request, template, context, status=400 if box.mistake else 200)


def asked(box: QueryBox, address: AuditAddress, asker: Asker, limit: int = MOST) -> AuditAnswer:
    condition, led = event_terms.condition(box.query, asker), event_leads.of(box.query, asker)
    page = selectors.newest(
        condition,
        clearance=asker.clearance,
        before=address.before,
        after=address.after,
        limit=limit,
        led=led,
    )
    begins = address.before is None and address.after is None
    answer = AuditAnswer(page, len(page.events) + page.hidden)
    if not begins and (answer.whole or not box.query.terms):
        return answer
    try:
        with statement_limit.within(PATIENCE):
            known = selectors.known(
                condition, clearance=asker.clearance, most=MOST_COUNTED, led=led
            )
            times = known.times if begins else ()
    except TooSlow:
        return answer if answer.whole else answer.more(answer.count)
    whole = answer.whole or known.whole
    brush = time_brush.brush(box.query, times, asker, whole=whole) if begins else None
    answer = replace(answer, count=max(len(known.ids), answer.count), brush=brush)
    return answer if whole else answer.more(answer.count)


def proposals(events: Sequence[Stored], clearance: Clearance) -> dict[str, Mapping[str, Any]]:
    """What was proposed to people by the requests that these events decide, for who may read what
    calls are told. No query where none is decided.
    """
    numbers = [
        int(number)
        for event in events
        if event.record.kind == "call.decided"
        and (number := str(event.record.data.get("request") or "")[:18]).isdecimal()
    ]
    if not numbers or USER_HIDDEN not in clearance:
        return {}
    found = Request.objects.filter(pk__in=numbers).values_list("pk", "proposed")
    return {str(number): args for number, args in found}


def links(page: JournalPage, address: AuditAddress) -> dict[str, str]:
    """Addresses of the neighbouring pages, "" where there is none."""
    later = page.later and page.first is not None
    return {
        "newest": address.query() if page.later else "",
        "newer": address.query(after=page.first) if later else "",
        "older": address.query(before=page.last) if page.earlier and page.last else "",
        "export": address.query(),
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
