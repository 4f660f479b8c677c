"""Telling workers to look at a run: a Celery message to take it, a control message to whoever holds
it. Both may be lost.
"""

from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from console.live import control, link
from runs.runtime.losses import CHANNEL

ADVANCE = "runs.advance"
QUEUE = "runs"
PAUSE = 5.0
"""Seconds for which a broker that gave no answer is left alone: each question costs two."""
away = link.Outage("requests to take a run", pause=PAUSE)


def advance(run: UUID) -> bool:
    """Ask some worker to take the run; False when the broker cannot be reached (the watchdog asks
    again), or could not be just now: nobody who starts many runs waits for it at each.
    """
    if away.skip():
        return False
    try:
        current_app.send_task(
            ADVANCE, args=[str(run)], queue=QUEUE, retry=False, ignore_result=True
        )
    except (OperationalError, *link.LOST) as error:
        away.failed(error)
        return False
    away.worked()
    return True


def queued() -> int:
    """How many requests to take a run are in the queue; 0 when the broker cannot say."""
    with current_app.connection_for_read() as broker:
        try:
            return int(broker.default_channel.queue_declare(QUEUE).message_count)
        except (*broker.channel_errors, *broker.connection_errors, *link.LOST, OperationalError):
            return 0


def tell(run: UUID, verb: str) -> None:
    """Tell whoever holds the run that a person wants `verb` (pause, kill, look)."""
    control.nudge(CHANNEL, {"run": str(run), "verb": verb})
