"""The page for many requests of one shape: all are listed, each may be left out, and one answer
with one reason goes to the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from approvals import answered_words, views
from approvals.models import Request
from approvals.rules import amounts, stakes
from approvals.selectors import alike, card_texts, elsewhere, queue
from approvals.selectors.elsewhere import SameCall
from approvals.selectors.filters import QueueFilters
from approvals.services import bulk
from approvals.services.bulk import Pick
from console import figures
from console.journal import database_clock
from console.outside import visible
from runs.engine.vocabulary import AnswerAct

NAMED = 3
"""Requests that a message calls by what they want; of the rest it says how many."""


@dataclass(frozen=True, slots=True)
class BulkLine:
    """`why_not`: why this reader may not answer it; it cannot be picked then."""

    id: str
    pick: str
    line: str
    args: str
    tainted: bool
    worth: str
    run: str
    url: str
    time: SafeString | str
    elsewhere: SameCall | None
    why_not: str


@require_http_methods(["GET", "POST"])
@views.deciders
def request_bulk(request: HttpRequest) -> HttpResponse:
    """GET shows the requests like `?like=`; POST answers those that are still picked. Whoever may
    not answer is refused with the reason.
    """
    return answered(request) if request.method == "POST" else listed(request)


def listed(request: HttpRequest) -> HttpResponse:
    like = views.found(views.number(request.GET.get("like", "")))
    now, found = database_clock.now(), alike.alike(like)
    user = views.signed_in(request)
    same, why_not = elsewhere.of(found, user, now), alike.barred(found, user, now)
    rows = [
        line(each, queue.remaining(each, now), same.get(each.pk), why_not.get(each.pk, ""))
        for each in found
    ]
    theirs = [each for each in found if each.pk not in why_not]
    halted = next((said for each in found if (said := card_texts.before(each))), "")
    listing = {"like": like, "rows": rows, "halted": halted}
    return render(request, "approvals/bulk.html", {**listing, "theirs": theirs, **in_all(theirs)})


def in_all(found: Sequence[Request]) -> dict[str, str]:
    """How much these requests are together, and the sign of its currency."""
    whole = answered_words.in_all(found)
    if whole is None:
        return {"total": "", "sign": ""}
    return {"total": str(whole), "sign": amounts.SIGNS.get(whole.currency, "")}


def line(request: Request, time: SafeString | str, same: SameCall | None, why_not: str) -> BulkLine:
    return BulkLine(
        id=str(request.pk),
        pick=f"{request.pk}:{request.version}:{request.digest}",
        line=request.line,
        args=figures.arguments(request.args, 160),
        tainted=request.tainted,
        worth=f"{stakes.amount(request.args):.2f}",
        run=str(request.run_id),
        url=queue.address(QueueFilters(), request.pk),
        time=time,
        elsewhere=same,
        why_not=why_not,
    )


def answered(request: HttpRequest) -> HttpResponse:
    picks = [picked(text) for text in request.POST.getlist("pick")]
    act = request.POST.get("act", "")
    if act not in list(AnswerAct):
        raise Http404("no such answer")
    done = bulk.decide(
        picks=picks,
        actor=views.signed_in(request),
        at=database_clock.now(),
        act=AnswerAct(act),
        note=request.POST.get("note", ""),
    )
    tell(request, act, done)
    return HttpResponseRedirect(queue.address(QueueFilters()))


def tell(request: HttpRequest, act: str, done: bulk.BulkOutcome) -> None:
    if done.taken:
        did = "approved" if act == AnswerAct.APPROVE else "denied"
        whole = answered_words.in_all(done.answered)
        much = f", {whole} in all" if whole and done.taken > 1 else ""
        waits = answered_words.waiting(done.answered)
        text = f"You {did} {figures.plural(done.taken, 'request')}{much}.{waits}"
        tone = messages.WARNING if waits else messages.SUCCESS
        messages.add_message(request, tone, text, answered_words.undo(done.answered))
    for sentence in dict.fromkeys(sentence for _, sentence in done.refused):
        left = [number for number, said in done.refused if said == sentence]
        messages.warning(request, f"Left: {named(left)}. {sentence}")


def named(requests: Sequence[int]) -> str:
    """`“Refund $12.50 for order 1143”, 4 more`, by what they want to do."""
    first = Request.objects.filter(pk__in=requests).order_by("due", "id")[:NAMED]
    lines = [f"“{visible.told(each.line or str(each))}”" for each in first]
    more = len(requests) - len(lines)
    return ", ".join([*lines, f"{more} more"] if more else lines)


def picked(text: str) -> Pick:
    """A pick from `id:version:digest`, as the page wrote it."""
    number, version, digest = (*text.split(":"), "", "")[:3]
    return Pick(views.number(number), views.number(version), digest)
