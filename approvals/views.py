"""The approvals pages: the queue with the card beside it, and parts of both for a page that is
open. Reads only.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import presence
from approvals.models import Request
from approvals.selectors import (
    card_details,
    load,
    notices,
    queue,
    requests_asked,
    session_grants,
)
from approvals.selectors.filters import AGES, RISKS, QueueFilters
from console import permits
from console.journal import database_clock
from policies.current.four_eyes import proposals
from runs.run_authority import DECIDES
from runs.search.asker import asker_of

READS = "approvals.view_request"
readers = permits.reads(READS)
deciders = permits.asks(READS, then=DECIDES)


@readers
def queue_page(request: HttpRequest) -> HttpResponse:
    """The list and, on a wide screen, the most urgent card beside it; to htmx only the list, or
    what is wrong with the query while the list stays.
    """
    wanted = QueueFilters.read(request.GET.dict())
    listed = listing(request, wanted)
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return told(request, listed)
    first = (
        card_details.found(int(listed["rows"][0].id))
        if listed["rows"] and not wanted.after
        else None
    )
    return render(
        request, "approvals/queue.html", {**listed, **(carded(request, first) if first else {})}
    )


def told(request: HttpRequest, listed: Mapping[str, Any]) -> HttpResponse:
    if not listed["box"].mistake:
        return render(request, "approvals/_list.html", listed)
    response = render(request, "search/_told.html", listed, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#query-told", "outerHTML"
    return response


@readers
def queue_rows(request: HttpRequest) -> HttpResponse:
    """What changed in the list, for a page that is open."""
    return render(
        request,
        "approvals/_list.html",
        listing(
            request, QueueFilters.read(request.GET.dict()), number(request.GET.get("here", ""))
        ),
    )


@readers
def queue_count(request: HttpRequest) -> HttpResponse:
    """How much asks the reader, capped: for the rail of a page that is open."""
    return HttpResponse(str(queue.needs_action(signed_in(request))), content_type="text/plain")


@readers
def card_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """One card with the list beside it."""
    asked = found(request_id)
    wanted = QueueFilters.read(request.GET.dict())
    return render(
        request,
        "approvals/card.html",
        {**listing(request, wanted, asked.pk), **carded(request, asked), "picked": True},
    )


@readers
def standing_page(request: HttpRequest) -> HttpResponse:
    """Every session approval that is in force."""
    return render(
        request,
        "approvals/standing.html",
        {"standing": session_grants.all_of_them(), "decides": request.user.has_perm(DECIDES)},
    )


@readers
def load_page(request: HttpRequest) -> HttpResponse:
    """How much is asked of whom, and how quickly they answer."""
    return render(
        request,
        "approvals/load.html",
        {
            "load": load.load(database_clock.now()),
            "notices": notices.all_of_them(database_clock.now()),
        },
    )


@readers
def card_now(request: HttpRequest, request_id: int) -> HttpResponse:
    """The parts of an open card that change: where it stands, and who else looks at it."""
    asked, user = found(request_id), signed_in(request)
    others = presence.look(asked.pk, user, database_clock.now())
    return render(
        request,
        "approvals/_now.html",
        {
            **carded(request, asked),
            "others": others,
            "filters": QueueFilters.read(request.GET.dict()),
        },
    )


def found(request_id: int) -> Request:
    asked = card_details.found(request_id)
    if asked is None:
        raise Http404("no such request")
    return asked


def listing(request: HttpRequest, wanted: QueueFilters, here: int = 0) -> dict[str, Any]:
    box, user = requests_asked.box(wanted.q, asker_of(request)), signed_in(request)
    shown = queue.of_view(wanted, user)
    rows, more = box.answered(
        lambda: queue.page(wanted, database_clock.now(), here, box.found & shown)
    )
    choices = queue.choices(queue.asking(user))
    return {
        "rows": rows,
        "more": queue.address(wanted, None) if not more else "?" + wanted.query(after=more),
        "has_more": bool(more),
        "tabs": queue.tabs(wanted, choices.open_now, decides=queue.answers_for_groups(user)),
        "filters": wanted,
        "box": box,
        "choices": choices,
        "risks": [(word, said) for word, (said, _) in RISKS.items()],
        "ages": [(word, said) for word, (said, _) in AGES.items()],
        "clear": queue.address(QueueFilters(view=wanted.view)),
        "failing": notices.failing(),
        "changes": proposals.waiting_on(user, database_clock.now()),
    }


def carded(
    request: HttpRequest,
    asked: Request,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    note: str = "",
) -> dict[str, Any]:
    user = signed_in(request)
    return {
        "card": card_details.shown(
            asked, user, database_clock.now(), typed=typed, errors=errors, note=note
        )
    }


def number(text: str) -> int:
    """The number in a text of the address or the form; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0


def signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("a page for nobody")
    return request.user
