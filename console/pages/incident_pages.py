"""The incident library: what each incident is, a button that plays it, and what came of it last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import figures, permits
from console.journal import database_clock
from runs.incidents import plays
from runs.incidents.incident import Incident, IncidentKind, library
from runs.incidents.plays import Play, PlayVerdict
from runs.models import Run
from runs.reading.pills import Pill
from runs.reading.readers import reader
from runs.verb_views import operators

readers = permits.reads("runs.view_run")
PILLS = {
    PlayVerdict.HELD: Pill("circle-check", "Held", "running", "Everything that has to hold held."),
    PlayVerdict.DID_NOT: Pill(
        "octagon-alert", "Did not hold", "bad", "Something that has to hold did not."
    ),
    PlayVerdict.GOING: Pill("play", "Running", "running", "It is not over yet."),
    PlayVerdict.WAITS: Pill(
        "hand", "Waits for a person", "person", "It goes on when somebody has answered."
    ),
}
HEADINGS = {
    IncidentKind.FIELD: ("From the field", "what has happened to others"),
    IncidentKind.ATTACK: ("Attacks on an agent", "texts, tools and payments that mean harm"),
}


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident as the page shows it; `play` is its newest run."""

    incident: Incident
    play: Play | None
    pill: Pill | None
    started: str
    token: str

    @property
    def going(self) -> bool:
        """Whether what is shown will change by itself or by somebody's answer."""
        return self.play is not None and self.play.verdict in (PlayVerdict.GOING, PlayVerdict.WAITS)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The incidents of one kind."""

    title: str
    words: str
    lines: Sequence[IncidentLine]


@readers
def incidents(request: HttpRequest) -> HttpResponse:
    context = {"shelves": list(shelves()), "operates": reader(request).operates}
    return render(request, "incidents/incidents.html", context)


@readers
def incident_now(request: HttpRequest, name: str) -> HttpResponse:
    """What came of one incident, for a page that waits for it."""
    now = line(found(name), plays.latest_of(name))
    return render(request, "incidents/_last.html", {"line": now})


@require_POST
@operators
def incident_start(request: HttpRequest, name: str) -> HttpResponse:
    """Start a run that plays the incident, once however often the form is sent."""
    incident, who = found(name), reader(request).user
    try:
        form = UUID(request.POST.get("token", ""))
    except ValueError:
        form = uuid4()
    run = uuid5(form, f"{who.pk} {name}")
    try:
        plays.start(incident=incident, principal=who, at=database_clock.now(), run_id=run)
        messages.success(request, f"Started: {incident.title}.")
    except IntegrityError:
        messages.success(request, "This form was sent before: it started this run.")
    return HttpResponseRedirect(reverse("runs:run", args=[run]))


def found(name: str) -> Incident:
    try:
        return plays.find(name)
    except LookupError as missing:
        raise Http404(f"no incident {name}") from missing


def shelves() -> Iterator[Shelf]:
    newest = plays.latest()
    ordered = sorted(library().values(), key=lambda each: list(IncidentKind).index(each.kind))
    for kind, each in groupby(ordered, key=lambda each: each.kind):
        yield Shelf(*HEADINGS[kind], [line(one, newest.get(one.name)) for one in each])


def line(incident: Incident, run: Run | None) -> IncidentLine:
    token = str(uuid4())
    if run is None:
        return IncidentLine(incident, None, None, "", token)
    play = plays.play_of(run)
    return IncidentLine(incident, play, PILLS[play.verdict], figures.moment(run.created_at), token)
