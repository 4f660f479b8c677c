"""The clock's decision: a request whose time is over is denied, stops its run, or goes to another
group; once, whoever else decides.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from approvals.models import Request
from approvals.rules import voting
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.voting import Final
from approvals.services import ending, request_lock
from console.journal.records import Actor
from console.live import apart

CLOCK = Actor("clock")
AT_ONCE = 200


def expire(*, request_id: int, at: datetime) -> bool:
    """End or escalate the request. False when a decision came first, though it may still be held
    back, or when it is not due.
    """
    with transaction.atomic():
        taken = request_lock.locked(request_id)
        request = taken.request
        if (
            request.status != RequestStatus.OPEN
            or request.kind != RequestKind.CALL
            or request.expires_at is None
            or at < request.expires_at
            or taken.card.held
        ):
            return False
        end = voting.at_expiry(taken.card)
        if isinstance(end, Final):
            _, state = request_lock.history(taken.run)
            ending.call_decided(taken, state, actor=CLOCK, at=at, final=end, note="")
        else:
            ending.escalate(taken, actor=CLOCK, at=at, group=end.group)
        return True


def due(at: datetime, met: Collection[int] = (), most: int = AT_ONCE) -> list[int]:
    """Requests whose time is over, the most overdue first, without those that were `met`
    already.
    """
    found = (
        Request.objects.filter(status=RequestStatus.OPEN, due__lte=at)
        .exclude(pk__in=met)
        .order_by("due", "id")
    )
    return list(found.values_list("id", flat=True)[:most])


def sweep(*, at: datetime) -> int:
    """Expire everything that is due, each apart, so that one that fails keeps no other open; gives
    how many were ended.
    """
    ended, met = 0, set[int]()
    while found := due(at, met):
        ended += apart.each(
            found, lambda request: expire(request_id=request, at=at), "an overdue request"
        ).done
        met.update(found)
    return ended
