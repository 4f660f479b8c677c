"""Open requests of one shape, which one answer with one reason could fit."""

from django.db.models import QuerySet

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus

SHAPE = ("kind", "tool", "agent", "rule", "group", "quorum", "stage", "drill")
MOST = 200


def alike(request: Request, most: int = MOST) -> list[Request]:
    """The open requests of the shape of this one, itself included, the most urgent first; at most
    so many.
    """
    return list(of_shape(request).order_by("due", "id")[:most])


def how_many_alike(request: Request) -> int:
    """How many open requests have the shape of this one, itself included, up to MOST."""
    return of_shape(request).order_by()[:MOST].count()


def of_shape(request: Request) -> QuerySet[Request]:
    shape = {name: getattr(request, name) for name in SHAPE}
    return Request.objects.filter(status=RequestStatus.OPEN, held_until=None, **shape)
