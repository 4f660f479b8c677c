"""Pages of one run: the page itself, what was added since, its audit and context, one event in
full. Reads only.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from console import permits
from console.journal import append, chain_check, database_clock, selectors
from console.journal.records import JournalRecord
from policies import authority
from runs import limit_extension, run_authority
from runs.engine.engine_errors import Unreadable
from runs.engine.vocabulary import RunStatus
from runs.models import Run
from runs.reading import (
    budget_meters,
    done,
    doubt,
    effects,
    event_table,
    header,
    loop_evidence,
    model_costs,
    open_findings,
    outcome,
    past,
    pinned,
    queue_places,
    run_map,
    run_totals,
    sent,
    shown_pictures,
    stop_context,
    story,
    timeline_filter,
    whole,
    window,
)
from runs.reading.header import Authority
from runs.reading.readers import PageReader, reader
from runs.reading.story import Flying
from runs.reading.timeline_filter import TimelineFilter
from runs.reading.window import JournalWindow
from runs.supervision import resume_obstacles

MOST_INLINE = 200_000
RELOAD = 205
PEEKED = 8
"""Lines of its course that a glance at a run shows."""
SEARCHES = "journal.search_audit"
PLANNED = ("step.planned",)
BEFORE = "?before="
readers = permits.reads("runs.view_run")


def found(run_id: UUID) -> Run:
    return get_object_or_404(Run.objects.select_related("agent", "principal"), pk=run_id)


def head(run: Run, who: PageReader, flying: Flying | None = None) -> dict[str, Any]:
    """What the head of a run's page needs; every partial about a run starts from this."""
    now, still = database_clock.now(), stop_context.of(run, who)
    budgets = budget_meters.of(run, now)
    room = budget_meters.advice(still.facts, budgets, now) if still.budget else ""
    asked = run_authority.asked_of(run)
    person = run_authority.person_of(who.user, groups=asked is not None)
    reached = limit_extension.reached(run, still.rule)
    cannot_extend = limit_extension.barred(run, person) if reached else ""
    may = Authority(
        person,
        asked,
        resume_obstacles.to_resuming(run.pk, now)
        if still.budget and run.status == RunStatus.PAUSED
        else cannot_extend,
    )
    shown = header.header(
        run,
        now,
        sees_tools=who.sees_tools,
        may=may,
        flying=flying,
        still=still,
        room=room,
        place=queue_places.of([run]).get(run.pk),
    )
    return {
        "doubt": doubt.of(run, who.clearance),
        "cannot_settle": cannot(authority.Verb.SETTLE, run, may) if shown.in_doubt else "",
        "run": shown,
        "findings": open_findings.of(run) if run.findings and who.sees_tools else (),
        "leftovers": effects.left_over(run, who.clearance) if run.leftover else (),
        "reached": reached,
        "cannot_extend": cannot_extend,
        "operates": who.operates,
        "sees_tools": who.sees_tools,
        "answer": outcome.of(run, who),
        "budgets": budget_meters.shown(budgets),
        "downgrades": budget_meters.downgrades(budgets),
        "evidence": loop_evidence.of(run, who, still.loop),
        "totals": run_totals.of(run, now),
    }


def cannot(verb: authority.Verb, run: Run, may: Authority) -> str:
    """Why this reader would be refused; empty when they would not."""
    no = authority.refused(verb, may.who, run_authority.held(run), may.asked)
    return no.sentence if no else ""


def parts(run: Run, who: PageReader, shown: JournalWindow) -> dict[str, Any]:
    """The head, the criteria, what each model cost, and a part of timeline and transcript."""
    top = head(run, who, shown.flying)
    return {
        **top,
        "done": done.of(run, who),
        "costs": model_costs.of(run, who, downgrades=top["downgrades"]),
        "shown": shown,
    }


@readers
def run_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Header, timeline and transcript of the run's newest part,
    or of the part before `?before=`."""
    run, who = found(run_id), reader(request)
    if wanted := request.GET.get("at", ""):
        return jump(request, run, who, wanted)
    before = number(request.GET.get("before", ""))
    shown = window.newest(run, who, database_clock.now(), before)
    context = {**parts(run, who, shown), **narrowed(request, run, shown), "before": before}
    context["map"] = run_map.of(run, who, shown.rows)
    return render(request, "runs/run.html", context)


def narrowed(request: HttpRequest, run: Run, shown: JournalWindow) -> dict[str, Any]:
    """The part of the journal with only the rows that the address asks for, and what can be asked
    for.
    """
    wanted = TimelineFilter.read(request.GET.dict())
    return {
        "filter": wanted,
        "tools": timeline_filter.tools(shown.rows, run.snapshot.get("tools") or ()),
        "failures": len(TimelineFilter(failures=True).kept(shown.rows)),
        "shown": replace(shown, rows=wanted.kept(shown.rows)),
    }


def jump(request: HttpRequest, run: Run, who: PageReader, wanted: str) -> HttpResponse:
    """Lead to the part of the run that holds a step or a time of day, and to its row there."""
    page = reverse("runs:run", args=[run.pk])
    if step := timeline_filter.step_in(wanted):
        found = selectors.events(run.pk, clearance=who.clearance, kinds=PLANNED, steps=[step])
        place = f"{part(run, found[-1].seq)}#step-{step}" if found else ""
    else:
        ahead = request.GET.get("ahead", "")
        minutes = int(ahead) if ahead.removeprefix("-").isdecimal() and len(ahead) < 6 else 0
        at = timeline_filter.moment_in(wanted, run.created_at, minutes)
        place = place_at(run, who, at, at + timeline_filter.lasts(wanted)) if at else ""
    if not place:
        messages.warning(request, f"This run has no step or time {wanted[:40]}.")
    return redirect(f"{page}{place}")


def place_at(run: Run, who: PageReader, at: datetime, until: datetime) -> str:
    """Where on the run's page the row stands that began then; empty where it has none."""
    turns = selectors.events(run.pk, clearance=who.clearance, kinds=PLANNED)
    where = part(run, timeline_filter.turn_at(turns, until))
    before = number(where.removeprefix(BEFORE))
    rows = window.newest(run, who, database_clock.now(), before).rows
    row = timeline_filter.row_at(rows, at, until)
    return f"{where}#t-{row.key}" if row else ""


def part(run: Run, seq: int) -> str:
    """The query of the page that shows this event amid its neighbours; empty for the newest one."""
    end = seq + window.EVENTS // 2
    return f"{BEFORE}{end}" if seq and end <= run.seq else ""


@readers
def run_since(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What changed after `?after=`, as partials. Answers 205 when so much was missed that the page
    is better loaded again.
    """
    run, who = found(run_id), reader(request)
    after = number(request.GET.get("after", ""))
    if run.seq - after > window.BEHIND:
        return HttpResponse(status=RELOAD)
    shown = (
        window.since(run, who, database_clock.now(), after)
        if who.sees_tools
        else window.newest(run, who, database_clock.now())
    )
    context = {**parts(run, who, shown), **narrowed(request, run, shown)}
    return render(request, "runs/_since.html", {**context, "whole": not who.sees_tools})


@readers
def run_peek(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """How the run stands and what it did last, beside the list; without htmx its page."""
    run, who = found(run_id), reader(request)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("runs:run", run.pk)
    shown = window.newest(run, who, database_clock.now())
    rows = [row for row in shown.rows if row.sort != "gap"][-PEEKED:]
    return render(request, "runs/peek.html", {**head(run, who, shown.flying), "rows": rows})


@readers
def run_audit(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run's journal, event by event, as far as the reader may see it; `?prove` has its chain
    verified for whoever may search the journal.
    """
    run, who = found(run_id), reader(request)
    page = event_table.page(run, who, number(request.GET.get("before", "")))
    asks = "prove" in request.GET and request.user.has_perm(SEARCHES)
    chain = chain_check.checked(run.pk, database_clock.now()) if asks else None
    return render(request, "runs/audit.html", {**head(run, who), "page": page, "chain": chain})


@readers
def run_context(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the run pinned of its agent, and how full its planner's window is."""
    run, who = found(run_id), reader(request)
    return render(request, "runs/context.html", {**head(run, who), "pinned": pinned.of(run, who)})


@readers
def run_sent(request: HttpRequest, run_id: UUID, step: int) -> HttpResponse:
    """What the planner was sent for one step, and what had been folded by then."""
    run, who = found(run_id), reader(request)
    shown, why = sent_at(run, who, step)
    if shown is None and not why:
        raise Http404("no such step")
    return render(
        request, "runs/sent.html", {**head(run, who), "sent": shown, "step": step, "why": why}
    )


def sent_at(run: Run, who: PageReader, step: int) -> tuple[sent.SentContext | None, str]:
    """The context of the step, or why it cannot be told any more."""
    readable = selectors.events(run.pk, clearance=who.clearance)
    try:
        stored = append.read(connection, run.pk)
        return sent.of(stored, frozenset(row.seq for row in readable), step), ""
    except sent.Erased:
        return None, "The content of this run was erased, so what was sent is not known any more."
    except Unreadable:
        return None, "The journal of this run cannot be read, so what was sent is not known."


@readers
def run_past(request: HttpRequest, run_id: UUID, step: int) -> HttpResponse:
    """The run as it stood at the end of a step: its head, timeline and transcript up to there."""
    run, who = found(run_id), reader(request)
    try:
        then = past.of(run, append.read(connection, run.pk), step)
    except (Unreadable, past.NotKnown):
        messages.warning(request, "What it did by then cannot be read any more.")
        return redirect("runs:run", run.pk)
    if then is None:
        raise Http404("no such step")
    shown = window.newest(then.run, who, then.at)
    context = {
        "past": then,
        "run": header.header(
            then.run,
            then.at,
            sees_tools=who.sees_tools,
            may=Authority(run_authority.person_of(who.user)),
            flying=shown.flying,
        ),
        "shown": replace(shown, earlier=0),
        "totals": run_totals.of(then.run, then.at),
        "sees_tools": who.sees_tools,
        "filter": TimelineFilter(),
    }
    return render(request, "runs/past.html", context)


def event(request: HttpRequest, run_id: UUID, seq: int) -> JournalRecord:
    """One event as this reader may see it. Raises Http404."""
    stored = selectors.events(run_id, clearance=reader(request).clearance, after=seq - 1, limit=1)
    if not stored or stored[0].seq != seq:
        raise Http404("no such event, or not for this reader")
    return stored[0].record


@readers
def run_event(request: HttpRequest, run_id: UUID, seq: int) -> HttpResponse:
    """One event's text in full: shown in place when it is short enough, as a file otherwise."""
    text = whole.text(append.raw_connection(connection), event(request, run_id, seq))
    if request.htmx and len(text) <= MOST_INLINE:  # type: ignore[attr-defined]
        return render(request, "runs/_whole.html", {"text": text})
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{run_id}-{seq}.txt"'
    response["HX-Redirect"] = request.path
    return response


@readers
def run_place(request: HttpRequest, run_id: UUID, seq: int) -> HttpResponseRedirect:
    """The event where it stands in the transcript of its run."""
    run, who = found(run_id), reader(request)
    stored = selectors.events(run.pk, clearance=who.clearance, after=seq - 1, limit=1)
    if not stored or stored[0].seq != seq:
        raise Http404("no such event, or not for this reader")
    part = f"?before={seq + window.MARGIN}" if run.seq - seq > window.MARGIN else ""
    page, [turn] = reverse("runs:run", args=[run.pk]), story.turns(stored)
    return HttpResponseRedirect(f"{page}{part}#e-{turn.key}")


@readers
def run_picture(request: HttpRequest, run_id: UUID, seq: int, place: int) -> HttpResponse:
    """One picture of a tool's result: of a type that its own bytes prove, alone in a sandbox, and
    kept by no cache, so that it is gone when it was erased.
    """
    record = event(request, run_id, seq)
    try:
        kind, found = shown_pictures.content(append.raw_connection(connection), record, place)
    except LookupError:
        raise Http404("no such picture, or none any more") from None
    response = HttpResponse(found, content_type=f"image/{kind}")
    response["Content-Disposition"] = f'inline; filename="{run_id}-{seq}-{place}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def number(text: str) -> int:
    """The sequence number in the address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
