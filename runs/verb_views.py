"""What a person does to a run from the browser: one view for each verb, each a POST; kill asks
first. Refusals are told by `console.pages.refusal_pages`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from console import leading_back, permits
from console.journal import database_clock, selectors
from console.refused import Refused
from policies.authority import Verb, Why
from runs import (
    continuation,
    later_undo,
    limit_extension,
    run_authority,
    run_rows,
    services,
    views,
)
from runs.engine.vocabulary import FINAL, Compensation, RunStatus, Waiting
from runs.models import COMPENSATIONS, Run
from runs.reading import damaged_rows, doubt, effects, kill_consequences
from runs.reading.kill_consequences import KillConsequence
from runs.reading.readers import PageReader, reader
from runs.run_refusals import Unread

MOST_NOTE = 500
MOST_CAME_BACK = 10_000
MOST_CALLS = 5_000
SETTLED = {
    "yes": (True, "Noted: it happened. The run goes on after it."),
    "no": (False, "Noted: it did not happen. The call is made again."),
    "unknown": (None, "Noted: nobody can tell. The run is stopped as in doubt."),
}
AFTER_A_KILL = {
    "yes": "Noted: it happened. What can be undone of it is undone.",
    "no": "Noted: it did not happen. Nothing of it is left to undo.",
    "unknown": "Noted: nobody can tell. The run stays stopped as in doubt.",
}
OF_AN_UNDO = {
    "yes": "Noted: it was undone. The undoing goes on after it.",
    "no": "Noted: it was not undone. It is undone again.",
    "unknown": "Noted: nobody can tell. It is not tried again; a person must see to it.",
}
OF_ITS_LAST_CALL = {
    "yes": "Noted: it happened. It is undone if its tool can, and then the rest.",
    "no": "Noted: it did not happen. The undoing goes on.",
    "unknown": "Noted: nobody can tell. It is left to a person, and the rest is undone.",
}
UNSURE = "Tick that you looked it up at the other side first; nothing was noted."
operators = permits.asks("runs.view_run", "runs.operate_run")
limit_guards = permits.asks(
    "runs.view_run", then="to edit budgets, or to have started the run with less than its agent has"
)
concerned = permits.asks(
    "runs.view_run", then="a say in this run, as an operator or as one of those who are asked"
)


@require_POST
@operators
def run_pause(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = act(services.pause, request, run_id)
    return told(
        request,
        run,
        "Pause requested; the call in flight may finish first." if run.control else "Paused.",
    )


def admitted(verb: Verb, request: HttpRequest, run_id: UUID) -> None:
    """Strangers to the verb are turned away here; whoever only has no say in this run is told so by
    the service, in the gate's words.
    """
    no = run_authority.refusal(verb, reader(request).user, views.found(run_id))
    outside = (
        no and no.why in (Why.NOT_AN_OPERATOR, Why.NOT_AN_APPROVER) and not reader(request).operates
    )
    if outside:
        raise PermissionDenied(no.sentence if no else "")


@require_POST
@concerned
def run_resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    admitted(Verb.RESUME, request, run_id)
    return told(request, act(services.resume, request, run_id), "Resumed.")


@require_POST
@operators
def run_requeue(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return told(request, act(services.requeue, request, run_id), "Queued again.")


@require_POST
@limit_guards
def run_extend(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Raise the run's own limit that ended it to `value`."""
    admitted(Verb.EXTEND, request, run_id)
    run = act(limit_extension.extend, request, run_id, value=request.POST.get("value", "")[:40])
    return told(request, run, "Its limit is raised; it goes on.")


@require_http_methods(["GET", "POST"])
@operators
def run_continue(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """GET says what the run will do first, and with which models it can go on; POST lets
    it go on.
    """
    if request.method == "POST":
        planner = request.POST.get("planner", "")[:200]
        run = act(continuation.go_on, request, run_id, planner=planner)
        return told(request, run, "It goes on from its last step.")
    run, who = views.found(run_id), reader(request)
    way = continuation.way(run, database_clock.now(), sees_tools=who.sees_tools)
    template = (
        "runs/_continue.html"
        if request.htmx  # type: ignore[attr-defined]
        else "runs/continue.html"
    )
    return render(request, template, {**views.head(run, who), "way": way})


@require_POST
@concerned
def run_settle(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take a person's answer about a call or an undo in doubt: `happened` is yes, no or unknown;
    `sure` says that they looked, `note` where.
    """
    word = request.POST.get("happened", "")
    if word not in SETTLED:
        raise Http404("neither yes nor no")
    admitted(Verb.SETTLE, request, run_id)
    if not request.POST.get("sure"):
        raise Refused(UNSURE)
    happened, said = SETTLED[word]
    answers = answered(views.found(run_id)) or {word: said}
    known = doubt.came_back(request.POST.get("came_back", "")[:MOST_CAME_BACK])
    run = act(services.settle, request, run_id, happened=happened, came_back=known)
    return told(request, run, answers[word])


def answered(run: Run) -> Mapping[str, str]:
    """What follows from each answer about a run that was stopped; nothing for one that goes on."""
    if run.status == RunStatus.COMPENSATING:
        return OF_AN_UNDO if doubt.of_undo(run) else OF_ITS_LAST_CALL
    return AFTER_A_KILL if run.status == RunStatus.STOPPED else {}


@require_POST
@concerned
def run_acknowledge(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Record that somebody has looked into what came back after its worker's lease had ended, or
    could not be undone.
    """
    admitted(Verb.SETTLE, request, run_id)
    return told(
        request, act(services.acknowledge, request, run_id), "Noted: you have looked into it."
    )


@require_http_methods(["GET", "POST"])
@operators
def run_undo(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """GET lists what an ended run did; POST has the ticked `calls` undone, or asks another person
    first.
    """
    if request.method == "POST":
        calls = tuple(dict.fromkeys(request.POST.getlist("calls")))[:MOST_CALLS]
        run = act(later_undo.undo, request, run_id, calls=calls)
        asked = run.waiting_for == Waiting.UNDO
        return told(request, run, "Somebody else has to agree." if asked else "It is being undone.")
    run, who = views.found(run_id), reader(request)
    found = effects.of(run, who.clearance)
    shown = {"effects": found, "any_able": any(each.able for each in found)}
    template = "runs/_undo.html" if request.htmx else "runs/undo.html"  # type: ignore[attr-defined]
    return render(request, template, {**views.head(run, who), **shown})


@require_http_methods(["GET", "POST"])
@operators
def run_kill(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """GET says what will happen to this run; POST asks for it."""
    if request.method == "POST":
        wanted = request.POST.get("compensate", "")
        if wanted and wanted not in list(Compensation):
            raise Http404("no such choice")
        chosen = Compensation(wanted) if wanted else None
        run = act(services.kill, request, run_id, compensate=chosen)
        return told(request, run, "Kill requested; waiting for a worker to confirm.")
    return render(
        request,
        "runs/_kill.html" if request.htmx else "runs/kill.html",  # type: ignore[attr-defined]
        confirmation(request, run_id),
    )


def confirmation(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    run, who = views.found(run_id), reader(request)
    chosen = services.chosen_for_a_kill(run)
    told = {
        "consequences": previewed(run, who, chosen),
        "chosen": chosen.value,
        "as_of": f"{database_clock.now():%H:%M:%S} UTC",
        "going_on": run.status not in FINAL,
    }
    here = {"on_its_page": from_its_page(request, run), "choices": COMPENSATIONS}
    return {**views.head(run, who), **told, **here}


def from_its_page(request: HttpRequest, run: Run) -> bool:
    """Whether the answer finds the head of the run's page, which a list of runs has not."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    home = reverse("runs:run", args=[run.pk])
    return not htmx or (htmx.current_url_abs_path or "").startswith(home)


def previewed(run: Run, who: PageReader, chosen: Compensation) -> Sequence[KillConsequence]:
    """What a kill would do, also for a run whose journal cannot be read, which must be killed all
    the more.
    """
    try:
        state = run_rows.state_of(run)
    except Unread:
        return kill_consequences.UNREAD
    lasting = damaged_rows.reading(
        kill_consequences.lasting, selectors.events(run.pk, clearance=who.clearance)
    )
    return kill_consequences.of_kill(state, lasting, chosen, sees_tools=who.sees_tools)


def act(service: Callable[..., Run], request: HttpRequest, run_id: UUID, **facts: Any) -> Run:
    """Call the service as the signed-in user; 404 for a run that does not exist."""
    run = views.found(run_id)
    note = request.POST.get("note", "").strip()[:MOST_NOTE]
    return service(run_id=run.pk, actor=request.user, at=database_clock.now(), note=note, **facts)


def told(request: HttpRequest, run: Run, sentence: str) -> HttpResponse:
    """The run's head with a sentence about what was done; the run's page from one that asked."""
    messages.success(request, sentence)
    asked = [reverse(f"runs:{each}", args=[run.pk]) for each in ("kill", "continue", "undo")]
    away = leading_back.led(request, reverse("runs:run", args=[run.pk]), *asked)
    return away or render(request, "runs/_told.html", views.head(run, reader(request)))
