"""What a program does to runs: start one, once for each key; kill, pause, resume. Nothing here
answers for a person: a run that asks people is answered in the console.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from console.api import bearer, bodies, run_reads
from console.api.bodies import StartWanted
from console.doors.api_errors import ApiError
from console.journal import database_clock
from runs import forms, run_authority, services, starting, views
from runs.models import Run
from runs.reading.readers import reader

KEYS = UUID("6f2c3a52-8d0b-4a0e-9f3e-5d1f0c7a9b41")
"""The family of ids of runs that are started by a key."""
LONGEST_KEY = 200
ASKS = "This run asks people; whoever is asked answers it in the console."
starters = bearer.admits("runs:start", "runs.view_run", "runs.operate_run")
stoppers = bearer.admits("runs:stop", "runs.view_run", "runs.operate_run")


@starters
@require_POST
def api_start(request: HttpRequest) -> JsonResponse:
    """201 with the new run; 200 with the run that this `Idempotency-Key` started before."""
    wanted = bodies.start_wanted(sent(request))
    run_id = keyed(request)
    if run_id and (known := Run.objects.filter(pk=run_id).first()):
        return again(request, known, wanted)
    form = forms.StartForm(
        {
            "agent": wanted.agent,
            "goal": starting.with_inputs(wanted.goal, wanted.inputs),
            "priority": wanted.priority,
            **wanted.limits,
        }
    )
    if not form.is_valid():
        raise ApiError(400, "cannot_start", said(form))
    run, new = starting.started(form, request.user, run_id)
    if not new:
        return again(request, run, wanted)
    return run_reads.told(views.found(run.pk), reader(request), status=201)


def sent(request: HttpRequest) -> dict[str, Any]:
    """The body as an object. Raises ApiError."""
    kind = request.headers.get("Content-Type", "")
    # whoever parsed such a form has read the body, which cannot be read again
    if request.content_type == "multipart/form-data":
        bodies.not_json()
    return bodies.read(request.body, kind)


def keyed(request: HttpRequest) -> UUID | None:
    """The id of the run that this key of this person starts; None without a key."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        bodies.wrong(f"An Idempotency-Key has at most {LONGEST_KEY} characters.")
    return uuid5(KEYS, f"{request.user.pk}\n{key}") if key else None


def again(request: HttpRequest, known: Run, wanted: StartWanted) -> JsonResponse:
    """The run that the key started before. Raises ApiError when something else was asked for."""
    if not same(known, wanted):
        raise ApiError(
            409,
            "key_reused",
            f"This Idempotency-Key started run {known.pk}, with another agent, goal, limits or"
            " priority.",
        )
    return run_reads.told(views.found(known.pk), reader(request))


def same(known: Run, wanted: StartWanted) -> bool:
    """Whether the run is what is asked for. What was not given, a limit or its priority, is
    whatever it got.
    """
    limits = {
        "steps": known.max_steps,
        "tokens": known.max_tokens,
        "usd": known.max_usd,
        "seconds": known.max_seconds,
    }
    asked = (wanted.agent, starting.with_inputs(wanted.goal, wanted.inputs))
    if wanted.priority not in ("", known.priority):
        return False
    return asked == (known.snapshot.get("name"), known.goal) and all(
        bodies.amount(value) == limits[name] for name, value in wanted.limits.items()
    )


def said(form: forms.StartForm) -> str:
    """What is wrong with the form, field by field, on one line."""
    return " ".join(
        f"{name}: {sentence}" if name != "__all__" else str(sentence)
        for name, sentences in form.errors.items()
        for sentence in sentences
    )


@stoppers
@require_POST
def api_kill(request: HttpRequest, run_id: UUID) -> JsonResponse:
    return act(services.kill, request, run_id)


@stoppers
@require_POST
def api_pause(request: HttpRequest, run_id: UUID) -> JsonResponse:
    return act(services.pause, request, run_id)


@stoppers
@require_POST
def api_resume(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """Resume a run that somebody paused; one that asks people is not answered by a program."""
    if run_authority.asked_of(views.found(run_id)) is not None:
        raise ApiError(403, "asks_people", ASKS)
    return act(services.resume, request, run_id)


def act(service: Callable[..., Run], request: HttpRequest, run_id: UUID) -> JsonResponse:
    note = bodies.note(sent(request))
    run = views.found(run_id)
    service(run_id=run.pk, actor=request.user, at=database_clock.now(), note=note)
    return run_reads.told(views.found(run_id), reader(request))
