"""What people read of levers and breakers. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.call_counts import Counts
from policies.circuit.models import Breaker
from policies.circuit.rows import slots_of
from policies.circuit.rules import Phase
from policies.halts.models import Halt

MINUTE = 60.0
WORST = {Phase.FORCED: 0, Phase.OPEN: 1, Phase.HALF_OPEN: 2, Phase.CLOSED: 3}


def halts_in_force() -> Sequence[Halt]:
    """Levers that are pulled, the oldest first."""
    return list(Halt.objects.filter(released_at__isnull=True).order_by("pulled_at", "id"))


def halts_released(most: int = 50) -> Sequence[Halt]:
    return list(Halt.objects.filter(released_at__isnull=False).order_by("-released_at")[:most])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one tool's breaker stands, with what it counted in the last minute."""

    row: Breaker
    phase: Phase
    minute: Counts


def breakers(at: datetime) -> Sequence[Standing]:
    """Of every tool that has been called, those that are not closed first, then those that fail."""
    found = [
        Standing(row, Phase(row.phase), slots_of(row.slots).counts(at, MINUTE))
        for row in Breaker.objects.all()
    ]
    return sorted(found, key=lambda each: (WORST[each.phase], -each.minute.bad, each.row.tool))


def breakers_not_closed() -> int:
    return Breaker.objects.exclude(phase=Phase.CLOSED).count()
