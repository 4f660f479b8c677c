"""One message on its way: e-mail or a signed webhook.

What fails is tried again later, by its row, until it is given up and says so.
"""

import logging
import os
import smtplib
from datetime import datetime, timedelta

import httpx2
from django.conf import settings
from django.core import mail
from django.db import connection

from approvals.models import Channel, Delivery, Request
from approvals.rules import messages
from approvals.rules.messages import Line
from approvals.rules.vocabulary import Kind, Status
from approvals.rules.wording import headline
from approvals.selectors import queue
from approvals.selectors.filters import Filters
from approvals.services import announcing
from console.outside import addresses, confidential, connecting, variables

log = logging.getLogger(__name__)
TIMEOUT = 10.0


class NotDelivered(Exception):
    """The other side did not take it, or it cannot be sent as things are set up; says why."""


TROUBLE = (NotDelivered, OSError, smtplib.SMTPException, httpx2.HTTPError, httpx2.InvalidURL)


def deliver(*, delivery_id: int, at: datetime) -> bool:
    """Whether this call sent it.

    What is no longer open is not told; a message about nothing any more is not sent.
    """
    delivery = announcing.claim(delivery_id, at)
    if delivery is None:
        return False
    lines = told(delivery)
    lend_connection()
    try:
        if lines:
            send(delivery.channel, lines, at)
    except TROUBLE as error:
        failed(delivery, error, at)
        return False
    except Exception as error:
        log.exception("notification to %s could not be made", delivery.channel.name)
        failed(delivery, error, at)
        return False
    delivery.delivered_at, delivery.error, delivery.next_at = at, "", None
    delivery.save(update_fields=["delivered_at", "error", "next_at"])
    return bool(lines)


def lend_connection() -> None:
    """A dead server is waited for without a connection to the database: the clock shares few."""
    if not connection.in_atomic_block:
        connection.close()


def tried(channel: Channel, *, at: datetime) -> str:
    """Send a message that asks for nothing, now and once; what went wrong, empty when it was taken."""
    nothing = Line(
        0,
        "Signalbox",
        "",
        "this is a test, nothing needs a person",
        "",
        "",
        settings.SITE_URL + queue.address(Filters()),
    )
    try:
        send(channel, [nothing], at)
    except TROUBLE as error:
        return said(channel, error)
    return ""


def said(channel: Channel, error: Exception) -> str:
    """What went wrong, without a secret: a webhook's address is one by itself, whoever knows it may
    post there.
    """
    confidential.learn(
        {channel.target: f"the address of {channel.name}"}
        if channel.kind == Channel.Kinds.WEBHOOK
        else {}
    )
    return confidential.mask().text(f"{type(error).__name__}: {error}")


def failed(delivery: Delivery, error: Exception, at: datetime) -> None:
    delivery.attempts += 1
    again = messages.wait(delivery.attempts)
    delivery.error = said(delivery.channel, error)[:1_000]
    delivery.next_at = None if again is None else at + timedelta(seconds=again)
    delivery.save(update_fields=["attempts", "error", "next_at"])
    log.warning(
        "notification to %s, attempt %d: %s",
        delivery.channel.name,
        delivery.attempts,
        delivery.error,
    )


def told(delivery: Delivery) -> list[Line]:
    found = Request.objects.filter(pk__in=delivery.requests, status=Status.OPEN).order_by(
        "due", "id"
    )
    return [line(each) for each in found]


def line(request: Request) -> Line:
    pieces = headline(Kind(request.kind), request.tool, request.args, request.call)
    return Line(
        id=request.pk,
        agent=request.agent_title,
        tool=request.tool,
        words="".join(piece.words for piece in pieces),
        risk=request.effect,
        expires=f"{request.expires_at:%H:%M} UTC" if request.expires_at else "",
        link=settings.SITE_URL + queue.address(Filters(), request.pk),
    )


def send(channel: Channel, lines: list[Line], at: datetime) -> None:
    """Raises NotDelivered, or what the network raised."""
    everything = settings.SITE_URL + queue.address(Filters())
    if channel.kind == Channel.Kinds.EMAIL:
        addresses = [part.strip() for part in channel.target.split(",") if part.strip()]
        mail.send_mail(messages.subject(lines), messages.text(lines, everything), None, addresses)
    else:
        post(channel, messages.payload(lines, everything), at)


def post(channel: Channel, body: bytes, at: datetime) -> None:
    """Redirects are not followed: a signature is for the address an administrator wrote."""
    headers = {"Content-Type": "application/json"}
    if wrong := addresses.reached_problem(channel.target):
        raise NotDelivered(f"the webhook {wrong}")
    if channel.secret_variable:
        if refused := variables.problem([channel.secret_variable], os.environ):
            raise NotDelivered(refused)
        secret = os.environ.get(channel.secret_variable, "")
        if not secret:
            raise NotDelivered(f"the environment variable {channel.secret_variable} is not set")
        stamp = str(int(at.timestamp()))
        headers |= {
            "X-Signalbox-Timestamp": stamp,
            "X-Signalbox-Signature": messages.signature(secret, stamp, body),
        }
    with connecting.guarded(httpx2.Client(timeout=TIMEOUT, follow_redirects=False)) as client:
        answer = client.post(channel.target, content=body, headers=headers)
    if not answer.is_success:
        raise NotDelivered(f"it answered {answer.status_code}")
