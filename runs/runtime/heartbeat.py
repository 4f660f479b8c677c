"""One thread in each process, which renews all its leases in one statement, notices lost ones, and
hears people's requests even without Redis.
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
    """Renews the leases of `owner` every `lease.BEAT` seconds until `stop`, and listens for control
    messages.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._listener = control.listen(losses.CHANNEL, heard)
        self._poller = Poller(
            "heartbeat", self._beat, pauses=(lease.BEAT,), trouble="leases not renewed", away=AWAY
        )
        self._poller.start()

    def start(self) -> None:
        """Restart whatever has died. Costs nothing while all is well."""
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
    """Act on the heartbeat's answer for a run, if this process still holds it. `sent`: when the
    statement was sent, by the handle's clock.
    """
    if handles.find(handle.run) is handle:
        answered(handle, beat, sent)


def answered(handle: handles.Handle, beat: lease.Beat | None, sent: float) -> None:
    """End the run's work here when its lease is lost; otherwise pass on a request that has not been
    heard yet.
    """
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
    """Act on a control message: a request about a run that this process holds, or the news that
    runs are free to be taken.
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
