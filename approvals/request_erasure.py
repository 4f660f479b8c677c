"""What approvals keep of a run's content: blanked when it is erased, deleted when the run is
retired.
"""

from uuid import UUID

from approvals import request_row
from approvals.models import Grant, Request, Vote


def blank_requests(run: UUID) -> None:
    """Blank what the requests were about. Who was asked, who answered and when are kept."""
    asked = Request.objects.filter(run=run)
    Vote.objects.filter(request__in=asked).update(args={}, note="")
    Grant.objects.filter(run=run).update(args={}, free=[])
    request_row.blanked(run)


def forget_requests(run: UUID) -> None:
    asked = Request.objects.filter(run=run)
    Vote.objects.filter(request__in=asked).delete()
    Grant.objects.filter(run=run).delete()
    request_row.forgotten(run)
