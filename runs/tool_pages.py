"""The Tools page: MCP servers, what their tools are and do, and what waits for a look."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import permits
from console.journal import database_clock
from policies.gate import effect_keys
from runs import served_tools
from runs.engine.vocabulary import Effect, Visibility
from runs.reading import own_tools, served, tool_figures
from runs.reading.readers import reader

SEES_TOOLS = "journal.view_user_hidden"
MOST_WORDS = 200


@permits.reads(SEES_TOOLS)
def tools(request: HttpRequest) -> HttpResponse:
    """Everything that workers saw; `?q=` narrows it. No server is asked."""
    words = request.GET.get("q", "").replace("\0", "")[:MOST_WORDS]
    who, now = reader(request), database_clock.now()
    known = tool_figures.lately(who.clearance, now)
    found = served.servers(words, known)
    context = {
        "own": own_tools.found(words, known),
        "servers": found,
        "held": [tool for each in found for tool in each.held],
        "q": words,
        "may_change": served_tools.allowed(who.user),
        "may_add": served_tools.adds(who.user),
        "effects": list(Effect),
        "visibilities": list(Visibility),
    }
    return render(request, "runs/tools.html", context)


@require_POST
@permits.asks(SEES_TOOLS, served_tools.CHANGES)
def tool_accept(request: HttpRequest, tool: int) -> HttpResponse:
    row = served_tools.accept(
        tool=tool,
        digest=request.POST.get("digest", ""),
        actor=reader(request).user,
        at=database_clock.now(),
    )
    messages.success(request, f"{row} may be called as it is now.")
    return back(request)


@require_POST
@permits.asks(SEES_TOOLS, served_tools.CHANGES)
def tool_leave_out(request: HttpRequest, tool: int) -> HttpResponse:
    row = served_tools.leave_out(tool=tool, actor=reader(request).user, at=database_clock.now())
    messages.success(request, f"{row} is left out: no run is offered it from now on.")
    return back(request)


@require_POST
@permits.asks(SEES_TOOLS, served_tools.CHANGES)
def tool_offer(request: HttpRequest, tool: int) -> HttpResponse:
    row = served_tools.offer(tool=tool, actor=reader(request).user, at=database_clock.now())
    messages.success(request, f"{row} is offered again.")
    return back(request)


@require_POST
@permits.asks(SEES_TOOLS, served_tools.CHANGES)
def tool_describe(request: HttpRequest, tool: int) -> HttpResponse:
    row = served_tools.describe(
        tool=tool,
        facts=described(request.POST),
        actor=reader(request).user,
        at=database_clock.now(),
    )
    messages.success(request, f"What {row} does is as you said, for runs that start from now on.")
    return back(request)


def described(said: Any) -> dict[str, Any]:
    """The form's fields as facts: empty ones say nothing, and what only reads may be repeated."""
    facts: dict[str, Any] = {
        name: said[name].strip()
        for name in ("effect", "scope", "visibility")
        if said.get(name, "").strip()
    }
    if facts.get("effect") and facts["effect"] != Effect.READ:
        facts["idempotent"] = bool(said.get("idempotent"))
    if names := effect_keys.names_of(said.get("effect_key", "")):
        facts["effect_key"] = list(names)
    if timeout := said.get("timeout", "").strip():
        facts["timeout"] = seconds(timeout)
    return facts


def seconds(text: str) -> float | str:
    """A number where it is one; otherwise the text, which is refused in words."""
    try:
        return float(text)
    except ValueError:
        return text


def back(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(reverse("runs:tools"))
