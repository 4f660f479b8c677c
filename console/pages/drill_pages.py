"""Fire drills: the page that starts one, its live board, and the report that stays."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from console import permits
from console.journal import database_clock
from runs import forms
from runs.drills import drilling, monthly
from runs.drills.drill_invariants import InvariantState
from runs.drills.drill_scenarios import SCENARIOS, Scenario, ScenarioFacts
from runs.models import Drill, MonthlyDrill
from runs.reading.pills import Pill
from runs.reading.readers import reader

MAY = "runs.change_agent"
MOST = 30
holders = permits.asks("runs.view_run", MAY)
LOOKS = {
    InvariantState.HELD: ("circle-check", "running"),
    InvariantState.SO_FAR: ("circle-check", "ended"),
    InvariantState.NOT_YET: ("hourglass", "person"),
    InvariantState.NOT_HELD: ("circle-x", "bad"),
}


@dataclass(frozen=True, slots=True)
class DrillLine:
    """A drill in the list of drills."""

    drill: Drill
    facts: ScenarioFacts
    pill: Pill


@require_http_methods(["GET"])
@holders
def drills(request: HttpRequest) -> HttpResponse:
    """What can be drilled, what comes each month, and what was found."""
    found = [line(each) for each in Drill.objects.all()[:MOST]]
    context = {
        "scenarios": [(each.value, SCENARIOS[each]) for each in Scenario],
        "agents": forms.STARTABLE.order_by("title").only("name", "title"),
        "drills": found,
        "monthly": [
            (row, monthly.title(row.scenario))
            for row in MonthlyDrill.objects.select_related("agent")
        ],
        "under_way": next((each for each in found if each.drill.ended_at is None), None),
    }
    return render(request, "drills/drills.html", context)


@require_POST
@holders
def drill_start(request: HttpRequest) -> HttpResponse:
    """Begin the chosen drill and lead to its board, or have it played each month."""
    agent = get_object_or_404(forms.STARTABLE, name=request.POST.get("agent", ""))
    chosen: dict[str, Any] = {
        "scenario": request.POST.get("scenario", ""),
        "agent": agent,
        "actor": reader(request).user,
        "at": database_clock.now(),
    }
    if request.POST.get("monthly"):
        row = monthly.add(**chosen)
        messages.success(request, f"It comes each month, first on {row.next_at:%-d %B}.")
        return HttpResponseRedirect(reverse("drills"))
    return HttpResponseRedirect(reverse("drill", args=[drilling.start(**chosen).pk]))


@require_POST
@holders
def drill_unschedule(request: HttpRequest, row_id: int) -> HttpResponse:
    row = get_object_or_404(MonthlyDrill, pk=row_id)
    monthly.stop(row=row, actor=reader(request).user, at=database_clock.now())
    messages.success(request, "It comes no more. Its reports stay.")
    return HttpResponseRedirect(reverse("drills"))


@require_http_methods(["GET"])
@holders
def drill(request: HttpRequest, drill_id: int) -> HttpResponse:
    """The board while it is under way, its report afterwards; `?board` gives the board alone."""
    row = get_object_or_404(Drill, pk=drill_id)
    part = "drills/_board.html" if "board" in request.GET else "drills/drill.html"
    return render(request, part, shown(row, drilling.board(row)))


def shown(row: Drill, board: dict[str, Any]) -> dict[str, Any]:
    of_list = line(row)
    return {
        "drill": row,
        "facts": of_list.facts,
        "pill": of_list.pill,
        "board": board,
        "rows": [(each, pill(each["standing"])) for each in board["rows"]],
        "asks": asks(row),
        "topics": " ".join(f"run:{run}" for run in row.runs),
    }


def asks(row: Drill) -> list[Request]:
    """What the drill's runs ask now."""
    if row.ended_at is not None:
        return []
    return list(Request.objects.filter(run__in=row.runs, status=RequestStatus.OPEN))


def line(row: Drill) -> DrillLine:
    facts = SCENARIOS[Scenario(row.scenario)]
    if row.ended_at is None:
        return DrillLine(row, facts, Pill("circle-dashed", "Under way", "person", "Under way"))
    word = InvariantState.HELD if row.held else InvariantState.NOT_HELD
    return DrillLine(row, facts, pill(word.value))


def pill(standing: str) -> Pill:
    icon, tone = LOOKS[InvariantState(standing)]
    return Pill(icon, standing.capitalize(), tone, standing)
