"""Insights: what became of runs, calls and money over a range, beside the range before it."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console import figures, permits
from console.journal import database_clock
from console.pages.audit_export import cell
from console.pages.insight_links import EventsBehind
from runs.insights import forecast, insight_figures, insight_tables, sums
from runs.insights.ranges import PRESETS, BadRange, InsightRange, chosen
from runs.models import Agent

STRIP = timedelta(days=35)
"""How far the strip goes back that shows where the range lies."""
WIDE = timedelta(hours=6)
WIDER = timedelta(days=1)
MOST = 25
"""Rows of calls that are shown."""
GROUPS = {"tool": "Tool", "agent": "Agent"}
BEHIND = timedelta(seconds=60)
"""The age of the sums above which the page says how old they are."""


@permits.reads("runs.view_run")
def insights(request: HttpRequest) -> HttpResponse:
    now = database_clock.now()
    try:
        span, wrong = chosen(request.GET.dict(), now), ""
    except BadRange as error:
        span, wrong = chosen({}, now), str(error)
    titles = dict(Agent.objects.order_by("title").values_list("name", "title"))
    agent = request.GET.get("agent", "") if request.GET.get("agent", "") in titles else ""
    group = request.GET.get("group", "tool") if request.GET.get("group") in GROUPS else "tool"
    found = sums.compared(span, agent)
    series = sums.by_stretch(span, agent)
    if request.GET.get("as") == "csv" and not wrong:
        return as_csv(found, span, group)
    called = calls(found, group, titles)
    behind_it = EventsBehind(span, agent, request.user.has_perm("journal.search_audit"))
    facts = {
        "wrong": wrong,
        "agent": agent,
        "titles": titles,
        "group": group,
        "links": links(span, agent, group),
        "behind": behind(now),
        "strip": strip(span, agent, now),
        "tiles": list(zip(insight_figures.tiles(found), behind_it.tiles(), strict=True)),
        "calls": [(row, behind_it.calls(row, group)) for row in called[:MOST]],
        "calls_more": len(called) if len(called) > MOST else 0,
        "agents": [
            (row, behind_it.agents(row))
            for row in insight_tables.agents(found, series, span, titles)
        ],
        "stops": [(row, behind_it.stops(row)) for row in insight_tables.stops(found, series, span)],
        "turns": [(row, behind_it.turns(row)) for row in insight_tables.turns(found)],
        "asks": [(row, behind_it.asks(row)) for row in insight_tables.asks(found)],
        "budgets": forecast.forecasts(now),
        "any": bool(found.shown.of or found.before.of),
        "first": span.first,
        "to": span.last - timedelta(microseconds=1),
        "before": span.before,
        "every": span.every,
    }
    return render(request, "insights/insights.html", facts)


def calls(
    found: sums.Compared, group: str, titles: Mapping[str, str]
) -> list[insight_tables.CallRow]:
    if group == "agent":
        return insight_tables.calls(found, "agent", titles)
    return insight_tables.calls(found, "name", {})


def links(span: InsightRange, agent: str, group: str) -> Mapping[str, Any]:
    """Addresses of this page with one thing otherwise."""
    kept = {"agent": agent, "group": group}
    earlier = InsightRange(span.before, span.first).address
    later = InsightRange(span.last, span.last + span.length).address
    return {
        "presets": [
            (title, address({**kept, "range": name}), name == span.preset)
            for name, (title, _) in PRESETS.items()
        ],
        "groups": [
            (title, address({**span.address, **kept, "group": name}), name == group)
            for name, title in GROUPS.items()
        ],
        "earlier": address({**earlier, **kept}),
        "later": address({**later, **kept}),
        "csv": address({**span.address, **kept, "as": "csv"}),
    }


def address(said: Mapping[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in said.items() if value})


def behind(now: datetime) -> datetime | None:
    """The time of the last look at the journal, where it is worth a word."""
    at = sums.looked_at()
    return at if at is not None and now - at > BEHIND else None


def strip(span: InsightRange, agent: str, now: datetime) -> Mapping[str, Any]:
    """Runs ended over the last weeks, or further back where the range lies there, as bars in a box
    of 1000 by 40, with the range and the one before it marked.
    """
    last = max(span.last, now + WIDE)
    first = min(span.before, last - STRIP)
    width = WIDE if last - first <= 2 * STRIP else WIDER
    first = first.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = sums.strip(first, last, width, agent)
    top, step = max([*counts, 1]), 1_000 / len(counts)

    def x(at: datetime) -> float:
        return round((at - first) / width * step, 1)

    return {
        "bars": [
            (round(place * step, 1), round(number / top * 38, 1))
            for place, number in enumerate(counts)
            if number
        ],
        "bar": round(max(step - 1, 0.5), 1),
        "before": (x(span.before), x(span.first) - x(span.before)),
        "shown": (x(span.first), x(span.last) - x(span.first)),
        "first": first,
        "total": figures.count(sum(counts)),
        "every": "6 h" if width == WIDE else "day",
    }


def as_csv(found: sums.Compared, span: InsightRange, group: str) -> HttpResponse:
    """All sums of the range and of the one before, a line each."""
    text = io.StringIO()
    csv.writer(text).writerows(csv_rows(found))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"insights-{span.first:%Y-%m-%d}-{span.last:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_rows(found: sums.Compared) -> Iterator[list[str]]:
    yield ["about", "agent", "name", "measure", "shown", "before"]
    for key in sorted(found.shown.of.keys() | found.before.of.keys()):
        amounts = (each.of.get(key, sums.NONE) for each in (found.shown, found.before))
        yield [
            *map(cell, key),
            *(f"{amount:f}" for amount in amounts),
        ]
