"""The page for after an old backup was restored: what the journal lacks, what to do about it, and
the button that lets the house go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import figures, permits, restored
from console.journal import database_clock, restores
from console.journal.models import Restore
from policies.current.four_eyes import proposable_acts
from policies.current.four_eyes.proposable_acts import ProposableAct
from runs.engine.vocabulary import FINAL
from runs.models import Run
from runs.reading.pills import Pill, pill
from runs.reading.readers import reader
from runs.tools import registry

MAY_READ = "runs.view_run"
MAY_ACCEPT = "policies.change_toolpolicy"
MOST = 50


@dataclass(frozen=True, slots=True)
class NoticedRestore:
    """A restore as the page tells of it."""

    sentence: str
    span: str
    noticed: str
    runs: int
    accepted: str
    reason: str


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that is not over, whose effects are in doubt."""

    id: str
    goal: str
    pill: Pill


@permits.reads(MAY_READ)
def restored_page(request: HttpRequest) -> HttpResponse:
    """What an old backup that was restored lacks, and what to do; or that none was."""
    row, who = restores.latest(), reader(request)
    waits = row is not None and row.accepted_at is None
    context = {
        "restore": told(row) if row else None,
        "waits": waits,
        "live": live() if waits else (),
        "listing": listing() if who.sees_tools else (),
        "may_accept": who.user.has_perm(MAY_ACCEPT),
    }
    return render(request, "restored/restored.html", context)


@require_POST
@permits.asks(MAY_READ, MAY_ACCEPT)
def restore_accept(request: HttpRequest) -> HttpResponse:
    """Let the house go on, for the `reason` given; `resume` has the runs go on that were paused."""
    who, why = reader(request), request.POST.get("reason", "")
    resumes = bool(request.POST.get("resume"))
    restored.accept(actor=who.user, at=database_clock.now(), reason=why, resume=resumes)
    messages.success(request, "Noted: the house goes on.")
    return HttpResponseRedirect(reverse("restored"))


def accept_confirmed(args: Mapping[str, Any], actor: User, at: datetime) -> None:
    """Let the house go on, and resume the runs that it paused if that was asked for with it."""
    resumes = bool(args["resume"])
    restored.accept(actor=actor, at=at, reason=args["reason"], resume=resumes, confirmed=True)


proposable_acts.offer(
    ProposableAct(
        restored.ACCEPT,
        lambda args: (MAY_READ, MAY_ACCEPT),
        restored.rests_on,
        accept_confirmed,
    )
)


def told(row: Restore) -> NoticedRestore:
    accepted = row.accepted_at
    lost = row.lost_at - row.kept_at if row.kept_at else None
    return NoticedRestore(
        sentence=restored.sentence(row.kept_at, row.lost_at),
        span=figures.span(lost.total_seconds()) if lost else "",
        noticed=figures.moment(row.noticed_at),
        runs=row.runs,
        accepted=f"{row.accepted_by} at {figures.moment(accepted)}" if accepted else "",
        reason=row.reason,
    )


def live() -> Sequence[LiveRun]:
    found = Run.objects.exclude(status__in=list(FINAL)).defer("snapshot").order_by("created_at")
    return [LiveRun(str(run.pk), run.goal, pill(run)) for run in found[:MOST]]


def listing() -> Sequence[str]:
    """The tools whose far sides list what was done through them."""
    return sorted(
        name for name, declared in registry.discover().items() if declared.spec.has_list_effects
    )
