"""Whether the house is well: a status code for launchers and load balancers, a page for people."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from console import permits
from console.journal import chain_check, database_clock
from console.journal.records import HOUSE_KEY
from console.live import rounds, telling
from console.live.telling import RoundReport
from console.pages import house_parts, parts
from console.signing_in import spraying
from runs import server_troubles
from runs.drills import drilling
from runs.drills.drilling import facts_of
from runs.models import ToolCrash
from runs.reading import open_findings
from runs.reading.pills import Pill
from runs.reading.readers import reader
from runs.tools import registry

HEALTHZ = "/healthz"
SILENT = 30.0
MOST_CRASHES = 50
SEARCHES = "journal.search_audit"


@dataclass(frozen=True, slots=True)
class RoundLine:
    """The last round of one name in one process."""

    told: RoundReport

    @property
    def silent(self) -> bool:
        return self.told.age > SILENT and self.told.name not in rounds.ON_DEMAND

    @property
    def pill(self) -> Pill:
        if self.silent:
            return Pill("circle-x", "No word", "bad", self.words)
        if self.told.failures:
            return Pill("triangle-alert", "Fails", "bad", self.words)
        return Pill("circle-check", "Well", "running", self.words)

    @property
    def words(self) -> str:
        if self.silent:
            return f"no word since {ago(self.told.age)}"
        last, again = (
            f"last round {ago(self.told.age)} ago",
            f" {self.told.failures} times in a row" if self.told.failures > 1 else "",
        )
        return f"{last}, failed{again}: {self.told.trouble}" if self.told.failures else last


class Knocked:
    """Middleware, the first of all: answers the health check under whatever host name it
    was asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return healthz(request) if request.path == HEALTHZ else self.get_response(request)


@permits.open_to_everybody("launchers and load balancers ask it; it says nothing but well or not")
@login_not_required
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when this process can serve pages and the house's watchdog goes its rounds, 503 when not;
    in words, what is wrong.

    Redis may be lost: without it pages are served and people's orders taken, so it is said, and
    does not take the server out of service.
    """
    database, broker = parts.database(), parts.broker()
    watchdog = parts.watchdog(broker.well)
    well = database.well and watchdog.well
    words = {part.name.lower(): part.words for part in (database, broker, watchdog)}
    return JsonResponse({"well": well, **words}, status=200 if well else 503)


@permits.reads("runs.view_run")
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """How the system does, for people: with the workers, which are asked and not waited for, and
    what each process goes rounds for. Tools, their last words and
    their servers are for those who may see tools. `?prove` has the house's own chain verified for
    whoever may search the journal.
    """
    broker, who = parts.broker(), reader(request)
    searches = request.user.has_perm(SEARCHES)
    told = telling.everybody()
    watchdog, workers = parts.watchdog(broker.well), parts.workers(told)
    found = [parts.database(), broker, watchdog, workers, parts.search()]
    return render(
        request,
        "health/health.html",
        {
            "parts": [*found, *house_parts.shown(sees_tools=who.sees_tools)],
            "rounds": [RoundLine(each) for each in told],
            "sees_tools": who.sees_tools,
            "crashes": crashes() if who.sees_tools else (),
            "broken": registry.broken() if who.sees_tools else (),
            "servers": server_troubles.in_use() if who.sees_tools else (),
            "findings": open_findings.of_the_house() if who.sees_tools else (),
            "sprayed": spraying.lately(database_clock.now()) if searches else (),
            "chain": chain_check.checked(HOUSE_KEY, database_clock.now())
            if searches and "prove" in request.GET
            else None,
            "operates": who.operates,
            "drills": [(each, facts_of(each)) for each in drilling.not_held()],
        },
    )


def crashes() -> list[ToolCrash]:
    """The tools that ended, froze or filled their processes, the last one first."""
    return list(ToolCrash.objects.all()[:MOST_CRASHES])


def ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
