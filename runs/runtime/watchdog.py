"""Finds runs with something to do that nobody holds (a lost message, a dead worker, a back-off that is over) and asks for a worker."""

import logging

from console.journal.pool import pool
from runs.runtime import lease, nudge

log = logging.getLogger(__name__)
MOST = 500


def watch() -> int:
    """Nudge every run that waits for a worker, oldest first; returns how many were nudged. Harmless when doubled."""
    with pool().connection() as connection:
        runs = lease.unheld(connection, MOST)
    return sum(nudge.advance(run) for run in runs)
