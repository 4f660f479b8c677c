"""Sends due messages in threads of their own, so that no dead webhook or mail server holds up the
clock that hands them over.

Their rows are the queue: what is not taken now, or is lost with this process, is due again.
"""

import logging
import threading
from collections.abc import Callable

from django.db import connections

from approvals.models import Delivery
from approvals.services import delivering
from console.journal import database_clock
from console.live import rounds

log = logging.getLogger(__name__)
AT_ONCE = 8
"""How many messages this process sends at the same time. One for each channel, so that a dead one
takes only its own place.
"""

_lock = threading.Lock()
_carried: set[int] = set()


def hand_over(due: list[int]) -> int:
    """Begin to send those for which there is room, the oldest first, without waiting for any; gives
    how many.
    """
    found = (
        Delivery.objects.filter(pk__in=due)
        .order_by("next_at", "id")
        .values_list("id", "channel_id")
    )
    return sum(_start(delivery, channel, carry) for delivery, channel in found)


def carry(delivery: int) -> None:
    """Send one message; if that fails its row is due again."""
    delivering.deliver(delivery_id=delivery, at=database_clock.now())


def _start(delivery: int, channel: int, act: Callable[[int], object]) -> bool:
    with _lock:
        if channel in _carried or len(_carried) >= AT_ONCE:
            return False
        _carried.add(channel)
    threading.Thread(
        target=_carry, args=(delivery, channel, act), name="delivery", daemon=True
    ).start()
    return True


def _carry(delivery: int, channel: int, act: Callable[[int], object]) -> None:
    try:
        rounds.go("deliveries", lambda: act(delivery))
    except Exception:
        log.exception("delivery %d is left as it is", delivery)
    finally:
        connections.close_all()
        with _lock:
            _carried.discard(channel)
