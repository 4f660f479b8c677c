"""A person's answers from the browser: each is a POST, and nothing is ever decided by GET. Refusals
are told by `console.pages.refusal_pages`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from approvals import answered_words, cards, views
from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules import argument_form, asking_back
from approvals.rules.asking_back import AskedBack
from approvals.rules.card import Answer
from approvals.rules.refusal_sentences import Reason
from approvals.rules.request_vocabulary import CLOCK, SETTLING, YES, RequestKind
from approvals.selectors import queue, requests_asked
from approvals.selectors.filters import QueueFilters
from approvals.selectors.tooling import schema_of
from approvals.services import deciding, ending, granting, holding
from console.journal import database_clock
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from runs.reading import doubt
from runs.search.asker import asker_of

OFFERED = frozenset(AnswerAct) - CLOCK - {AnswerAct.RESUME}


@require_http_methods(["GET", "POST"])
@views.deciders
def request_card(request: HttpRequest, request_id: int) -> HttpResponse:
    """GET shows the card; POST answers it, so that whatever comes of an answer stands under the
    card's own address.
    """
    answer: HttpResponse = (request_decide if request.method == "POST" else views.card_page)(
        request, request_id
    )
    return answer


@require_POST
@views.deciders
def request_decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take the answer and show the next card. An answer that is refused comes back on its card,
    with the reason and what was typed.
    """
    asked = views.found(request_id)
    act, typed = word(request), request.POST.dict()
    args, unread = arguments(asked, act, typed)
    if act in SETTLING and not typed.get("sure"):
        unread = {"sure": "Tick that you looked it up at the other side first."}
    if unread:
        return again(request, asked, unread)
    if back := not_sure_yet(request, asked, act, args):
        return again(request, asked, {}, asks_back=back)
    try:
        decided = holding.hold(
            request_id=asked.pk,
            actor=views.signed_in(request),
            at=database_clock.now(),
            act=act,
            digest=typed.get("digest", ""),
            version=views.number(typed.get("version", "")),
            args=args,
            note=typed.get("note", ""),
            standing=standing(request) if act in YES else None,
        )
    except NotDecided as refused:
        return not_taken(request, request_id, refused)
    tone = messages.WARNING if answered_words.waiting([decided]) else messages.SUCCESS
    messages.add_message(
        request, tone, answered_words.told(decided), answered_words.undo([decided])
    )
    return HttpResponseRedirect(
        queue.address(QueueFilters.read(request.GET.dict()), following(request, decided))
    )


def not_sure_yet(
    request: HttpRequest, asked: Request, act: AnswerAct, args: Mapping[str, Any] | None
) -> AskedBack | None:
    """What is asked back before this answer is taken; None where it was answered already, where
    there is nothing to ask, and for an answer that will be refused in words of its own.
    """
    if act not in YES or args is None:
        return None
    card = cards.asking(asked, asked.run)
    back = asking_back.asked_back(card, asked.tool, args, effect=asked.effect, undo=asked.undo)
    if back is None or request.POST.get("sure_of") == back.sure:
        return None
    typed, user = request.POST, views.signed_in(request)
    version = views.number(typed.get("version", ""))
    answer = Answer(act, typed.get("digest", ""), version, args, typed.get("note", ""))
    return back if deciding.would_count(asked.pk, user, answer, database_clock.now()) else None


def not_taken(request: HttpRequest, request_id: int, refused: NotDecided) -> HttpResponse:
    """The card as it stands now, with the reason, for whoever may see it; a page of its own for
    others.
    """
    if refused.refusal.reason in (Reason.ARGUMENTS, Reason.WORDLESS):
        return again(request, views.found(request_id), refused.refusal.fields)
    if not request.user.has_perm(views.READS):
        raise refused
    return again(request, views.found(request_id), {}, refused.sentence)


def arguments(
    asked: Request, act: AnswerAct, typed: Mapping[str, str]
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The arguments in the form, None for those of the card; and what cannot be read of them, by
    field.
    """
    if act in SETTLING:
        return {ending.CAME_BACK: doubt.came_back(typed.get(ending.CAME_BACK, ""))}, {}
    if act not in YES:
        return None, {}
    if asked.kind == RequestKind.CALL:
        return argument_form.read(schema_of(asked), asked.args, typed)
    return (
        {argument_form.RAISE_BY: typed[argument_form.RAISE_BY]}
        if typed.get(argument_form.RAISE_BY)
        else None
    ), {}


def standing(request: HttpRequest) -> granting.SessionOffer | None:
    """The session approval that the form asks for; None when it asks for none. A limit that is not
    a number is refused as one of zero.
    """
    limit = request.POST.get("standing_limit", "").strip()
    if limit in ("", "0"):
        return None
    return granting.SessionOffer(views.number(limit), tuple(request.POST.getlist("standing_free")))


@require_POST
@views.deciders
def grant_revoke(request: HttpRequest, run_id: UUID, grant: str) -> HttpResponse:
    """Take a session approval back."""
    get_object_or_404(Run, pk=run_id)
    granting.revoke(
        run_id=run_id, grant=grant, actor=views.signed_in(request), at=database_clock.now()
    )
    messages.success(request, "Revoked: the run asks again from now on.")
    back = request.GET.get("card", "")
    return HttpResponseRedirect(
        reverse("approvals:card", args=[int(back)])
        if back.isdecimal()
        else reverse("approvals:standing")
    )


def again(
    request: HttpRequest,
    asked: Request,
    wrong: Mapping[str, str],
    sentence: str = "",
    asks_back: AskedBack | None = None,
) -> HttpResponse:
    """The card as it was filled in, saying what is wrong, or asking once more. Values typed over a
    card that has changed since are not put over the new one.
    """
    typed = as_typed(request) if same_card(request, asked) else None
    context = views.carded(
        request, asked, typed=typed, errors=wrong, note=request.POST.get("note", "")
    )
    listed = views.listing(request, QueueFilters.read(request.GET.dict()), asked.pk)
    more = {
        "picked": True,
        "not_taken": sentence,
        "next_url": sentence and onward(request, asked),
        "asks_back": asks_back,
    }
    return render(
        request,
        "approvals/card.html",
        {**listed, **context, **more},
        status=409 if sentence else 422,
    )


def same_card(request: HttpRequest, asked: Request) -> bool:
    return (request.POST.get("digest"), request.POST.get("version")) == (
        asked.digest,
        str(asked.version),
    )


def as_typed(request: HttpRequest) -> dict[str, str]:
    """What the form held; all values of a field that can be ticked several times."""
    return {
        **request.POST.dict(),
        "standing_free": "\0".join(request.POST.getlist("standing_free")),
    }


def following(request: HttpRequest, decided: Request) -> int | None:
    """The next card of the same filters; None when there is none."""
    user = views.signed_in(request)
    groups = None if user.is_superuser else frozenset(user.groups.values_list("name", flat=True))
    wanted = QueueFilters.read(request.GET.dict())
    also = requests_asked.box(wanted.q, asker_of(request)).found
    return queue.following(wanted, database_clock.now(), decided.pk, groups, also)


def onward(request: HttpRequest, asked: Request) -> str:
    """The address of the next card, for somebody who came too late to this one; empty when there is
    none.
    """
    found = following(request, asked)
    return queue.address(QueueFilters.read(request.GET.dict()), found) if found else ""


def word(request: HttpRequest) -> AnswerAct:
    given = request.POST.get("act", "")
    if given not in OFFERED:
        raise Http404("no such answer")
    return AnswerAct(given)
