"""The start form: an agent, a goal, limits; the limits in force are shown
before anything starts."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from console.journal import database_clock
from runs import forms, services, snapshots
from runs.models import Agent, Run
from runs.planners import pricing, unreached
from runs.verb_views import operators


@require_http_methods(["GET", "POST"])
@operators
def run_start(request: HttpRequest) -> HttpResponse:
    """GET shows the form, perhaps filled like an earlier run (`?like=`); POST starts the run and
    leads to it.
    """
    form = (
        forms.StartForm(request.POST)
        if request.method == "POST"
        else forms.StartForm(initial=initial(request.GET))
    )
    if request.method == "POST" and form.is_valid():
        run, new = started(form, request.user, form.run_id(str(request.user.pk)))
        messages.success(
            request, "Started." if new else "This form was sent before: it started this run."
        )
        return HttpResponseRedirect(reverse("runs:run", args=[run.pk]))
    found = forms.choices()
    knows = any(choice.goals for choice in found)
    context = {"form": form, "choices": found, "knows": knows, "in_force": in_force(form)}
    return render(request, "runs/start.html", context, status=422 if form.is_bound else 200)


def started(form: forms.StartForm, principal: Any, run_id: UUID | None) -> tuple[Run, bool]:
    """The run that a valid form asks for, and whether it is new: what is asked for twice under one
    id starts once.
    """
    chosen: dict[str, Any] = {
        "agent": form.cleaned_data["agent"],
        "goal": form.cleaned_data["goal"],
        "limits": form.limits(),
        "priority": form.priority_chosen(),
    }
    try:
        return services.start(
            **chosen, principal=principal, at=database_clock.now(), run_id=run_id
        ), True
    except IntegrityError:
        known = Run.objects.filter(pk=run_id).first() if run_id else None
        if known is None:
            raise
        return known, False


@require_safe
@operators
def run_limits(request: HttpRequest) -> HttpResponse:
    """The limits that would be in force by the form as it is now."""
    form = forms.StartForm(request.GET)
    form.full_clean()
    return render(request, "runs/_limits.html", {"in_force": in_force(form), "form": form})


def with_inputs(goal: str, inputs: Mapping[str, str]) -> str:
    """The goal with named values below it, each on one line as JSON, so that no value can pass for
    another.
    """
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in inputs.items()]
    return "\n".join([goal.strip(), "", "Inputs:", *lines]) if lines else goal.strip()


def in_force(form: forms.StartForm) -> str:
    """`12 steps · …` for the chosen agent; empty when none is chosen."""
    given = dict(form.cleaned_data if form.is_bound else form.initial)
    agent = (
        given.get("agent")
        if form.is_bound
        else Agent.objects.filter(name=given.get("agent", ""), enabled=True).first()
    )
    if not agent:
        return ""
    said = forms.limits_of(forms.effective(agent, given))
    pinned = snapshots.of(agent)
    return " · ".join(filter(None, (said, pricing.warning(pinned), unreached(pinned))))


def initial(query: QueryDict) -> dict[str, Any]:
    like = earlier(query.get("like", ""))
    if like is None:
        return {"agent": query.get("agent", ""), "goal": query.get("goal", "")}
    limits = {
        "steps": like.max_steps,
        "tokens": like.max_tokens,
        "usd": like.max_usd,
        "seconds": like.max_seconds,
    }
    most = forms.own(like.agent)
    narrower = {name: value for name, value in limits.items() if value < getattr(most, name)}
    priority = {"priority": like.priority} if like.priority != like.agent.priority else {}
    return {"agent": like.agent.name, "goal": like.goal, **priority, **narrower}


def earlier(text: str) -> Run | None:
    try:
        return Run.objects.select_related("agent").filter(pk=UUID(text)).first()
    except ValueError:
        return None
