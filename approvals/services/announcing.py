"""Notifying people outside the console: new requests are gathered for each channel and sent one
message at a time, together when many come at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from approvals import request_row
from approvals.models import Channel, Delivery, Request, RunNotice
from approvals.rules.request_vocabulary import RequestStatus
from approvals.rules.run_news import News
from console.journal.monotonic_clock import boottime
from console.live import apart

AT_ONCE = 1_000
CLAIMED = timedelta(seconds=60)
"""How long a sender has a delivery to itself; if it died meanwhile, the delivery is due again after
that.
"""
MARGIN = timedelta(seconds=30)
"""How long before the end of a claim nothing is sent any more: sending takes no longer
than this.
"""


def gather(*, at: datetime) -> list[int]:
    """Hand new requests to the channels that want them and make the messages that may go now; gives
    the ids of the deliveries that are due.
    """
    with transaction.atomic():
        new = (
            Request.objects.select_for_update(skip_locked=True)
            .filter(status=RequestStatus.OPEN, announced_at=None, drill=False)
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
    """Dispatch for one channel; if it fails, only that channel's part is undone."""
    with transaction.atomic():
        dispatch(channel, fresh, at)


def dispatch(channel: Channel, fresh: Sequence[Request], at: datetime) -> None:
    """Make the channel's next messages, one for each kind of news. What comes after a quiet while
    goes at once; what comes within the gap shares the next message.
    """
    pending = [*channel.pending, *(each.pk for each in fresh if channel.wants(each.group))]
    ready = channel.sent_at is None or at - channel.sent_at >= timedelta(
        seconds=channel.gap_seconds
    )
    messages: dict[str, Mapping[str, Any]] = {}
    if ready:
        asked = {News.REQUESTED.value: {"requests": pending}} if pending else {}
        messages |= {**asked, **run_news_of(channel)}
    for news, told in messages.items():
        Delivery.objects.create(channel=channel, news=news, created_at=at, next_at=at, **told)
    if messages:
        channel.pending, channel.sent_at = [], at
    elif pending != channel.pending:
        channel.pending = pending
    else:
        return
    channel.save(update_fields=["pending", "sent_at"])


def run_news_of(channel: Channel) -> Mapping[str, Mapping[str, Any]]:
    """What the channel is still to be told of runs, by kind of news; taken from its notices."""
    if not {News.ENDED, News.WAITING} & {*channel.events}:
        return {}
    found: dict[str, dict[str, Any]] = {}
    notices = list(RunNotice.objects.filter(channel=channel).order_by("id")[:AT_ONCE])
    for each in notices:
        told = {"id": str(each.run), "reason": each.reason, "at": each.at.isoformat()}
        found.setdefault(each.news, {"runs": []})["runs"].append(told)
    RunNotice.objects.filter(pk__in=[each.pk for each in notices]).delete()
    return found


def due(at: datetime) -> list[int]:
    return list(
        Delivery.objects.filter(delivered_at=None, next_at__lte=at)
        .order_by("next_at")
        .values_list("id", flat=True)[:AT_ONCE]
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one sender has to itself until `good_until`, a moment of `boottime`: a sender
    that stood still for longer sends nothing.
    """

    delivery: Delivery
    good_until: float

    def good(self) -> bool:
        return boottime() < self.good_until

    def settle(self, **facts: object) -> bool:
        """Record what became of it; False when another sender has it meanwhile, whose record
        counts.
        """
        mine = Delivery.objects.filter(pk=self.delivery.pk, claims=self.delivery.claims)
        return bool(mine.update(**facts))


def claim(delivery_id: int, at: datetime) -> Claim | None:
    """Claim the delivery; None when another sender has it, or it is done. One statement, so that
    only one sender gets it.
    """
    good_until = boottime() + (CLAIMED - MARGIN).total_seconds()
    due = Delivery.objects.filter(pk=delivery_id, delivered_at=None, next_at__lte=at)
    with transaction.atomic():
        if not due.update(next_at=at + CLAIMED, claims=F("claims") + 1):
            return None
        return Claim(
            Delivery.objects.select_related("channel__owner").get(pk=delivery_id), good_until
        )
