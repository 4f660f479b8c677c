"""The first page: every run, what stands still until a person acts, and the figures above.

Reads only; `runs.reading` does the work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from approvals.models import Request
from console import figures, permits
from console.journal import kept_plans
from console.pages import attention, demo_tour, fleet_columns, query_box, view_tabs
from console.pages.query_box import QueryBox
from console.pages.view_tabs import FleetTab, figure
from runs import saved_views
from runs.models import PinnedView, Run
from runs.reading import budget_meters, burn, fleet, fleet_rows, fleet_summary, queue_places
from runs.reading.readers import PageReader, reader
from runs.search import found_places, runs_asked
from runs.search.asker import Asker, asker_of
from runs.search.fleet_address import FleetAddress
from runs.search.found_places import FoundPlace

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
class FleetAnswer:
    """What the query of the box found: a page of runs, how many there are in all, counted no
    further than `most`, and how many in each view.
    """

    runs: Sequence[Run] = ()
    older: str = ""
    count: int = 0
    most: int = fleet.MOST_COUNTED
    places: Mapping[UUID, FoundPlace] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@readers
@kept_plans.kept()
def overview(request: HttpRequest) -> HttpResponse:
    """The fleet; to htmx only the list, which is the same partial, or what is wrong with the query
    while the list stays. Without a query it opens with the view that the reader has put first.
    """
    address = FleetAddress.read(request.GET.dict())
    asker, who = asker_of(request), reader(request)
    pins = saved_views.pinned(who.user)
    if not request.GET and (first := saved_views.first_of(pins)):
        return HttpResponseRedirect(reverse("fleet") + FleetAddress(first).query())
    box = query_box.box(address.text, "fleet")
    answer = query_box.answered(box, lambda: asked(box, address, asker)) or FleetAnswer()
    part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    if part and not box.fine:
        return query_box.told(request, box)
    box.counted = query_box.things(answer.count, answer.most, "run") if box.fine else ""
    query_box.note_lag(box, asker)
    if not answer.runs:
        query_box.note_meant(box, asker)
    stands = None if part else standing(asker.now)
    asks = attention.cards_of(
        [*(stands.runs if stands else ()), *attention.asking(answer.runs)], who
    )
    context = {
        **lists(who, box, answer.runs, asker.now, asks, answer.places),
        "columns": fleet_columns.chosen(request),
        "address": address,
        "older": address.query(before=answer.older) if answer.older else "",
        "newest": address.query(before=""),
        "tabs": tabs(box, answer.counts, pins, asker),
    }
    if stands is None:
        return render(request, "fleet/_list.html", context)
    above = summary(asker.now, who, stands, asks)
    whole = {**context, **above, "trials": demo_tour.trials(who.user)}
    return render(request, "fleet/fleet.html", whole)


def asked(box: QueryBox, address: FleetAddress, asker: Asker) -> FleetAnswer:
    found = runs_asked.found(box.query, asker)
    page, counts = found.page(address.before), view_tabs.counts(box.query, asker)
    count, most = len(page.runs), fleet.MOST_COUNTED
    if box.canonical in counts:
        count = counts[box.canonical]
    elif page.total is not None:
        count = page.total
    elif found.whole and (found.led or page.older or address.before):
        known = [found.known()]
        count, most = query_box.counted(lambda: fleet.counted(known)[0], count, most)
    elif page.older or address.before:
        count, most = query_box.at_least(count, most)
    places = found_places.of(page.runs, " ".join(box.words[:1]), asker)
    return FleetAnswer(page.runs, page.older, count, most, places, counts)


@readers
@kept_plans.kept()
def changed_rows(request: HttpRequest) -> HttpResponse:
    """What an open page needs: the rows of `ids` that changed, those of `new` that match the
    query, tiles and counts. Rows of its own that no longer match say so.
    """
    who, asker = reader(request), asker_of(request)
    box = query_box.box(FleetAddress.read(request.GET.dict()).text, "fleet")
    known, new = fleet.some(ids(request.GET.get("ids", ""))), ids(request.GET.get("new", ""))
    answer = query_box.answered(box, lambda: changed(box, asker, known, new)) or ChangedRows()
    if box.canonical in answer.counts:
        count = answer.counts[box.canonical]
        box.counted = query_box.things(count, fleet.MOST_COUNTED, "run")
    stands, runs = standing(asker.now), [*answer.new, *known]
    asks = attention.cards_of([*stands.runs, *attention.asking(runs)], who)
    context = {
        **lists(who, box, runs, asker.now, asks),
        "columns": fleet_columns.chosen(request),
        **summary(asker.now, who, stands, asks),
        "tabs": tabs(box, answer.counts, saved_views.pinned(who.user), asker),
        "left": answer.left,
    }
    return render(request, "fleet/_rows.html", context)


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """Which of the new runs match, and which of the known ones no longer do."""

    new: Sequence[Run] = ()
    left: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)


def changed(box: QueryBox, asker: Asker, known: Sequence[Run], new: Sequence[UUID]) -> ChangedRows:
    found = runs_asked.matching(box.query, asker)
    left = fleet.left(found, known) if box.query.terms else set()
    counts = view_tabs.counts(box.query, asker)
    return ChangedRows(fleet.only_matching(found, new), frozenset(left), counts)


def lists(
    who: PageReader,
    box: QueryBox,
    runs: Sequence[Run],
    now: datetime,
    asks: Mapping[UUID, Request],
    found: Mapping[UUID, FoundPlace] | None = None,
) -> dict[str, Any]:
    places, asked = queue_places.of(runs), attention.asked_calls(runs, asks)
    return {
        "box": box,
        "operates": who.operates,
        "rows": [
            fleet_rows.row(
                run,
                now,
                sees_tools=who.sees_tools,
                operates=who.operates,
                place=places.get(run.pk),
                asks=asked.get(run.pk),
            )
            for run in runs
        ],
        "found": {str(run): place for run, place in (found or {}).items()},
    }


@dataclass(frozen=True, slots=True)
class StandingRuns:
    """The figures of the tiles, and the runs that stand still until a person acts."""

    found: fleet_summary.Summary
    runs: Sequence[Run]


def standing(now: datetime) -> StandingRuns:
    found = fleet_summary.summary(now)
    return StandingRuns(found, attention.first(now, approvals=found.approvals))


def summary(
    now: datetime, who: PageReader, stands: StandingRuns, asks: Mapping[UUID, Request]
) -> dict[str, Any]:
    return {
        "tiles": tiles(stands.found, now),
        "burn": burn.burn(burn.spent(now)),
        "budget": budget_meters.today(now),
        **attention.shown(who, now, stands.runs, asks),
    }


def tiles(found: fleet_summary.Summary, now: datetime) -> list[Tile]:
    oldest = found.oldest_approval
    waited = (figures.iso(oldest), figures.span(figures.since(oldest, now))) if oldest else ("", "")
    return [
        Tile(
            figure(found.running),
            "Running",
            f"{figure(found.queued)} queued" if found.queued else "none queued",
            "?q=status:running",
        ),
        Tile(
            figure(found.people),
            "Waiting for people",
            f"{figure(found.approvals)} for approval, oldest" if oldest else "none for approval",
            "?q=status:person",
            "person" if found.people else "",
            *waited,
        ),
        Tile(
            figure(found.paused),
            "Paused",
            paused_note(found),
            "?q=status:paused",
        ),
        Tile(
            figure(found.in_doubt),
            "Calls in doubt",
            f"{figure(found.in_doubt)} to look up" if found.in_doubt else "none",
            "?q=status:person",
            "bad" if found.in_doubt else "",
        ),
        Tile(
            figure(found.bad),
            "Failed",
            "or stopped early, in the last hour",
            "?q=status%3Afailed+ended%3C1h",
            "bad" if found.bad else "",
        ),
    ]


def paused_note(found: fleet_summary.Summary) -> str:
    """Who is paused by a rule waits for people as well, and is counted there too."""
    if not found.paused:
        return ""
    wait = "waits" if found.asking == 1 else "wait"
    return f"{figure(found.asking)} of them {wait} for people" if found.asking else "state saved"


def tabs(
    box: QueryBox, counts: Mapping[str, int], pins: Sequence[PinnedView], asker: Asker
) -> Sequence[FleetTab]:
    return view_tabs.tabs(box, counts, pins, view_tabs.pinned_counts(pins, asker))


def ids(text: str) -> list[UUID]:
    """The valid ids in a query, no more than a page is likely to hold."""
    found = [
        bounds[0]
        for word in text.split(",")[:MOST_ROWS]
        if len(word.replace("-", "")) == 32 and (bounds := fleet.prefix_bounds(word))
    ]
    return list(dict.fromkeys(found))
