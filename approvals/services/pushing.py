"""Browsers that people have switched on to be told of what they may answer, each a channel of its
owner: switching them on and off, and sending to one.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from approvals.models import Channel
from approvals.selectors import told_readers
from console.journal.append import note
from console.journal.records import Actor
from console.outside import addresses, outgoing, push_key, web_push
from console.outside.web_push import BadSubscription, PushSubscription
from console.refused import Refused

TIMEOUT = 10.0
KEPT_FOR = 3_600
"""Seconds for which a service keeps a message for a browser that is away. What is older misleads:
most requests are answered by then, and the queue has the others.
"""
GAP = 10
MOST = 10
GONE = "it is not reached any more"
TAKEN = "somebody else switched it on"
NOBODY = "You may answer no requests, so there is nothing to tell you."
TOO_MANY = f"You have {MOST} browsers switched on already; switch one off first."


class NotDelivered(Exception):
    """The other side did not take the message, or it cannot be sent as things are set up; the text
    says why.
    """


class BrowserGone(Exception):
    """The service knows this browser no more: nothing will ever reach it there."""


def switch_on(text: str, *, user: User, browser: str, actor: Actor, at: datetime) -> Channel:
    """Tell this browser from now on; `text` is what it says of its subscription. A browser belongs
    to whoever switched it on last. Raises Refused.
    """
    if not told_readers.answers(user):
        raise Refused(NOBODY)
    to = read(text)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one at a time, so that the count holds
        before = Channel.objects.select_for_update().filter(kind=Channel.Kinds.PUSH)
        if before.filter(owner=user).exclude(target=to.endpoint).count() >= MOST:
            raise Refused(TOO_MANY)
        end(before.filter(target=to.endpoint).exclude(owner=user), actor=actor, at=at, why=TAKEN)
        facts = {
            "name": f"push-{to.mark}",
            "owner": user,
            "browser": browser[:80],
            "push_keys": {"p256dh": to.p256dh, "auth": to.auth, "key": push_key.public()},
            "gap_seconds": GAP,
            "enabled": True,
        }
        made, fresh = before.update_or_create(target=to.endpoint, kind="push", defaults=facts)
        if fresh:
            told("push.switched_on", [made], actor=actor, at=at)
    return made


def read(text: str) -> PushSubscription:
    """The subscription, whose address anybody may have thought up: it must lead into the wide
    world, or to a host that whoever runs the console has listed. Raises Refused.
    """
    try:
        to = web_push.subscription(text)
    except BadSubscription as bad:
        raise Refused(str(bad)) from bad
    if wrong := addresses.strange_problem(to.endpoint, os.environ):
        raise Refused(f"The address of this browser {wrong}.")
    return to


def end(channels: Iterable[Channel], *, actor: Actor, at: datetime, why: str = "") -> int:
    """Tell these browsers nothing any more; gives how many there were."""
    gone = list(channels)
    with transaction.atomic():
        Channel.objects.filter(pk__in=[each.pk for each in gone]).delete()
        if gone:
            told("push.switched_off", gone, actor=actor, at=at, why=why)
    return len(gone)


def end_all(user: User, *, actor: Actor, at: datetime, why: str = "") -> int:
    """Tell no browser of this person anything any more."""
    return end(Channel.objects.filter(owner=user), actor=actor, at=at, why=why)


def told(kind: str, channels: list[Channel], *, actor: Actor, at: datetime, why: str = "") -> None:
    owner = channels[0].owner
    browsers = ", ".join(each.browser for each in channels)
    facts = {"user": owner.get_username() if owner else "", "browser": browsers, "why": why}
    note(kind=kind, actor=actor, at=at, data=facts)


def push(channel: Channel, message: bytes, at: datetime, name: str) -> None:
    """Send it to the browser's service. Raises NotDelivered, BrowserGone, or what the network
    raised.
    """
    keys = channel.push_keys
    to = PushSubscription(channel.target, keys["p256dh"], keys["auth"])
    if wrong := addresses.strange_problem(to.endpoint, os.environ):
        raise NotDelivered(f"the address of this browser {wrong}")
    own = push_key.key()
    if keys["key"] != web_push.packed(web_push.point(own.public_key())):
        raise NotDelivered("it was switched on under another key: switch it on again")
    made = ec.generate_private_key(push_key.CURVE)
    body = web_push.sealed(message, to, own=made, salt=os.urandom(16))
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_FOR),
        "Urgency": "high",
        "Authorization": web_push.statement(to.endpoint, key=own, contact=contact(), at=at),
        "X-Signalbox-Delivery": name,
    }
    with (
        outgoing.client(TIMEOUT) as client,
        client.stream("POST", to.endpoint, content=body, headers=headers) as answer,
    ):
        if answer.status_code in (404, 410):
            raise BrowserGone(GONE)
        if not answer.is_success:
            raise NotDelivered(f"the browser's service answered {answer.status_code}")


def contact() -> str:
    """Where a service's people may turn to: the console's own address, which has to be one that
    they reach, else the one that its mail comes from.
    """
    site = urlsplit(settings.SITE_URL)
    return settings.SITE_URL if site.scheme == "https" else f"mailto:{settings.DEFAULT_FROM_EMAIL}"
