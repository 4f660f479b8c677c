"""Two runs beside each other: which other one, and then how they stand and where they part. Reads
only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from console import figures, permits
from console.journal import database_clock
from console.pages import fleet_page, query_box
from console.pages.query_box import QueryBox
from runs.models import Run
from runs.models.run_parts import LIVE, OVER
from runs.reading import compared_runs, pills
from runs.reading.pills import Pill
from runs.reading.readers import reader
from runs.search import one_thing, runs_asked
from runs.search.asker import Asker, asker_of
from runs.search.fleet_address import LONGEST

MOST_FOUND = 10
LATEST, LOOKED_AT = 5, 60
ITSELF = "This is the same run twice: choose another one to compare it with."
PICKED = "Tick the two runs that you want to see beside each other."
readers = permits.reads("runs.view_run")


@dataclass(frozen=True, slots=True)
class OfferedRun:
    """A run to compare with: why it is offered, and how it stands. `why` is empty for one that was
    asked for.
    """

    url: str
    short: str
    goal: str
    agent: str
    why: str
    created: str
    pill: Pill


@readers
def run_compare(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Which run to compare with: those that suggest themselves, or those that the box finds. An id
    leads to the comparison at once.
    """
    run, text = found(run_id), request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    box, asker = query_box.box(text, "fleet"), asker_of(request)
    thing = query_box.answered(box, lambda: one_thing.named(text, asker)) if text else None
    if thing and thing.run != run.pk:
        return HttpResponseRedirect(beside(run.pk, thing.run))
    offered = asked(run, box, asker) if text else suggested(run)
    context = {"run": compared_runs.head(run), "offered": offered, "box": box, "text": text}
    return render(request, "runs/compare.html", context)


@readers
def run_compared(request: HttpRequest, run_id: UUID, other_id: UUID) -> HttpResponse:
    """Both side by side, each as this reader may see it. One run twice is led to the others."""
    if run_id == other_id:
        messages.warning(request, ITSELF)
        return HttpResponseRedirect(reverse("run_compare", args=[found(run_id).pk]))
    who = reader(request)
    compared = compared_runs.of(found(run_id), found(other_id), who, database_clock.now())
    return render(
        request,
        "runs/compared.html",
        {"compared": compared, "sees_tools": who.sees_tools, "most": compared_runs.MOST},
    )


@readers
def compare_picked(request: HttpRequest) -> HttpResponse:
    """The two runs that were ticked in the fleet; otherwise the list again that was looked at."""
    picked = fleet_page.ids(",".join(request.GET.getlist("run")))
    if len(picked) == 2:
        return HttpResponseRedirect(beside(*picked))
    messages.warning(request, PICKED)
    asked = urlencode({"q": text}) if (text := request.GET.get("q", "")[:LONGEST]) else ""
    return HttpResponseRedirect(f"{reverse('fleet')}{asked and '?'}{asked}")


def found(run_id: UUID) -> Run:
    return get_object_or_404(Run.objects.select_related("agent", "principal"), pk=run_id)


def beside(one: UUID, other: UUID) -> str:
    return reverse("run_compared", args=[one, other])


def suggested(run: Run) -> list[OfferedRun]:
    """The run that started it, the last ones before it with the same goal and of the same agent,
    and further ones of that agent, each once.
    """
    before, latest = of_agent(run, Q(created_at__lte=run.created_at)), of_agent(run, Q())
    offers = [
        *((pk, "It started this one") for pk in [run.parent_id] if pk),
        *((pk, "The same goal, before this one") for pk in [*same_goal(run, before)][:1]),
        *((pk, "The one before, of the same agent") for pk in before[:1]),
        *((pk, "Of the same agent") for pk in latest[:LATEST]),
    ]
    once: dict[UUID, str] = {}
    for pk, why in offers:
        once.setdefault(pk, why)
    found = Run.objects.select_related("agent").in_bulk(once)
    return [line(run, found[pk], why) for pk, why in once.items()]


def of_agent(run: Run, also: Q) -> list[UUID]:
    """The newest other runs of its agent, live ones and ended ones each by the index of their
    own.
    """
    found: list[tuple[datetime, UUID]] = []
    for part in (LIVE, OVER):
        runs = Run.objects.filter(also, agent=run.agent_id, status__in=part, drill=run.drill)
        newest = runs.exclude(pk=run.pk).order_by("-created_at", "-pk")
        found += newest.values_list("created_at", "pk")[:LOOKED_AT]
    return [pk for _, pk in sorted(found, reverse=True)]


def same_goal(run: Run, others: Sequence[UUID]) -> Iterator[UUID]:
    """Those of these runs that had the same goal, in their order."""
    alike = set(Run.objects.filter(pk__in=others, goal=run.goal).values_list("pk", flat=True))
    return (pk for pk in others if pk in alike)


def asked(run: Run, box: QueryBox, asker: Asker) -> Sequence[OfferedRun]:
    """The newest runs that the box's query finds; none, and the box says why, where it cannot."""

    def newest() -> list[Run]:
        matching = runs_asked.matching(box.query, asker).exclude(pk=run.pk)
        ordered = matching.select_related("agent").order_by("-created_at", "-pk")
        return list(ordered[:MOST_FOUND])

    return [line(run, each, "") for each in query_box.answered(box, newest) or ()]


def line(run: Run, other: Run, why: str) -> OfferedRun:
    shown = compared_runs.head(other)
    return OfferedRun(
        beside(run.pk, other.pk),
        shown.short,
        shown.goal,
        shown.agent,
        why,
        figures.moment(other.created_at),
        pills.pill(other),
    )
