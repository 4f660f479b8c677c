"""What this process knows of the house's breakers, so that a healthy call costs no query: those
that are not closed, and its own successes.

A thread looks twice a second, and at once when a breaker is announced to have moved; every two
seconds it writes what this process counted.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from console.journal import database_clock
from console.journal.pool import pool
from console.live import control
from console.live.poller import Poller
from policies import current
from policies.circuit import rows
from policies.circuit.rules import (
    NEVER,
    BreakerPhase,
    BreakerState,
    BreakerThresholds,
    Succeeded,
    moved,
)
from policies.patterns import first

log = logging.getLogger(__name__)
CHANNEL = "breakers"
POLL = 0.5
COUNTING = 2.0
AWAY = (psycopg.Error, PoolTimeout)

POLICIES = current.offer("breakers", rows.policies)
_lock = threading.Lock()
_known: Mapping[str, BreakerState] = MappingProxyType({})
_good: Counter[str] = Counter()
_watch: "BreakerWatch | None" = None


def thresholds(tool: str) -> BreakerThresholds:
    """The policy that decides on this tool's breaker."""
    policies = current.bundle().get(POLICIES)
    return first(tool, policies) or NEVER


def watching() -> bool:
    return _watch is not None


def known(tool: str) -> BreakerState | None:
    """The breaker as last seen, unless it was closed."""
    return _known.get(tool)


def remember(breaker: BreakerState) -> None:
    global _known
    with _lock:
        others = {tool: each for tool, each in _known.items() if tool != breaker.tool}
        _known = MappingProxyType(
            others if breaker.phase is BreakerPhase.CLOSED else {**others, breaker.tool: breaker}
        )


def went_well(tool: str) -> None:
    """Count a success here; it is written later."""
    with _lock:
        _good[tool] += 1


def uncounted(tool: str) -> Succeeded | None:
    """Take this process's successes of a tool that are not written yet; the caller writes them."""
    with _lock:
        count = _good.pop(tool, 0)
    return Succeeded(count) if count else None


def recount(tool: str, counted: Succeeded | None) -> None:
    """Take back successes that could not be written after all."""
    if counted is not None:
        with _lock:
            _good[tool] += counted.count


def announce() -> None:
    """Tell every process that a breaker moved. Waits for Redis at most a quarter of a second."""
    control.nudge(CHANNEL, {})


def refresh() -> None:
    """See which breakers are not closed. Queries: not for an event loop's thread."""
    global _known
    with pool().connection() as connection:
        found = connection.execute(rows.NOT_CLOSED).fetchall()
    with _lock:
        _known = MappingProxyType(
            {breaker.tool: breaker for breaker in map(rows.breaker_of, found)}
        )


def count(at: datetime) -> None:
    """Write the successes counted here, all in one transaction.

    What cannot be written, for whatever reason, is kept for the next time.
    """
    with _lock:
        counted, taken = dict(_good), _good.copy()
        _good.clear()
    if not counted:
        return
    try:
        with pool().connection() as connection, connection.transaction():
            before = rows.locked(connection, counted)
            rows.write(
                connection,
                (
                    moved(each, Succeeded(counted[each.tool]), thresholds(each.tool), at)
                    for each in before
                ),
            )
    except BaseException:
        with _lock:
            _good.update(taken)
        raise


def forget() -> None:
    """Know nothing, as in a fresh process."""
    global _known
    with _lock:
        _known = MappingProxyType({})
        _good.clear()


class BreakerWatch:
    """The thread that looks and writes, until `stop`. While the database cannot be reached
    everything stays as last seen.
    """

    def __init__(self) -> None:
        self._counted_at = time.monotonic()
        self._poller = Poller(
            "breakers", self._round, pauses=(POLL,), trouble="breakers not looked at", away=AWAY
        )
        self._listener = control.listen(CHANNEL, self._heard, self._poller.wake)
        self._poller.start()

    def start(self) -> None:
        """Restart whatever has died."""
        self._poller.start()
        self._listener.start()

    def stop(self) -> None:
        """End the thread, and write what was counted until now."""
        self._listener.stop()
        self._poller.stop(COUNTING)
        try:
            count(database_clock.now())
        except AWAY:
            log.warning(
                "successes of tools not counted: the database cannot be reached", exc_info=True
            )

    def _heard(self, _payload: Mapping[str, Any]) -> None:
        self._poller.wake()

    def _round(self) -> None:
        if time.monotonic() - self._counted_at >= COUNTING:
            self._counted_at = time.monotonic()
            count(database_clock.now())
        refresh()


def start() -> None:
    """Keep this process's knowledge of the breakers fresh from now on, for processes that make
    calls. Idempotent. Queries: not for an event loop's thread.
    """
    global _watch
    with _starting:
        if _watch is None:
            current.bundle()
            refresh()
            _watch = BreakerWatch()
        else:
            _watch.start()


def stop() -> None:
    global _watch
    with _starting:
        watch, _watch = _watch, None
    if watch is not None:
        watch.stop()
    forget()


_starting = threading.Lock()
