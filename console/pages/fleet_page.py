"""The first page: every run, what stands still until a person acts, and the figures above.

Reads only; `runs.reading` does the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console import figures, permits
from console.journal import database_clock
from console.pages import attention
from runs.models import Agent, Run
from runs.reading import budget_meters, burn, fleet, fleet_rows, queue_places
from runs.reading.fleet import FleetFilters
from runs.reading.readers import PageReader, reader

MOST_ROWS = 60
readers = permits.reads("runs.view_run")


@dataclass(frozen=True, slots=True)
class Tile:
    figure: str
    label: str
    note: str
    url: str
    tone: str = ""
    since: str = ""
    since_text: str = ""


@dataclass(frozen=True, slots=True)
class FleetTab:
    word: str
    url: str
    count: str
    here: bool


@readers
def overview(request: HttpRequest) -> HttpResponse:
    """The fleet; to htmx only the list, which is the same partial."""
    who, now = reader(request), database_clock.now()
    filters = filtered(request, who)
    page = fleet.page(filters, who.user.pk)
    context = {
        **lists(who, filters, page.runs, now),
        "older": filters.query(before=page.older) if page.older else "",
        "newest": filters.query(before=""),
        "agents": Agent.objects.order_by("title").only("name", "title"),
    }
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return render(request, "fleet/_list.html", context)
    return render(request, "fleet/fleet.html", {**context, **summary(now, who)})


@readers
def changed_rows(request: HttpRequest) -> HttpResponse:
    """What an open page needs: the rows of `ids` that changed, those of `new` that match the
    filters, tiles and counts. Rows of its own that no longer match say so.
    """
    who, now = reader(request), database_clock.now()
    filters = filtered(request, who)
    known = fleet.some(ids(request.GET.get("ids", "")))
    new = fleet.only_matching(filters, who.user.pk, ids(request.GET.get("new", "")))
    left = fleet.left(filters, who.user.pk, known)
    context = {
        **lists(who, filters, [*new, *known], now),
        **summary(now, who),
        "left": left,
    }
    return render(request, "fleet/_rows.html", context)


def filtered(request: HttpRequest, who: PageReader) -> FleetFilters:
    asked = FleetFilters.read(request.GET.dict())
    return fleet.sought(asked, who.clearance)


def lists(
    who: PageReader, filters: FleetFilters, runs: Sequence[Run], now: datetime
) -> dict[str, Any]:
    places = queue_places.of(runs)
    return {
        "filters": filters,
        "operates": who.operates,
        "rows": [
            fleet_rows.row(
                run,
                now,
                sees_tools=who.sees_tools,
                operates=who.operates,
                place=places.get(run.pk),
            )
            for run in runs
        ],
        "tabs": tabs(filters, who.user.pk),
    }


def summary(now: datetime, who: PageReader) -> dict[str, Any]:
    found = fleet.summary(now)
    return {
        "tiles": tiles(found, now),
        "burn": burn.burn(burn.spent(now)),
        "budget": budget_meters.today(now),
        **attention.shown(who, now),
    }


def tiles(found: fleet.Summary, now: datetime) -> list[Tile]:
    oldest = found.oldest_approval
    waited = (figures.iso(oldest), figures.span(figures.since(oldest, now))) if oldest else ("", "")
    return [
        Tile(
            figure(found.running),
            "Running",
            f"{figure(found.queued)} queued" if found.queued else "none queued",
            "?view=running",
        ),
        Tile(
            figure(found.approvals),
            "Waiting for approval",
            "oldest" if oldest else "nobody asked",
            "?view=person",
            "person" if found.approvals else "",
            *waited,
        ),
        Tile(
            figure(found.paused),
            "Paused",
            "state saved" if found.paused else "",
            "?view=paused",
        ),
        Tile(
            figure(found.in_doubt),
            "Unconfirmed calls",
            f"{figure(found.in_doubt)} to confirm" if found.in_doubt else "none",
            "?view=person",
            "bad" if found.in_doubt else "",
        ),
        Tile(
            figure(found.bad),
            "Failed",
            "or stopped early, in the last hour",
            "?view=bad",
            "bad" if found.bad else "",
        ),
    ]


def tabs(filters: FleetFilters, user_id: int) -> list[FleetTab]:
    """The tabs, with counts under the other filters, counted no further than a thousand."""
    found, counts = [], fleet.counts(filters, user_id)
    for view, (word, _) in fleet.VIEWS.items():
        of_view = FleetFilters(view, filters.agent, filters.text, filters.mine)
        found.append(
            FleetTab(
                word,
                of_view.query() if view else f"{reverse('fleet')}{of_view.query()}",
                figure(counts[view]),
                view == filters.view,
            )
        )
    return found


def figure(number: int) -> str:
    return f"{number:,}" if number <= fleet.MOST_COUNTED else f"{fleet.MOST_COUNTED:,}+"


def ids(text: str) -> list[UUID]:
    """The valid ids in a query, no more than a page is likely to hold."""
    found = [
        bounds[0]
        for word in text.split(",")[:MOST_ROWS]
        if len(word.replace("-", "")) == 32 and (bounds := fleet.prefix_bounds(word))
    ]
    return list(dict.fromkeys(found))
