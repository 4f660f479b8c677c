"""Open requests of one shape, which one answer with one reason could fit, and those of them that a
person may not answer.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from approvals import cards
from approvals.models import Request
from approvals.rules import eligibility
from approvals.rules.request_vocabulary import RequestStatus

SHAPE = ("kind", "tool", "agent", "rule", "group", "quorum", "stage", "drill")
MOST = 200


def alike(request: Request, most: int = MOST) -> list[Request]:
    """The open requests of the shape of this one, itself included, the most urgent first, with
    their runs; at most so many.
    """
    found = of_shape(request).select_related("run__principal").order_by("due", "id")
    return list(found[:most])


def barred(requests: Iterable[Request], user: User, now: datetime) -> dict[int, str]:
    """Why this person may not answer them, in the gate's own words, by the request; those that they
    may answer are left out.
    """
    who = cards.person_of(user)
    said = {
        each.pk: eligibility.barred(cards.asking(each, each.run), (), who, now) for each in requests
    }
    return {request: no.sentence for request, no in said.items() if no}


def how_many_alike(request: Request, user: User) -> int:
    """How many open requests have the shape of this one, itself included, up to MOST: without those
    of which this person started the run, where somebody else has to decide.
    """
    found = of_shape(request).exclude(four_eyes=True, run__principal=user)
    return found.order_by()[:MOST].count()


def of_shape(request: Request) -> QuerySet[Request]:
    shape = {name: getattr(request, name) for name in SHAPE}
    return Request.objects.filter(status=RequestStatus.OPEN, held_until=None, **shape)
