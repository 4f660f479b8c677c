"""Taking answers back while they are held back: one POST for one request or for many that were
answered at once.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from approvals import answered_words, views
from approvals.models import Request
from approvals.selectors import queue
from approvals.selectors.filters import QueueFilters
from approvals.services import holding
from console import figures
from console.journal import database_clock
from console.refused import Refused


@require_POST
@views.deciders
def decision_withdraw(request: HttpRequest) -> HttpResponse:
    """Take back what the person answered to these requests. Refused when none could be taken
    back.
    """
    taken, refused = withdrawn(request)
    if not taken:
        raise Refused(refused[0] if refused else holding.NOTHING_HELD)
    messages.success(request, told(taken))
    for sentence in dict.fromkeys(refused):
        messages.warning(request, sentence)
    only = taken[0].pk if len(taken) == 1 else None
    return HttpResponseRedirect(queue.address(QueueFilters(), only))


def withdrawn(request: HttpRequest) -> tuple[list[Request], list[str]]:
    """The requests that are open again, and why the others are not."""
    actor, at = views.signed_in(request), database_clock.now()
    taken: list[Request] = []
    refused: list[str] = []
    for one in map(views.number, request.POST.getlist("request")):
        try:
            taken.append(holding.withdraw(request_id=views.found(one).pk, actor=actor, at=at))
        except Refused as no:
            refused.append(no.sentence)
    return taken, refused


def told(taken: list[Request]) -> str:
    if len(taken) > 1:
        return f"Undone: {figures.plural(len(taken), 'request')} wait for an answer again."
    return f"Undone: it waits for an answer again. {answered_words.subject(taken[0])}."
