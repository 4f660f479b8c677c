"""How notifications fare: each channel of the house with what it sent last, what waits, and what
could not be delivered. Text only; no targets.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet

from approvals.models import Channel, Delivery
from approvals.rules.run_news import News
from console import figures


@dataclass(frozen=True, slots=True)
class ChannelNotice:
    """One channel. `trouble`: what went wrong with the newest delivery that has not arrived; empty
    when all have.
    """

    name: str
    kind: str
    enabled: bool
    sent: str
    waits: int
    trouble: str


def all_of_them(now: datetime) -> list[ChannelNotice]:
    """Every channel's notices. Three queries."""
    late = dict(undelivered().values_list("channel").annotate(Count("id")).order_by())
    errors = dict(
        undelivered()
        .exclude(error="")
        .order_by("channel", "-created_at")
        .distinct("channel")
        .values_list("channel", "error")
    )
    return [
        shown(channel, late.get(channel.pk, 0), errors.get(channel.pk, ""), now)
        for channel in Channel.objects.exclude(kind=Channel.Kinds.PUSH)
    ]


@dataclass(frozen=True, slots=True)
class Failing:
    """A channel whose last message has not arrived: `asks` requests were in it; `why` it did not
    arrive.
    """

    name: str
    asks: int
    why: str
    given_up: bool


def failing() -> list[Failing]:
    """Channels that fail, for those who decide: who should have been told and was not.
    One query.
    """
    later = Delivery.objects.filter(
        channel=OuterRef("channel"), delivered_at__gt=OuterRef("created_at")
    )
    found = (
        undelivered()
        .exclude(error="")
        .filter(~Exists(later), channel__enabled=True, news=News.REQUESTED)
        .exclude(channel__kind=Channel.Kinds.PUSH)
        .order_by("channel__name", "-created_at")
        .distinct("channel__name")
        .select_related("channel")
    )
    return [
        Failing(each.channel.name, each.count, each.error, each.next_at is None) for each in found
    ]


def undelivered() -> QuerySet[Delivery]:
    return Delivery.objects.filter(delivered_at=None)


def shown(channel: Channel, late: int, error: str, now: datetime) -> ChannelNotice:
    sent = (
        f"{figures.span(figures.since(channel.sent_at, now))} ago" if channel.sent_at else "never"
    )
    return ChannelNotice(
        channel.name,
        channel.get_kind_display(),
        channel.enabled,
        sent,
        late + bool(channel.pending),
        error,
    )
