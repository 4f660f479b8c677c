"""The one search box: an id leads to its run, an agent or a status to those runs, words of what was
asked, said, called with and answered too; everything else to the journal.
"""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from console import permits
from console.journal import visibility
from runs.models import Agent
from runs.reading import fleet

STATES = {
    "running": "running", "waiting": "person", "needs a person": "person", "in doubt": "person",
    "paused": "paused",
    "stopped badly": "bad", "failed": "bad", "stopped": "ended", "killed": "ended",
    "completed": "ended", "ended": "ended",
}  # fmt: skip


@permits.reads("runs.view_run")
def find(request: HttpRequest) -> HttpResponseRedirect:
    text = request.GET.get("q", "").replace("\0", "").strip()
    if run := fleet.only_one(text):
        return HttpResponseRedirect(reverse("runs:run", args=[run]))
    if agent := agent_called(text):
        return led(fleet.FleetFilters(agent=agent))
    if view := STATES.get(text.lower().removeprefix("status:").strip()):
        return in_state(request, view, text)
    reads = visibility.clearance_of(request.user)
    if request.user.has_perm("journal.search_audit") and not fleet.asked_in(text, reads):
        return HttpResponseRedirect(f"{reverse('audit')}?{urlencode({'q': text})}")
    return led(fleet.FleetFilters(text=text))


def led(filters: fleet.FleetFilters) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('fleet')}{filters.query()}")


def agent_called(text: str) -> str:
    """The name of the agent with this name or title; empty when there is none."""
    called = text.removeprefix("agent:").strip()
    found = Agent.objects.filter(Q(name__iexact=called) | Q(title__iexact=called)).values_list(
        "name", flat=True
    )[:2]
    return found[0] if called and len(found) == 1 else ""


def in_state(request: HttpRequest, view: str, text: str) -> HttpResponseRedirect:
    """The view with the runs of this status, with a note where it holds others as well."""
    title = fleet.VIEWS[view][0]
    if text.lower() not in (view, title.lower()):
        messages.info(
            request,
            f"The list cannot be narrowed to “{text[:40]}” alone: these are all runs under"
            f" “{title}”.",
        )
    return led(fleet.FleetFilters(view=view))
