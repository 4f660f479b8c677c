"""Delivers one message by e-mail, signed webhook or to a browser. What fails is tried again later,
by its row, until it is given up and says so.
"""

import logging
import os
import smtplib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, assert_never
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import mail
from django.db import connection
from django.urls import reverse

from approvals.models import Channel, Delivery, Request
from approvals.rules import notifications
from approvals.rules.headlines import headline
from approvals.rules.notifications import Message, NotificationLine
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.run_news import News, RunLine
from approvals.selectors import queue, told_readers
from approvals.selectors.filters import QueueFilters
from approvals.services import announcing, pushing
from approvals.services.announcing import Claim
from approvals.services.pushing import BrowserGone, NotDelivered
from console import figures
from console.journal.records import Actor
from console.live import rounds
from console.outside import addresses, confidential, outgoing, variables
from runs.models import Run

log = logging.getLogger(__name__)
TIMEOUT = 10.0
CENTS = Decimal("0.0001")
LONGEST_WHY = 200


TROUBLE = (
    NotDelivered,
    OSError,
    smtplib.SMTPException,
    outgoing.HTTPError,
    *outgoing.UNUSABLE,
)


def deliver(*, delivery_id: int, at: datetime) -> bool:
    """Send the message; True when this call sent it.

    Requests that are not open any more are left out, and a message about none is not sent. Neither
    is one whose sender stood still for so long that another may have the delivery: it is due again
    by its row.
    """
    claim = announcing.claim(delivery_id, at)
    if claim is None:
        return False
    delivery = claim.delivery
    message = told(delivery)
    lend_connection()
    try:
        if message and not claim.good():
            log.warning(
                "notification to %s is left to whoever has it now: its sender stood still",
                delivery.channel.name,
            )
            return False
        if message:
            send(delivery.channel, message, at, f"delivery-{delivery.pk}")
    except BrowserGone:
        pushing.end([delivery.channel], actor=Actor("system"), at=at, why=pushing.GONE)
        return False
    except TROUBLE as error:
        failed(claim, error, at)
        return False
    except Exception as error:
        log.exception("notification to %s could not be made", delivery.channel.name)
        failed(claim, error, at)
        return False
    sent = message is not None
    attempts = delivery.attempts + sent
    claim.settle(delivered_at=at, error="", next_at=None, attempts=attempts)
    return sent


def lend_connection() -> None:
    """Give the database connection back while a dead server is waited for, since the
    clock has few.
    """
    if not connection.in_atomic_block:
        connection.close()


def tried(channel: Channel, *, at: datetime) -> str:
    """Send a test message, once and now; gives what went wrong, empty when it was taken."""
    nothing = NotificationLine(
        0,
        "Signalbox",
        "",
        "this is a test, nothing needs a person",
        "",
        "",
        everything(),
    )
    try:
        send(channel, notifications.of_requests([nothing], everything()), at, "test")
    except BrowserGone:
        pushing.end([channel], actor=Actor("system"), at=at, why=pushing.GONE)
        return pushing.GONE
    except TROUBLE as error:
        return said(channel, error)
    return ""


def said(channel: Channel, error: Exception) -> str:
    """What went wrong, without a secret. Any address but one for e-mail is a secret: whoever knows
    it may post there.
    """
    confidential.learn(
        {channel.target: f"the address of {channel.name}"}
        if channel.kind != Channel.Kinds.EMAIL
        else {}
    )
    return confidential.mask().text(f"{type(error).__name__}: {error}")


def failed(claim: Claim, error: Exception, at: datetime) -> None:
    channel, attempts = claim.delivery.channel, claim.delivery.attempts + 1
    again, words = notifications.wait(attempts), said(channel, error)[:1_000]
    claim.settle(
        attempts=attempts,
        error=words,
        next_at=None if again is None else at + timedelta(seconds=again),
    )
    log.warning("notification to %s, attempt %d: %s", channel.name, attempts, words)
    rounds.left_out(f"{channel.name}: {words}")


def told(delivery: Delivery) -> Message | None:
    """The message of this delivery; None when it would tell of nothing any more."""
    if delivery.runs:
        return of_runs(News(delivery.news), delivery.runs)
    lines = asked(delivery)
    return notifications.of_requests(lines, everything()) if lines else None


def of_runs(news: News, noticed: Sequence[Mapping[str, Any]]) -> Message | None:
    """The message about these runs as a viewer may know them; one that was removed since is left
    out.
    """
    runs = Run.objects.in_bulk([each["id"] for each in noticed])
    lines = [
        run_line(runs[UUID(each["id"])], str(each["reason"]), str(each["at"]))
        for each in noticed
        if UUID(each["id"]) in runs
    ]
    return notifications.of_runs(news, lines, settings.SITE_URL + "/") if lines else None


def run_line(run: Run, reason: str, at: str) -> RunLine:
    return RunLine(
        id=str(run.pk),
        agent=str(run.snapshot.get("title") or run.snapshot.get("name", "")),
        reason=reason,
        at=datetime.fromisoformat(at),
        usd=format(run.usd.quantize(CENTS), "f"),
        link=settings.SITE_URL + reverse("runs:run", args=[run.pk]),
        unpriced=run.usd_unknown,
    )


def asked(delivery: Delivery) -> list[NotificationLine]:
    """Those that are open still, and that a browser's owner may see and answer."""
    found = Request.objects.filter(pk__in=delivery.requests, status=RequestStatus.OPEN).order_by(
        "due", "id"
    )
    owner = delivery.channel.owner
    return [line(each) for each in (told_readers.answerable(owner, found) if owner else found)]


def expiry(request: Request) -> str:
    """The time at which it expires, with the day when that is not the one on which it was asked."""
    if request.expires_at is None:
        return ""
    return figures.hour(request.expires_at) + figures.day(request.expires_at, request.asked_at)


def line(request: Request) -> NotificationLine:
    pieces = headline(RequestKind(request.kind), request.tool, request.args, request.call)
    return NotificationLine(
        id=request.pk,
        agent=request.agent_title,
        tool=request.tool,
        words="".join(piece.words for piece in pieces),
        pieces=tuple(piece.words for piece in pieces),
        risk=request.effect,
        why=figures.line(request.sentence, LONGEST_WHY),
        expires=expiry(request),
        group=request.group,
        link=settings.SITE_URL + queue.address(QueueFilters(), request.pk),
    )


def everything() -> str:
    """Where the whole queue is."""
    return settings.SITE_URL + queue.address(QueueFilters())


def send(channel: Channel, message: Message, at: datetime, name: str) -> None:
    """Send it. Raises NotDelivered, or what the network raised. By `name` the other side can tell a
    message that comes twice.
    """
    match kind := Channel.Kinds(channel.kind):
        case Channel.Kinds.EMAIL:
            letter(channel, message, name).send()
        case Channel.Kinds.WEBHOOK:
            post(channel, message.body, at, name)
        case Channel.Kinds.PUSH:
            pushing.push(channel, message.glance.body, at, name)
        case _:
            assert_never(kind)


def letter(channel: Channel, message: Message, name: str) -> mail.EmailMessage:
    to = [part.strip() for part in channel.target.split(",") if part.strip()]
    known = {"Message-ID": f"<signalbox-{name}@{urlsplit(settings.SITE_URL).hostname}>"}
    return mail.EmailMessage(message.subject, message.text, to=to, headers=known)


def post(channel: Channel, body: bytes, at: datetime, name: str) -> None:
    """Post the signed body. Redirects are not followed, since the signature is for the address an
    administrator wrote; a long answer is not read.
    """
    headers = {"Content-Type": "application/json", "X-Signalbox-Delivery": name}
    if wrong := addresses.problem(channel.target):
        raise NotDelivered(f"the webhook {wrong}")
    if channel.secret_variable:
        if refused := variables.problem(
            [channel.secret_variable], os.environ, host=urlsplit(channel.target).hostname or ""
        ):
            raise NotDelivered(refused)
        secret = os.environ.get(channel.secret_variable, "")
        if not secret:
            raise NotDelivered(f"the environment variable {channel.secret_variable} is not set")
        stamp = str(int(at.timestamp()))
        headers |= {
            "X-Signalbox-Timestamp": stamp,
            "X-Signalbox-Signature": notifications.signature(secret, stamp, body),
        }
    with (
        outgoing.client(TIMEOUT) as client,
        client.stream("POST", channel.target, content=body, headers=headers) as answer,
    ):
        if not answer.is_success:
            raise NotDelivered(f"it answered {answer.status_code}")
