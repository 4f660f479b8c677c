"""Telling people outside the console: new requests gathered for each channel, one message at a
time, batched when many come at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from approvals import request_row
from approvals.models import Channel, Delivery, Request
from approvals.rules.request_vocabulary import RequestStatus
from console.journal.monotonic_clock import boottime
from console.live import apart

AT_ONCE = 1_000
CLAIMED = timedelta(seconds=60)
"""How long a delivery is its sender's: one that died with it is due again after that."""
MARGIN = timedelta(seconds=30)
"""How long before that nothing is sent any more: sending is bounded, and takes no longer."""


def gather(*, at: datetime) -> list[int]:
    """Hand new requests to the channels that want them, and make the messages that may go now; the
    ids of deliveries that are due.
    """
    with transaction.atomic():
        new = (
            Request.objects.select_for_update(skip_locked=True)
            .filter(status=RequestStatus.OPEN, announced_at=None)
            .order_by("id")
        )
        fresh = list(new.only("id", "group")[:AT_ONCE])
        apart.each(
            Channel.objects.select_for_update().filter(enabled=True),
            lambda channel: dispatch_alone(channel, fresh, at),
            "a channel",
        )
        request_row.announced((each.pk for each in fresh), at=at)
    return due(at)


def dispatch_alone(channel: Channel, fresh: Sequence[Request], at: datetime) -> None:
    """What fails for one channel is undone for that one only."""
    with transaction.atomic():
        dispatch(channel, fresh, at)


def dispatch(channel: Channel, fresh: Sequence[Request], at: datetime) -> None:
    """The first after a quiet while goes at once; what comes within the gap shares the next
    message.
    """
    pending = [*channel.pending, *(each.pk for each in fresh if channel.wants(each.group))]
    ready = channel.sent_at is None or at - channel.sent_at >= timedelta(
        seconds=channel.gap_seconds
    )
    if pending and ready:
        Delivery.objects.create(channel=channel, requests=pending, created_at=at, next_at=at)
        channel.pending, channel.sent_at = [], at
    elif pending != channel.pending:
        channel.pending = pending
    else:
        return
    channel.save(update_fields=["pending", "sent_at"])


def due(at: datetime) -> list[int]:
    return list(
        Delivery.objects.filter(delivered_at=None, next_at__lte=at)
        .order_by("next_at")
        .values_list("id", flat=True)[:AT_ONCE]
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is this sender's up to `good_until`, a moment of `boottime`: a sender that
    stood still longer sends nothing.
    """

    delivery: Delivery
    good_until: float

    def good(self) -> bool:
        return boottime() < self.good_until

    def settle(self, **facts: object) -> bool:
        """Write what became of it; False when another sender has it meanwhile, whose word then
        counts.
        """
        mine = Delivery.objects.filter(pk=self.delivery.pk, claims=self.delivery.claims)
        return bool(mine.update(**facts))


def claim(delivery_id: int, at: datetime) -> Claim | None:
    """The delivery, now this sender's; None when another has it, or it is done.

    One statement, so that one sender wins.
    """
    good_until = boottime() + (CLAIMED - MARGIN).total_seconds()
    due = Delivery.objects.filter(pk=delivery_id, delivered_at=None, next_at__lte=at)
    with transaction.atomic():
        if not due.update(next_at=at + CLAIMED, claims=F("claims") + 1):
            return None
        return Claim(Delivery.objects.select_related("channel").get(pk=delivery_id), good_until)
