"""The state of each tool's breaker, for people. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.call_counts import Counts
from policies.circuit.models import Breaker
from policies.circuit.rows import slots_of
from policies.circuit.rules import BreakerPhase

MINUTE = 60.0
WORST = {
    BreakerPhase.FORCED: 0,
    BreakerPhase.OPEN: 1,
    BreakerPhase.HALF_OPEN: 2,
    BreakerPhase.CLOSED: 3,
}


@dataclass(frozen=True, slots=True)
class BreakerReport:
    """The state of one tool's breaker, with its counts of the last minute."""

    row: Breaker
    phase: BreakerPhase
    minute: Counts


def standings(at: datetime) -> Sequence[BreakerReport]:
    """The breakers of all tools that have been called: first those that are not closed, then those
    that fail.
    """
    found = [
        BreakerReport(row, BreakerPhase(row.phase), slots_of(row.slots).counts(at, MINUTE))
        for row in Breaker.objects.all()
    ]
    return sorted(found, key=lambda each: (WORST[each.phase], -each.minute.bad, each.row.tool))


def not_closed() -> int:
    return Breaker.objects.exclude(phase=BreakerPhase.CLOSED).count()
