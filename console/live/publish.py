"""Announcing frames from synchronous code, after its commit: fire and forget.

Never raises and never waits for long. What a dead Redis swallowed is counted and later confessed as a gap.
"""

import json
import logging

from django.conf import settings

from console.live import frames, link

log = logging.getLogger(__name__)

GAP = b"gap"
outage = link.Outage("live frames")


def publish(frame: frames.Frame) -> None:
    """Send a frame to every server process. Call it after the commit whose events it covers."""
    try:
        text = frames.encode(frame)
    except (TypeError, ValueError):
        log.exception("a frame of run %s was not sent: its state is not JSON", frame.run)
        return
    if not outage.skip():
        _send(text)


def _send(text: str) -> None:
    try:
        client = link.sender(settings.REDIS_URL)
        client.publish(link.channel(link.LIVE), text)
        if outage.on:
            _confess()
    except link.LOST as error:
        outage.failed(error)


def _confess() -> None:
    """Frames were dropped: tell all browsers to read the journal."""
    dropped = outage.worked()
    notice = json.dumps({"gap": f"{dropped} frames were not announced"})
    link.sender(settings.REDIS_URL).publish(link.channel(link.LIVE), notice)
