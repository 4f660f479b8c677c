"""One answer to many requests of the same shape: each is decided for itself, bound to what was
shown, with the one reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.selectors.alike import MOST, SHAPE
from approvals.services import holding
from console.refused import Refused
from runs.engine.vocabulary import AnswerAct

OFFERED = (AnswerAct.APPROVE, AnswerAct.DENY)


@dataclass(frozen=True, slots=True)
class Pick:
    """One request as it was shown when it was picked."""

    id: int
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """The requests that took the answer, and why the others did not."""

    answered: Sequence[Request]
    refused: Sequence[tuple[int, str]]

    @property
    def taken(self) -> int:
        return len(self.answered)


def decide(
    *, picks: Sequence[Pick], actor: User, at: datetime, act: AnswerAct, note: str = ""
) -> BulkOutcome:
    """Answer each of these requests.

    Raises Refused, having decided nothing, when they are not of one shape, are too many, or the
    answer cannot be given to many at once.
    """
    if act not in OFFERED:
        raise Refused("Many requests at once are approved as they are, or denied.")
    if not 0 < len(picks) <= MOST:
        raise Refused(f"Pick 1 to {MOST} requests.")
    found = set(
        Request.objects.filter(pk__in=[pick.id for pick in picks]).values_list("pk", flat=True)
    )
    if found != {pick.id for pick in picks}:
        raise Refused("Not all of these requests are there. Look at the list again.")
    shapes = set(Request.objects.filter(pk__in=found).values_list(*SHAPE))
    if len(shapes) > 1:
        raise Refused(
            "These requests are not of the same shape, so one reason does not fit them all."
        )
    answered: list[Request] = []
    refused: list[tuple[int, str]] = []
    for pick in picks:
        try:
            taken = holding.hold(
                request_id=pick.id,
                actor=actor,
                at=at,
                act=act,
                digest=pick.digest,
                version=pick.version,
                note=note,
            )
            answered.append(taken)
        except NotDecided as no:
            refused.append((pick.id, no.sentence))
    return BulkOutcome(answered, refused)
