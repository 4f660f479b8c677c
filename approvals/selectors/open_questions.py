"""What one run asks people right now, for the run's page: a link to the card for who may decide,
for others whom it waits for.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from approvals import cards
from approvals.models import Request
from approvals.rules import headlines
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.withdrawal import Withdrawal
from approvals.selectors import card_details, card_texts, queue
from approvals.selectors.filters import QueueFilters
from console import figures
from policies.authority import Person

MOST = 4
SEES = "approvals.view_request"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One open request. `what` and `url` are empty for readers who may not see requests; `why_not`:
    why this reader cannot decide. `held`: who answered, once that is about to take effect.
    """

    what: str
    url: str
    wants: str
    agreed: str
    group: str
    left: str
    left_iso: str
    then: tuple[str, str]
    why_not: str
    held: str = ""
    withdraws: Withdrawal | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    asked: list[OpenQuestion]
    more: int


def of_run(run: UUID, user: User, now: datetime) -> OpenQuestions:
    """The run's open questions. One query for a run that asks nothing."""
    found = list(open_of(run)[: MOST + 1])
    if not found:
        return OpenQuestions([], 0)
    person = cards.person_of(user)
    more = open_of(run).count() - MOST if len(found) > MOST else 0
    return OpenQuestions(
        [shown(each, person, now, user, sees=user.has_perm(SEES)) for each in found[:MOST]], more
    )


def open_of(run: UUID) -> QuerySet[Request]:
    return (
        Request.objects.select_related("run")
        .filter(run=run, status=RequestStatus.OPEN)
        .order_by("due", "id")
    )


def shown(
    request: Request, person: Person, now: datetime, user: User, *, sees: bool
) -> OpenQuestion:
    votes = cards.votes_of(request)
    pieces = headlines.headline(RequestKind(request.kind), request.tool, request.args, request.call)
    return OpenQuestion(
        what="".join(piece.words for piece in pieces) if sees else "",
        url=queue.address(QueueFilters(), request.pk) if sees else "",
        wants=card_texts.wants(request),
        agreed=card_texts.agreed(request, votes),
        group=request.group,
        left=figures.clock(figures.since(now, request.expires_at)) if request.expires_at else "",
        left_iso=figures.iso(request.expires_at),
        then=card_texts.then(request, request.run),
        why_not=card_details.refused(request, request.run, person, votes, now),
        held=card_details.answered(request.held or {}, request.kind, user)
        if request.held_until
        else "",
        withdraws=card_details.withdrawal_by(user, request, cards.held_of(request)),
    )
