"""Many runs at once: the page that says what would be done to how many and asks for it, the page of
one such act while it goes on and afterwards, and the list of all.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import figures, permits
from console.journal import database_clock
from console.pages import fleet_page, query_box
from console.pages.own import own
from console.pages.query_box import QueryBox
from console.refused import Refused
from runs import bulk_acts
from runs.bulk_acts import BulkOrder, BulkVerb, ItemState
from runs.engine.vocabulary import Compensation, RunPhase
from runs.models import COMPENSATIONS, BulkAct, BulkItem, Run
from runs.reading import fleet, pills
from runs.reading.pills import Pill
from runs.search.asker import Asker, asker_of
from runs.search.fleet_address import LONGEST, FleetAddress

SAMPLE = 10
MOST_LISTED = 50
MOST_REFUSALS = 200
MOST_RUNS = 200
"""Runs that an act was done to, listed on its page."""
MOST_NOTE = 500
operators = permits.asks(*bulk_acts.NEEDED)
DOES: Mapping[BulkVerb, Sequence[tuple[str, str]]] = {
    BulkVerb.PAUSE: (
        ("circle-pause", "Each stops after the call in flight and keeps its state."),
        ("circle-play", "Each can be resumed, one by one or many at once."),
    ),
    BulkVerb.RESUME: (
        ("circle-play", "Each goes on where it was, under the rules in force now."),
        ("hand", "Where people were asked, it is your answer, as on the run's own page."),
    ),
    BulkVerb.KILL: (
        ("circle-stop", "Each is stopped for good and cannot be resumed."),
        ("unplug", "A call in flight is cancelled; it may go through all the same."),
        ("message-square", "What it asks people is closed."),
    ),
}
DONE: Mapping[str, str] = {"pause": "paused", "resume": "resumed", "kill": "killed"}


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A run of the sample: what it is about, where it stands and what it has spent."""

    url: str
    short: str
    goal: str
    agent: str
    pill: Pill
    cost: str


@dataclass(frozen=True, slots=True)
class BulkFound:
    """What would be done: to which runs, a sample of those that spent most, how many are in a call
    now, how many match and cannot, by where they stand, and which would be refused, each with why.
    """

    runs: Sequence[UUID] = ()
    sample: Sequence[SampleLine] = ()
    calling: int = 0
    cannot: Sequence[tuple[str, str]] = ()
    refused: Sequence[tuple[BulkItem, str]] = ()

    @property
    def count(self) -> int:
        return len(self.runs)


@never_cache
@require_http_methods(["GET", "POST"])
@operators
def bulk_ask(request: HttpRequest) -> HttpResponse:
    """GET says what `verb` would do to what `q` finds, or to each `run` that was ticked; POST asks
    for it, as long as there are as many as were read.
    """
    form = request.POST if request.method == "POST" else request.GET
    wanted = read(form)
    asker, box = asker_of(request), query_box.box(wanted.query, "fleet")
    found = query_box.answered(box, lambda: looked(wanted, asker, own(request)))
    changed = found is not None and form.get("count", "") not in ("", str(found.count))
    if request.method == "POST" and found is not None and not changed:
        zone = str(asker.zone)
        act = bulk_acts.begin(
            user=own(request), wanted=wanted, runs=found.runs, zone=zone, at=asker.now
        )
        return HttpResponseRedirect(reverse("bulk_act", args=[act.pk]))
    context = {**shown(wanted, box, found or BulkFound()), "changed": changed, "at": asker.now}
    wrong = 409 if changed else 422 if found is None else 200
    return render(request, "bulk/ask.html", context, status=wrong)


def read(form: Any) -> BulkOrder:
    """What is asked for; 404 for what is no verb or no choice."""
    verb, compensate = form.get("verb", ""), form.get("compensate", "")
    if verb not in list(BulkVerb) or compensate not in ("", *Compensation):
        raise Http404("no such act")
    picked = tuple(fleet_page.ids(",".join(form.getlist("run"))))
    text = "" if picked else form.get("q", "").strip()[:LONGEST]
    return BulkOrder(BulkVerb(verb), text, picked, form.get("note", "")[:MOST_NOTE], compensate)


def looked(wanted: BulkOrder, asker: Asker, user: User) -> BulkFound:
    there = bulk_acts.able(wanted, asker)
    refused = bulk_acts.refusals(wanted, there, user=user, at=asker.now)
    runs = [run for run in there if run not in refused]
    meant = Run.objects.filter(pk__in=runs)
    most = meant.select_related(*fleet.SHOWN).defer(*fleet.UNREAD).order_by("-usd", "id")[:SAMPLE]
    others = bulk_acts.matching(wanted, asker).exclude(bulk_acts.ABLE[wanted.verb]).order_by()
    stand = Counter(others.values_list("status", flat=True)[: bulk_acts.MOST + 1])
    return BulkFound(
        runs,
        [line(run) for run in most],
        meant.filter(phase=RunPhase.CALLING).count(),
        [(query_box.number(each, bulk_acts.MOST), word) for word, each in stand.most_common()],
        about([BulkItem(run=run, why=why) for run, why in refused.items()]),
    )


def about(items: Sequence[BulkItem]) -> list[tuple[BulkItem, str]]:
    """Each with the goal of its run."""
    keys = [each.run for each in items]
    goals = dict(Run.objects.filter(pk__in=keys).values_list("pk", "goal")) if keys else {}
    return [(each, figures.cut(goals.get(each.run, ""), 100)) for each in items]


def line(run: Run) -> SampleLine:
    return SampleLine(
        reverse("runs:run", args=[run.pk]), str(run.pk)[:8], figures.cut(run.goal, 120),
        run.agent.title, pills.pill(run), figures.money(run.usd),
    )  # fmt: skip


def shown(wanted: BulkOrder, box: QueryBox, found: BulkFound) -> dict[str, Any]:
    many = found.count > bulk_acts.MOST
    pairs = [("verb", wanted.verb), *(("run", str(run)) for run in wanted.picked)]
    return {
        "wanted": wanted,
        "box": box,
        "found": found,
        "number": query_box.things(found.count, bulk_acts.MOST, "run"),
        "too_many": bulk_acts.TOO_MANY if many else "",
        "more": max(found.count - SAMPLE, 0),
        "does": DOES[wanted.verb],
        "choices": COMPENSATIONS if wanted.verb is BulkVerb.KILL else (),
        "fleet": reverse("fleet") + FleetAddress(wanted.query).query(),
        "again": f"?{urlencode([*pairs, ('q', wanted.query)])}",
    }


@never_cache
@require_http_methods(["GET"])
@operators
def bulk_act(request: HttpRequest, act: int) -> HttpResponse:
    """One act; to htmx only what changes while it goes on."""
    row = get_object_or_404(BulkAct, pk=min(act, 2**63 - 1))
    part = "bulk/_act.html" if request.htmx else "bulk/act.html"  # type: ignore[attr-defined]
    return render(request, part, told(row))


def told(act: BulkAct) -> dict[str, Any]:
    refused = list(act.items.filter(state=ItemState.REFUSED)[:MOST_REFUSALS])
    runs = dealt_with(act)
    return {
        "act": act,
        "did": DONE[act.verb],
        "runs": runs,
        "listed": f"Runs that were {DONE[act.verb]}, and how they stand now",
        "runs_more": max(act.done - MOST_RUNS, 0) if runs else 0,
        "title": f"{act.verb.capitalize()} {figures.plural(act.asked, 'run')}",
        "fleet": reverse("fleet") + FleetAddress(act.query).query(),
        "refused": about(refused),
        "unlisted": max(act.refused - MOST_REFUSALS, 0),
    }


def dealt_with(act: BulkAct) -> list[SampleLine]:
    """The runs that it was done to, once it is over, in the order in which it was."""
    if act.ended_at is None:
        return []
    keys = list(act.items.filter(state=ItemState.DONE).values_list("run", flat=True)[:MOST_RUNS])
    rows = Run.objects.select_related(*fleet.SHOWN).defer(*fleet.UNREAD).in_bulk(keys)
    return [line(rows[key]) for key in keys if key in rows]


@require_POST
@operators
def bulk_abort(request: HttpRequest, act: int) -> HttpResponse:
    row = get_object_or_404(BulkAct, pk=min(act, 2**63 - 1))
    try:
        bulk_acts.abort(act_id=row.pk, user=own(request), at=database_clock.now())
        messages.success(request, "Aborted. What was done stays done.")
    except Refused as no:
        messages.warning(request, no.sentence)
    return HttpResponseRedirect(reverse("bulk_act", args=[row.pk]))


@never_cache
@require_http_methods(["GET"])
@operators
def bulk_list(request: HttpRequest) -> HttpResponse:
    """The newest acts, with how far each has come."""
    rows = [told_short(each) for each in BulkAct.objects.all()[:MOST_LISTED]]
    return render(request, "bulk/list.html", {"rows": rows})


def told_short(act: BulkAct) -> tuple[BulkAct, str, str]:
    state = "under way" if act.ended_at is None else "aborted" if act.aborted_by else "over"
    return act, f"{act.verb.capitalize()} {figures.plural(act.asked, 'run')}", state
