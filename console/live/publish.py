"""Announcing frames from synchronous code, after its commit: fire and forget.

Never raises and never waits for long. What was dropped while Redis was away is counted, and
reported as a gap later.
"""

import logging

from django.conf import settings

from console.live import frames, link

log = logging.getLogger(__name__)

outage = link.Outage("live frames")


def publish(frame: frames.Frame) -> None:
    """Send a frame to every server process. Call it after the commit whose events it covers."""
    if outage.skip():
        return
    try:
        _send(frames.encode(frame))
    except (TypeError, ValueError):
        log.exception("a frame of run %s was not sent: its state is not JSON", frame.run)


def broadcast_refresh(why: str) -> None:
    """Tell all browsers to fetch again what they show: something changed that concerns every page,
    such as a halt.
    """
    if not outage.skip():
        _send(frames.encode_gap(why))


def call_back(user: str) -> None:
    """Have every socket of this person looked at again: something that lets them in has ended. Call
    it after the commit.
    """
    if not outage.skip():
        _send(frames.encode_call(user))


def _send(text: str) -> None:
    try:
        client = link.sender(settings.REDIS_URL)
        client.publish(link.channel(link.LIVE), text)
        if outage.on:
            _report_dropped()
    except link.LOST as error:
        outage.failed(error)


def _report_dropped() -> None:
    """Tell all browsers that frames were dropped, so that they read the journal."""
    dropped = outage.worked()
    notice = frames.encode_gap(f"{dropped} frames could not be sent")
    link.sender(settings.REDIS_URL).publish(link.channel(link.LIVE), notice)
