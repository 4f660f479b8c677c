"""Finds runs with something to do that nobody holds (a lost message, a dead worker, a back-off that
is over) and asks for a worker.
"""

from console.journal.monotonic_clock import boottime
from console.journal.pool import pool
from console.live import apart
from runs.runtime import lease, losses, nudge, run_queue
from runs.runtime.steadiness import Steadiness

MOST = 64
"""How many runs a round asks workers to take. A worker that took one asks for the next itself."""
SUSPECTS = 8
"""How many suspects a round asks workers to take: each is driven by a process of its own, of which
there are few.
"""
steadiness = Steadiness(gap=lease.TTL - lease.BEAT - lease.MARGIN, wait=2 * lease.BEAT)


def go_round() -> int:
    """One round of the watchdog: end leases that have expired, unless they may have done so because
    the database was away, then `watch`. Gives the number of runs that were nudged.
    """
    return watch(ending=steadiness.long_enough(boottime()))


def made() -> None:
    steadiness.seen(boottime())


def watch(*, ending: bool = True) -> int:
    """Nudge the runs that a worker would take next, never more than there are messages missing;
    gives how many were nudged.

    While all slots are busy there are messages in the queue already: asking again would only make
    the queue grow.
    """
    with pool().connection() as connection:
        if ending:
            losses.of_expired(connection)
        runs = [*lease.suspects(connection, SUSPECTS), *run_queue.due(connection, MOST)]
    missing = len(runs) - nudge.queued() if runs else 0
    return apart.each(runs[: max(missing, 0)], nudge.advance, "a run without a worker").done
