"""The only clock that decides: the database's, as this process knows it.

Kept by this process's steady clock and corrected by what the database says with other answers (a
lease acquired or renewed, a round told), so that a host whose wall clock is wrong changes nothing.
Nothing else in the product asks what time it is.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg_pool import PoolTimeout

from console.journal import pool
from console.journal.monotonic_clock import boottime

log = logging.getLogger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FRESH = 30.0
"""Seconds for which the database's answer is relied on without asking again."""
AWAY = 5.0
"""Seconds for which a database that did not answer is not asked again."""
PATIENCE = 2.0
DRIFT = 1e-4
"""Seconds that a host's steady clock may gain or lose per second: ten times what a bad
quartz does.
"""
NOTABLE = 2.0
"""Seconds of difference above which people are told, and above which the database's clock is
followed at once, even backwards.
"""
ASK = "SELECT clock_timestamp()"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The database's time is the steady clock's plus `offset`, give or take `doubt` at `heard_at`.
    No time earlier than `floor` is given, since that one was given before.
    """

    offset: float
    doubt: float
    heard_at: float
    floor: float = 0.0

    def read(self, steady: float) -> float:
        return max(steady + self.offset, self.floor)

    def doubt_at(self, steady: float) -> float:
        return self.doubt + (steady - self.heard_at) * DRIFT


class Clock:
    """One process's knowledge of the database's time.

    `steady` and `wall` are this host's clocks, in seconds; `ask` is a query for it.

    The answer to a question sent at `sent` and received at `received` was given at some moment
    between, so it is right to half that time. The surest answer is kept until it may have drifted
    further off than the newest, or contradicts it: a long wait makes no time worse.
    """

    def __init__(
        self,
        steady: Callable[[], float] = boottime,
        wall: Callable[[], float] = time.time,
        ask: Callable[[], datetime] | None = None,
    ) -> None:
        self.steady, self._wall, self._ask = steady, wall, ask
        self._known: ClockReading | None = None
        self._not_before = 0.0
        self._told = False
        self.lock = threading.Lock()

    def now(self) -> datetime:
        """UTC by the database's clock; by the host's own clock while the database has never
        answered.
        """
        steady = self.steady()
        known = self._known
        if known is None or steady - known.heard_at > FRESH:
            self._learn_unless_busy(steady)
            known = self._known
        if known is None:
            return datetime.fromtimestamp(self._wall(), UTC)
        seconds = steady + known.offset
        return datetime.fromtimestamp(max(known.floor, seconds), UTC)

    def heard(self, at: datetime, sent: float, received: float | None = None) -> None:
        """Take in that the database's clock showed `at` at some moment between `sent` and
        `received` (by default: now) of the steady clock.
        """
        received = self.steady() if received is None else received
        doubt = (received - sent) / 2
        heard = ClockReading((at - EPOCH).total_seconds() - (sent + received) / 2, doubt, received)
        with self.lock:
            self._known = surest(self._known, heard, received)
        self._tell()

    def learn(self) -> None:
        """Ask the database. Raises its error when it cannot be asked."""
        if self._ask is not None:
            sent = self.steady()
            self.heard(self._ask(), sent)

    @property
    def ahead(self) -> float:
        """Seconds by which the host's own clock is ahead of the database's; 0 while that is not
        known.
        """
        return self._wall() - self._known.read(self.steady()) if self._known else 0.0

    @property
    def trouble(self) -> str:
        """The sentence about the host's own clock; empty while it is right."""
        ahead = self.ahead
        side = "ahead of" if ahead > 0 else "behind"
        return (
            f"its clock is {abs(ahead):.0f} s {side} the database's, which is used instead"
            if abs(ahead) > NOTABLE
            else ""
        )

    def _learn_unless_busy(self, steady: float) -> None:
        """Ask the database, but never on an event loop, which others share, and not again at once
        when it did not answer.
        """
        if steady < self._not_before or on_a_loop():
            return
        self._not_before = steady + AWAY
        with suppress(psycopg.Error, PoolTimeout):
            self.learn()
            self._not_before = 0.0

    def _tell(self) -> None:
        trouble = self.trouble
        if bool(trouble) is not self._told:
            self._told = bool(trouble)
            log.warning("this host: %s", trouble or "its clock is right again")


def on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def surest(known: ClockReading | None, heard: ClockReading, steady: float) -> ClockReading:
    """The reading to go by from now on. It never goes back by a little, since times that were given
    are not given again; where it is far off it is followed at once.
    """
    if known is None:
        return heard
    off, doubt = heard.offset - known.offset, known.doubt_at(steady)
    if abs(off) <= heard.doubt + doubt and doubt <= heard.doubt:
        return ClockReading(known.offset, doubt, steady, known.floor)
    read = known.read(steady)
    back = read - (steady + heard.offset)
    return ClockReading(heard.offset, heard.doubt, steady, read if 0 < back <= NOTABLE else 0.0)


def _asked() -> datetime:
    with pool.pool().connection(timeout=PATIENCE) as connection:
        row = connection.execute(ASK).fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


OURS = Clock(ask=_asked)
now, heard, learn = OURS.now, OURS.heard, OURS.learn


def _forked() -> None:
    """A fork knows what its parent knew, and waits for no thread that it has not."""
    OURS.lock = threading.Lock()


os.register_at_fork(after_in_child=_forked)


def trouble() -> str:
    """What is wrong with this host's own clock, in words; empty while nothing is."""
    return OURS.trouble
