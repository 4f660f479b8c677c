"""Runs that may have ended their workers are held one at a time by a process, so that the next loss
says which one it was.

A suspect is cleared by a step forward, or by having gone on for a while; then the next one is asked
for.
"""

import logging
import threading
from typing import Any
from uuid import UUID

import psycopg

from console.journal.steady import boottime
from runs.runtime import lease, nudge

log = logging.getLogger(__name__)
PROBATION = 10.0
"""Seconds after which a suspect that goes on makes room, times the square of the workers lost with
it in a row.
"""
CLEAR = "UPDATE runs_run SET suspect = false WHERE id = %s AND lease_epoch = %s"
LONGEST = 3
_lock = threading.Lock()
_inside: tuple[UUID, int] | None = None
_until = 0.0


def free() -> bool:
    return _inside is None


def enter(run: UUID, epoch: int, crashes: int) -> bool:
    """Whether this process has no other suspect in hand."""
    global _inside, _until
    with _lock:
        if _inside is not None and _inside[0] != run:
            return False
        _inside, _until = (run, epoch), boottime() + PROBATION * min(max(crashes, 1), LONGEST) ** 2
        return True


def leave(run: UUID, epoch: int) -> bool:
    """Make room; whether it was inside."""
    global _inside
    with _lock:
        if _inside != (run, epoch):
            return False
        _inside = None
        return True


def review(connection: psycopg.Connection[Any]) -> None:
    """Clear the suspect that has gone on for long enough, and ask for the next one."""
    inside = _inside
    if inside is None or boottime() < _until:
        return
    connection.execute(CLEAR, inside)
    if leave(*inside):
        ask_next(connection)


def ask_next(connection: psycopg.Connection[Any]) -> None:
    """The suspect whose call began last is the likeliest, and the first to be looked at."""
    for run in lease.suspects(connection, 1):
        nudge.advance(run)
