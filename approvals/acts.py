"""What a person answers from the browser: each a POST, nothing is ever decided by GET. `console.pages.refusals` tells refusals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from approvals import views
from approvals.errors import NotDecided
from approvals.models import Request
from approvals.rules import fields
from approvals.rules.eligibility import DONE
from approvals.rules.refusals import Reason
from approvals.rules.vocabulary import CLOCK, SETTLING, YES, Act, Kind, Status
from approvals.selectors import queue
from approvals.selectors.filters import Filters
from approvals.selectors.tooling import schema_of
from approvals.services import deciding, ending, extending, granting
from runs.reading import doubt

OFFERED = frozenset(Act) - CLOCK - {Act.RESUME}


@require_POST
def request_decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take the answer and show the next card; a form with something wrong in it comes back with the reason next to its field."""
    asked = views.found(request_id)
    act, typed = word(request), request.POST.dict()
    args, unread = arguments(asked, act, typed)
    if act in SETTLING and not typed.get("sure"):
        unread = {"sure": "Tick that you looked it up at the other side first."}
    if unread:
        return again(request, asked, unread)
    try:
        decided = deciding.decide(
            request_id=asked.pk,
            actor=views.signed_in(request),
            at=timezone.now(),
            act=act,
            digest=typed.get("digest", ""),
            version=views.number(typed.get("version", "")),
            args=args,
            note=typed.get("note", ""),
            standing=standing(request) if act in YES else None,
        )
    except NotDecided as refused:
        if refused.refusal.reason in (Reason.ARGUMENTS, Reason.WORDLESS):
            return again(request, asked, refused.refusal.fields)
        raise
    messages.success(request, told(decided))
    return HttpResponseRedirect(following(request, decided))


def arguments(asked: Request, act: Act, typed: Mapping[str, str]) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The arguments the form asks for, and what of them cannot be read. None: those that stand."""
    if act in SETTLING:
        return {ending.CAME_BACK: doubt.came_back(typed.get(ending.CAME_BACK, ""))}, {}
    if act not in YES:
        return None, {}
    if asked.kind == Kind.CALL:
        return fields.read(schema_of(asked), asked.args, typed)
    return ({extending.FIELD: typed[extending.FIELD]} if typed.get(extending.FIELD) else None), {}


def standing(request: HttpRequest) -> granting.Standing | None:
    """What else the form lets through; a limit that is no number lets nothing through and is refused as one."""
    limit = request.POST.get("standing_limit", "").strip()
    if limit in ("", "0"):
        return None
    return granting.Standing(views.number(limit), tuple(request.POST.getlist("standing_free")))


@require_POST
def grant_revoke(request: HttpRequest, run_id: UUID, grant: str) -> HttpResponse:
    """Take a standing yes back."""
    granting.revoke(run_id=run_id, grant=grant, actor=views.signed_in(request), at=timezone.now())
    messages.success(request, "Taken back: the run asks again from now on.")
    back = request.GET.get("card", "")
    return HttpResponseRedirect(reverse("approvals:card", args=[int(back)]) if back.isdecimal() else reverse("approvals:standing"))


def again(request: HttpRequest, asked: Request, wrong: Mapping[str, str]) -> HttpResponse:
    """The card as it was filled in, saying what is wrong."""
    context = views.carded(request, asked, typed=as_typed(request), errors=wrong, note=request.POST.get("note", ""))
    listed = views.listing(Filters.read(request.GET.dict()), asked.pk)
    return render(request, "approvals/card.html", {**listed, **context, "picked": True}, status=422)


def as_typed(request: HttpRequest) -> dict[str, str]:
    """What the form held; of what may be ticked several times, all of it."""
    return {**request.POST.dict(), "standing_free": " ".join(request.POST.getlist("standing_free"))}


def following(request: HttpRequest, decided: Request) -> str:
    """The next card of the same filters, or the empty queue."""
    wanted = Filters.read(request.GET.dict())
    user = views.signed_in(request)
    groups = None if user.is_superuser else frozenset(user.groups.values_list("name", flat=True))
    return queue.address(wanted, queue.following(wanted, timezone.now(), decided.pk, groups))


def told(decided: Request) -> str:
    what = f"{decided.tool or queue.TITLES.get(Kind(decided.kind), 'run')} of {decided.agent_title}"
    if decided.status != Status.OPEN:
        return f"You {DONE.get(decided.act, 'decided')}: {what}."
    return f"Noted: {what}. It now needs “{decided.group}”."


def word(request: HttpRequest) -> Act:
    given = request.POST.get("act", "")
    if given not in OFFERED:
        raise Http404("no such answer")
    return Act(given)
