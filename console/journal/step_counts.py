"""How much happened in a run's steps, counted where the events lie. Reads only."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, IntegerField, Q, Sum
from django.db.models.functions import Cast

from console.journal import visibility
from console.journal.models import Event
from console.journal.visibility import Clearance

BACK = Q(kind="call.returned")
FAILED = Q(kind="call.refused") | (BACK & ~Q(outcome="ok", verdict="succeeded"))


@dataclass(frozen=True, slots=True)
class StepCount:
    """Tokens of the model's turns, calls that came back or were refused, how many of these failed,
    and questions to people.
    """

    tokens: int = 0
    calls: int = 0
    failed: int = 0
    asked: int = 0


def of(run: UUID, size: int, *, clearance: Clearance) -> dict[int, StepCount]:
    """Counts of each part of `size` steps, by its number from 0, as far as this reader may see
    them. One walk over the run's events that looks into no content.
    """
    seen = Q(run=run, step__gt=0, visibility__in=visibility.open_to(clearance))
    counted = (
        Event.objects.filter(seen)
        .values(part=Cast((F("step") - 1) / size, IntegerField()))
        .annotate(
            tokens=Sum(F("tokens_in") + F("tokens_out"), default=0),
            calls=Count("id", filter=BACK | Q(kind="call.refused")),
            failed=Count("id", filter=FAILED),
            asked=Count("id", filter=Q(kind="call.asked")),
        )
        .order_by()
        .values_list("part", "tokens", "calls", "failed", "asked")
    )
    return {number: StepCount(*counts) for number, *counts in counted}
