"""Halt levers: the banner of every page, the dialog that pulls one, and the one that releases it.
Both are pages without JavaScript.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from console import figures, leading_back, permits
from console.journal import database_clock, restores
from console.refused import Refused
from policies import patterns
from policies.current.four_eyes import proposable_acts
from policies.current.four_eyes.proposable_acts import ProposableAct
from policies.halts import halt_levers
from policies.halts.models import Halt
from policies.halts.rules import Lever, Reach, stands
from runs.models import Agent
from runs.reading import halted, reach
from runs.reading.readers import reader
from runs.run_authority import PULLS
from runs.tools import tool_arguments

MAY_PULL = PULLS
MAY_READ = "runs.view_run"
SEES_TOOLS = "journal.view_user_hidden"
operators = permits.asks(MAY_PULL, MAY_READ)


@dataclass(frozen=True, slots=True)
class HaltNotice:
    """One pulled lever as the banner shows it."""

    id: int
    what: str
    by: str
    clock: str
    since: str
    age: str
    reason: str


def notices(user: User | AnonymousUser) -> list[HaltNotice]:
    """The pulled levers for this reader: none for readers who may see no runs, and without names of
    tools for viewers.
    """
    if not user.has_perm(MAY_READ):
        return []
    sees_tools = user.has_perm(SEES_TOOLS)
    return [notice(row, sees_tools=sees_tools) for row in halt_levers.all_pulled()]


def notice(row: Halt, *, sees_tools: bool) -> HaltNotice:
    target = row.target if sees_tools or row.reach != Reach.TOOL else "some tools"
    since = figures.iso(row.pulled_at)
    age = figures.span(figures.since(row.pulled_at, database_clock.now()))
    return HaltNotice(
        row.pk,
        stands(Reach(row.reach), target),
        row.pulled_by,
        f"{row.pulled_at:%H:%M}",
        since,
        age,
        row.reason,
    )


def banner(request: HttpRequest) -> dict[str, Any]:
    found = notices(request.user)
    return {
        "halts": found,
        "restored": held.halt if found and (held := restores.standing()) else None,
        "seen": ",".join(str(each.id) for each in found),
        "may_pull": request.user.has_perm(MAY_PULL),
    }


@require_GET
@permits.asks(MAY_READ)
def halt_banner(request: HttpRequest) -> HttpResponse:
    """The banner alone, for pages that are open already."""
    return render(request, "policies/_halts.html", banner(request))


@require_http_methods(["GET", "POST"])
@operators
def halt(request: HttpRequest) -> HttpResponse:
    """GET says what each lever stops; POST pulls one."""
    if request.method == "POST":
        target = aimed(request.POST.get("reach", ""), request.POST.dict())
        looked_up(request.POST.get("reach", ""), target)
        row = halt_levers.pull(
            reach=request.POST.get("reach", ""),
            target=target,
            reason=request.POST.get("reason", ""),
            actor=reader(request).user,
            at=database_clock.now(),
        )
        said = f"{stands(Reach(row.reach), row.target)} In force everywhere within a second."
        return told(request, said)
    agents = reach.active()
    context = {
        "agents": Agent.objects.order_by("title").only("name", "title"),
        "reaches": reaches(agents),
        "sentence": "",
    }
    return shown(request, "halt", {**context, "released": halt_levers.released()})


def looked_up(lever: str, target: str) -> None:
    """Raises Refused when a tool or an agent is named that is not there, with the one that may be
    meant: whoever halts in a hurry believes it halted. A pattern that fits nothing yet is taken.
    """
    if lever == Reach.TOOL:
        names, what = sorted({*tool_arguments.names()}), "tool"
    elif lever == Reach.AGENT:
        names, what = list(Agent.objects.values_list("name", flat=True)), "agent"
    else:
        return
    for word in target.split():
        if word not in names and not patterns.wild(word):
            later = f" The pattern {word}* halts what may come later." if what == "tool" else ""
            raise Refused(f"There is no {what} “{word}”{patterns.guess(word, names)}{later}")


def aimed(lever: str, form: dict[str, str]) -> str:
    """The target of the chosen lever: the form has a field for each kind."""
    return (
        form.get(lever, "").replace("\0", "").strip() if lever in {Reach.AGENT, Reach.TOOL} else ""
    )


def reaches(agents: list[reach.Active]) -> dict[str, str]:
    """What the levers without a target would stop now."""
    return {
        kind.value: reach.sentence(reach.reached(agents, lever(kind)))
        for kind in (Reach.ALL, Reach.IRREVERSIBLE)
    }


def lever(kind: Reach, target: str = "") -> Lever:
    """A lever of this kind as if it were pulled."""
    return Lever(0, kind, target, "", database_clock.now(), "")


@require_GET
@operators
def halt_reach(request: HttpRequest) -> HttpResponse:
    """What the lever that is being chosen would stop, as a sentence."""
    kind = request.GET.get("reach", "")
    target = aimed(kind, request.GET.dict())
    known = kind in {each.value for each in Reach} and (
        target or kind not in {Reach.AGENT, Reach.TOOL}
    )
    said = (
        reach.sentence(reach.reached(reach.active(), lever(Reach(kind), target))) if known else ""
    )
    return render(request, "policies/_reach.html", {"sentence": said})


@require_http_methods(["GET", "POST"])
@operators
def halt_release(request: HttpRequest, halt_id: int) -> HttpResponse:
    """GET says who pulled it and how many runs it paused; POST releases it, and resumes those runs
    if that is asked for.
    """
    row = get_object_or_404(Halt, pk=halt_id)
    waiting = len(halted.paused_by(row.pk))
    if request.method == "POST":
        note = request.POST.get("note", "")
        resumes = bool(waiting and request.POST.get("resume"))
        halt_levers.release(
            halt_id=row.pk,
            actor=reader(request).user,
            at=database_clock.now(),
            note_=note,
            resume=resumes,
        )
        go_on = f" {figures.plural(waiting, 'run')} will go on in a moment." if resumes else ""
        return told(request, f"Released.{go_on}")
    if row.released_at is not None:
        raise Refused(halt_levers.over(row))
    return shown(
        request,
        "release",
        {"halt": notice(row, sees_tools=request.user.has_perm(SEES_TOOLS)), "waiting": waiting},
    )


def release_confirmed(args: Mapping[str, Any], actor: User, at: datetime) -> None:
    """Release a lever, and have its runs go on if that was asked for with it."""
    halt_levers.release(
        halt_id=args["halt"],
        actor=actor,
        at=at,
        note_=args["note"],
        confirmed=True,
        resume=bool(args["resume"]),
    )


proposable_acts.offer(
    ProposableAct(
        halt_levers.RELEASE,
        lambda args: (MAY_PULL, MAY_READ),
        halt_levers.rests_on,
        release_confirmed,
    )
)


def shown(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """A dialog for htmx, a page of its own otherwise."""
    dialog = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, f"policies/_{name}.html" if dialog else f"policies/{name}.html", context)


def told(request: HttpRequest, sentence: str) -> HttpResponse:
    """The banner with a sentence about what was done; other pages about policies are loaded again,
    and one that only asked leads to the halts.
    """
    messages.success(request, sentence)
    if away := leading_back.led(request, reverse("halt")):
        return away
    if leading_back.asking(request).startswith(reverse("policies")):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "policies/_told.html", banner(request))
