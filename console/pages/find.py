"""The one search box: an id leads to its run or to the event that was meant, everything else is a
query of the fleet or of the audit, in the same words.
"""

from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from console import permits
from console.journal import kept_plans
from console.pages import query_box
from console.pages.query_box import QueryBox
from runs.language import query_terms
from runs.language.query_terms import Query, Term
from runs.models import Agent
from runs.reading import fleet
from runs.search import one_thing, runs_asked
from runs.search.asker import Asker, asker_of
from runs.search.fleet_address import LONGEST, FleetAddress
from runs.search.one_thing import OneThing

STATES = {
    "running": "running", "waiting": "waiting", "needs a person": "person", "in doubt": "in-doubt",
    "paused": "paused", "stopped badly": "failed", "failed": "failed", "stopped": "stopped",
    "killed": "killed", "completed": "completed", "ended": "ended", "queued": "queued",
}  # fmt: skip
"""What people call a status, and the word of a query for it."""
FEW = 50
"""Events that are led to where it is enough that one is among them."""
PATIENCE = 1.0
"""Seconds for each statement that finds out whether there is one."""
OF_EVENTS = ("kind", "actor", "act")
"""Fields that ask for events rather than for runs."""
OF_RUNS = frozenset(("status", "reason", "principal", "cost", "steps", "tokens", "limit", "ended"))
"""Fields that ask for runs, also where there is none such."""


@permits.reads("runs.view_run")
@kept_plans.kept()
def find(request: HttpRequest) -> HttpResponseRedirect:
    """What asks for a field is no id."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    box, asker = query_box.box(text, "fleet"), asker_of(request)
    words_alone = len(box.query.free) == len(box.query.terms)
    if words_alone and one_thing.may_name(text) and (
        thing := query_box.answered(box, lambda: one_thing.named(text, asker))
    ):  # fmt: skip
        return HttpResponseRedirect(place(thing))
    if query := spoken(text):
        return led("fleet", query_terms.text_of(query))
    audit = request.user.has_perm("journal.search_audit")
    return led("audit" if audit and in_audit(request, box, asker) else "fleet", text)


def place(thing: OneThing) -> str:
    if thing.seq:
        return reverse("runs:place", args=[thing.run, thing.seq])
    return reverse("runs:run", args=[thing.run])


def led(page: str, text: str) -> HttpResponseRedirect:
    address = FleetAddress(text).query() if text else ""
    return HttpResponseRedirect(f"{reverse(page)}{address}")


def spoken(text: str) -> Query | None:
    """An agent's name or title, or a status as people call it; None for anything else."""
    if status := STATES.get(text.lower()):
        return Query((Term("status", (status,)),))
    named = Agent.objects.filter(Q(name__iexact=text) | Q(title__iexact=text))
    found = named.values_list("name", flat=True)[:2]
    return Query((Term("agent", (found[0],)),)) if text and len(found) == 1 else None


def in_audit(request: HttpRequest, box: QueryBox, asker: Asker) -> bool:
    """Whether a query is one for the audit: typed there, about events, or about no run there is."""
    if request.GET.get("from") in ("audit", "fleet"):
        return request.GET["from"] == "audit"
    if box.query.named(*OF_EVENTS):
        return True
    if box.query.named(*OF_RUNS):
        return False
    return query_box.answered(box, lambda: some(box, asker), PATIENCE) is False


def some(box: QueryBox, asker: Asker) -> bool:
    """Whether there is any such run: one that few events lead to is enough."""
    found = runs_asked.found(box.query, asker, most=FEW)
    [known] = fleet.counted([found.known()])
    return bool(known) or (not found.whole and bool(found.page(size=1).runs))
