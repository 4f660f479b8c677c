"""What a program reads of a run: where it stands, what came of it, its events. Each as far as the
token's owner may read it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.api import bearer, bodies
from console.doors.api_errors import ApiError
from console.journal import selectors
from console.journal.records import JournalRecord, Stored
from runs import views
from runs.engine.vocabulary import FINAL
from runs.models import Run
from runs.reading import erasures, redaction, run_facts
from runs.reading.readers import PageReader, reader

EVENTS = 200
MOST_EVENTS = 500
readers = bearer.admits("runs:read", "runs.view_run")
TOLD = (
    "kind", "actor", "step", "tool", "outcome", "verdict", "rule", "model", "external_id",
    "tokens_in", "tokens_out", "visibility",
)  # fmt: skip


@readers
@require_safe
def api_run(request: HttpRequest, run_id: UUID) -> JsonResponse:
    return told(views.found(run_id), reader(request))


def told(run: Run, who: PageReader, status: int = 200) -> JsonResponse:
    """The run's facts, with the address of its page."""
    page = settings.SITE_URL + reverse("runs:run", args=[run.pk])
    facts = run_facts.facts(run, sees_tools=who.sees_tools)
    return JsonResponse({**facts, "page": page}, status=status)


@readers
@require_safe
def api_result(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """What came of an ended run; its answer is null when it was stopped."""
    run, who = views.found(run_id), reader(request)
    if run.status not in FINAL:
        raise ApiError(409, "not_ended", f"The run has not ended; it is {run.status}.")
    try:
        answer = run_facts.result(run, who.clearance)
    except LookupError as gone:
        raise ApiError(410, "erased", "The content of this run was erased.") from gone
    facts = run_facts.facts(run, sees_tools=who.sees_tools)
    named = ("id", "status", "reason", "title", "sentence", "detail", "usd", "ended_at")
    return JsonResponse({**{name: facts[name] for name in named}, "result": answer})


@readers
@require_safe
def api_events(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """Events after `?after=`, at most `?limit=` of them. What the reader may not see is left out;
    `after` in the answer is where to go on, `hidden` how many were left out up to there.
    """
    run, who = views.found(run_id), reader(request)
    after = number(request, "after", 0, 10**15)
    limit = number(request, "limit", EVENTS, MOST_EVENTS)
    found = selectors.events(run.pk, clearance=who.clearance, after=after, limit=limit + 1)
    kept, more = found[:limit], len(found) > limit
    last = kept[-1].seq if more else max(run.seq, after, *(each.seq for each in found[-1:]))
    readable = redaction.spared(erasures.told(run.pk, kept), sees_tools=who.sees_tools)
    return JsonResponse(
        {
            "events": [event(each) for each in readable],
            "hidden": last - after - len(kept),
            "after": last,
            "more": more,
        }
    )


def event(stored: Stored) -> Mapping[str, Any]:
    record: JournalRecord = stored.record
    return {
        "seq": stored.seq,
        "at": record.at.isoformat(),
        **{name: getattr(record, name) for name in TOLD},
        "usd": None if record.usd is None else format(record.usd, "f"),
        "duration": record.duration,
        "data": dict(record.data),
        "erased": stored.erased,
    }


def number(request: HttpRequest, name: str, usual: int, most: int) -> int:
    """A whole number of the address. Raises ApiError for anything else."""
    given = request.GET.get(name, "")
    if not given:
        return usual
    if not (given.isascii() and given.isdecimal() and len(given) < 18):
        bodies.wrong(f"{name} is a whole number.")
    return min(int(given), most)
