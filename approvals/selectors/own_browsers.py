"""The browsers that somebody has switched on to be told, as they see them on their account page."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from approvals.models import Channel, Delivery


@dataclass(frozen=True, slots=True)
class OwnBrowser:
    """`here`: the one that asks, as far as it is known. `sent`: when it was told last. `trouble`:
    why the newest message has not arrived; empty when it has.
    """

    id: int
    browser: str
    here: bool
    sent: datetime | None
    trouble: str


def listed(user: User, here: object) -> list[OwnBrowser]:
    """The person's browsers; `here` is the number of the one that asks. Three queries."""
    channels = list(Channel.objects.filter(owner=user).order_by("browser", "pk"))
    newest = dict(
        Delivery.objects.filter(channel__in=channels)
        .order_by("channel", "-created_at")
        .distinct("channel")
        .values_list("channel", "error")
    )
    arrived = dict(
        Delivery.objects.filter(channel__in=channels, attempts__gt=0)
        .exclude(delivered_at=None)
        .order_by("channel", "-delivered_at")
        .distinct("channel")
        .values_list("channel", "delivered_at")
    )
    return [
        OwnBrowser(
            each.pk,
            each.browser,
            each.pk == here,
            arrived.get(each.pk),
            newest.get(each.pk, "").removeprefix("NotDelivered: "),
        )
        for each in channels
    ]
