"""A run's running time, which its limit of seconds counts: time in which it is worked on, never
time it is kept waiting. Pure.

The clock runs while a worker has the run (planning, calling, between two moves) and while it backs
off from a failure. It stands still while people are asked or have paused the run, while a lever, a
budget or a rule holds it, in doubt, while its calls are undone, and while it is queued: the run
cannot help how long others take. Time in which no worker had the run does not count either: a lost
worker has worked until its last event.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from runs.engine import events as e
from runs.engine.vocabulary import RunStatus, Waiting

FROM_OUTSIDE = frozenset(
    {
        e.PauseRequested,
        e.KillRequested,
        e.RunResumed,
        e.CallDecided,
        e.GrantGiven,
        e.GrantRevoked,
        e.CallLate,
        e.LateAcknowledged,
        e.FindingOpened,
        e.FindingClosed,
        e.RunRestored,
        e.RunHandedOver,
        e.UndoAsked,
        e.UndoBegun,
        e.UndoDeclined,
    }
)
"""Events that may happen to a run which no worker has in hand: they do not show that it is worked
on.
"""

BACKING_OFF = (Waiting.BACKOFF, Waiting.PROVIDER)


class Clocked(Protocol):
    """The fields of a run's state that its clock needs."""

    @property
    def status(self) -> RunStatus: ...
    @property
    def active(self) -> timedelta: ...
    @property
    def clock_since(self) -> datetime | None: ...
    @property
    def seen_at(self) -> datetime | None: ...
    @property
    def wake_at(self) -> datetime | None: ...


def runs(status: RunStatus, waiting_for: Waiting | None) -> bool:
    return status is RunStatus.RUNNING or (
        status is RunStatus.WAITING and waiting_for in BACKING_OFF
    )


def moved(state: Clocked, event: e.RunEvent, *, ticking: bool) -> dict[str, Any]:
    """The fields of the clock that the event changes; only `seen_at`, or nothing, for nearly all
    events.
    """
    seen = {} if type(event) in FROM_OUTSIDE else {"seen_at": event.at}
    if ticking is (state.clock_since is not None) and type(event) is not e.RunLeased:
        return seen
    active = spent(state, worked_until(state, event))
    return {**seen, "active": active, "clock_since": event.at if ticking else None}


def worked_until(state: Clocked, event: e.RunEvent) -> datetime:
    """The time until which the run was worked on. A back-off ends when it was due, even when nobody
    took the run; a lost worker worked until its last event.
    """
    if state.status is RunStatus.WAITING and state.wake_at:
        return min(event.at, state.wake_at)
    if state.status is RunStatus.RUNNING and type(event) is e.RunLeased and state.seen_at:
        return state.seen_at
    return event.at


def spent(state: Clocked, now: datetime) -> timedelta:
    """The running time by `now`."""
    if state.clock_since is None:
        return state.active
    return state.active + max(now - state.clock_since, timedelta())
