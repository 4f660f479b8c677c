"""The page of breakers: the state of each tool's and why, and the levers by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from console import figures, leading_back, permits
from console.journal import database_clock
from console.pages import halt_pages
from policies.circuit import breaker_levers
from policies.circuit.breaker_states import BreakerReport, standings
from policies.circuit.rules import BreakerPhase, BreakerState
from policies.circuit.words import person
from runs.reading.pills import Pill
from runs.reading.readers import reader

PILLS = {
    BreakerPhase.CLOSED: Pill("circle-check", "Working", "running", "Calls go through."),
    BreakerPhase.OPEN: Pill("unplug", "Cut off", "bad", "No call is made until its time is over."),
    BreakerPhase.HALF_OPEN: Pill(
        "circle-dashed",
        "Trying again",
        "person",
        "One call at a time tries whether it works again.",
    ),
    BreakerPhase.FORCED: Pill(
        "lock", "Cut off by a person", "bad", "A person cut it off; a person must let it."
    ),
}
readers = permits.reads("journal.view_user_hidden")


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """One tool's breaker in words. `until` is when it is tried again."""

    tool: str
    pill: Pill
    calls: int
    failed: int
    retries: int
    why: str
    since: str
    since_text: str
    until: str
    until_text: str
    may_force: bool
    may_reset: bool


@readers
def breakers(request: HttpRequest) -> HttpResponse:
    """Every tool that was called, those that are cut off first. `?rows` gives the list alone, for a
    page that is open already.
    """
    now = database_clock.now()
    context = {
        "rows": [row(each, now) for each in standings(now)],
        "may_pull": request.user.has_perm(halt_pages.MAY_PULL),
    }
    return render(
        request,
        "policies/_breakers.html" if "rows" in request.GET else "policies/breakers.html",
        context,
    )


def row(standing: BreakerReport, now: datetime) -> BreakerRow:
    kept, phase = standing.row, standing.phase
    until = (
        kept.open_until
        if phase is BreakerPhase.OPEN and kept.open_until and kept.open_until > now
        else None
    )
    return BreakerRow(
        tool=kept.tool,
        pill=PILLS[phase],
        calls=standing.minute.calls,
        failed=standing.minute.bad,
        retries=standing.minute.retries,
        why=why(standing),
        since=figures.iso(kept.moved_at),
        since_text=figures.span(figures.since(kept.moved_at, now)) if kept.moved_at else "",
        until=figures.iso(until),
        until_text=figures.clock(figures.since(now, until)) if until else "",
        may_force=phase is not BreakerPhase.FORCED,
        may_reset=phase is not BreakerPhase.CLOSED,
    )


def why(standing: BreakerReport) -> str:
    kept = standing.row
    if standing.phase is BreakerPhase.CLOSED:
        return kept.last_failure if standing.minute.bad else ""
    said = f"{person(kept.by)}: " if kept.by else ""
    return f"{said}{kept.why}"


@require_http_methods(["GET", "POST"])
@halt_pages.operators
def breaker_force(request: HttpRequest) -> HttpResponse:
    """GET asks for the reason (and the tool, when none is named); POST cuts the tool off."""
    return pulled(
        request,
        "force",
        breaker_levers.force_open,
        "{tool} is cut off in every worker until somebody resets it.",
    )


@require_http_methods(["GET", "POST"])
@halt_pages.operators
def breaker_reset(request: HttpRequest) -> HttpResponse:
    return pulled(request, "reset", breaker_levers.reset, "{tool} may be called again.")


def pulled(
    request: HttpRequest, verb: str, service: Callable[..., BreakerState], sentence: str
) -> HttpResponse:
    if request.method != "POST":
        return asked(request, verb)
    tool, reason = request.POST.get("tool", ""), request.POST.get("reason", "")
    after = service(tool=tool, reason=reason, actor=reader(request).user, at=database_clock.now())
    messages.success(request, sentence.format(tool=after.tool))
    here = HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return leading_back.led(request, reverse("breakers")) or here


def asked(request: HttpRequest, verb: str) -> HttpResponse:
    context: dict[str, Any] = {
        "verb": verb,
        "tool": request.GET.get("tool", "").replace("\0", "")[:200],
    }
    return halt_pages.shown(request, "breaker", context)
