"""Waiting for a database that is away.

What a call brought back is kept as long as this process lives.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import psycopg
import psycopg_pool

from console.journal.outage import away

log = logging.getLogger(__name__)
FIRST, LONGEST = 0.25, 3.0
"""Seconds between two attempts: doubled each time, up to the longest."""
LAST = 3.0
"""Seconds for which a process that was asked to end still tries."""

draining = threading.Event()
"""Set when the process was asked to end."""

T = TypeVar("T")


class Wait:
    """The pauses between attempts at one thing that the database has not taken yet.

    `first` is true until an attempt has failed; only after that may it have been done already.
    """

    def __init__(self, run: UUID) -> None:
        self.run, self.first = run, True
        self._pause, self._end = FIRST, 0.0

    async def after(self, error: BaseException) -> None:
        """Sleep a while before the next attempt. Raises `error` when waiting cannot help, or when
        the process ends.
        """
        if not away(error) or self._over():
            raise error
        log.warning(
            "run %s: the database is away, trying again",
            self.run,
            exc_info=error if self.first else None,
        )
        self.first = False
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST)

    def _over(self) -> bool:
        if not draining.is_set():
            return False
        self._end = self._end or time.monotonic() + LAST
        return time.monotonic() > self._end


async def patiently(run: UUID, work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, again while the database is away. It must be safe to repeat."""
    wait = Wait(run)
    while True:
        try:
            return await work()
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            await wait.after(error)
