"""One thread a process: renews all its leases in one statement, notices lost ones, and hears
people's requests even without Redis.
"""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from console.journal.pool import pool
from console.live import apart, control
from console.live.poller import Poller
from runs.engine.vocabulary import Control
from runs.runtime import handles, lease, loop, losses, watchdog
from runs.toolprocess import placing

log = logging.getLogger(__name__)
AWAY = (psycopg.Error, PoolTimeout)


class Heartbeat:
    """Renews the leases of `owner` every `lease.BEAT` seconds until `stop`; listens for control
    messages meanwhile.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._listener = control.listen(losses.CHANNEL, heard)
        self._poller = Poller(
            "heartbeat", self._beat, pauses=(lease.BEAT,), trouble="leases not renewed", away=AWAY
        )
        self._poller.start()

    def start(self) -> None:
        """Begin anew what has died. Costs nothing while all is well."""
        self._poller.start()
        self._listener.start()

    def stop(self) -> None:
        self._listener.stop()
        self._poller.stop(lease.BEAT)

    def _beat(self) -> None:
        held = handles.held()
        if not held:
            return
        with pool().connection(timeout=lease.BEAT) as connection:
            sent = {handle.run: handle.clock() for handle in held}
            beats = lease.renew(connection, [handle.run for handle in held], self.owner)
        known = {beat.run: beat for beat in beats}
        apart.each(
            held,
            lambda handle: attend(handle, known.get(handle.run), sent[handle.run]),
            "a held run",
        )


def attend(handle: handles.Handle, beat: lease.Beat | None, sent: float) -> None:
    """A lost lease ends the run's work here; a request that has not been heard yet is passed on.

    `sent` is when the lease was renewed.
    """
    if handles.find(handle.run) is handle:
        answered(handle, beat, sent)


def answered(handle: handles.Handle, beat: lease.Beat | None, sent: float) -> None:
    """What a heartbeat means for a run that is held."""
    if handle.leaving and beat is None:
        return
    if beat is None or beat.epoch != handle.epoch:
        log.warning("run %s: lease lost, another worker may hold it", handle.run)
        handle.lose()
        return
    handle.renewed(sent)
    if beat.control == Control.KILL:
        handle.halt()
    elif beat.control:
        handle.notify()


def heard(message: Mapping[str, Any]) -> None:
    """A control message: about a run that this process holds, or that some were given up for
    whoever can take them.
    """
    if message.get("verb") == losses.FREED:
        loop.submit(placing.hear())
        watchdog.watch(ending=False)
        return
    handle = handles.find(UUID(str(message["run"])))
    if handle is None:
        return
    if message.get("verb") == Control.KILL:
        handle.halt()
    else:
        handle.notify()
