"""Carries due messages out in threads of their own, so that no dead webhook or mail server holds up
the clock that hands them over.

Their rows are the queue: what is not taken now, or dies with this process, is due again.
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
"""Messages under way in this process.

One a channel, so that a dead one takes no more than its own place.
"""

_lock = threading.Lock()
_carried: set[int] = set()


def hand_over(due: list[int]) -> int:
    """Start with those for which there is room, the oldest first; how many.
    Waits for none of them."""
    found = (
        Delivery.objects.filter(pk__in=due)
        .order_by("next_at", "id")
        .values_list("id", "channel_id")
    )
    return sum(_start(delivery, channel, carry) for delivery, channel in found)


def carry(delivery: int) -> None:
    """Send one message; what fails is due again by its row."""
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
