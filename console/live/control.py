"""Nudges between processes ("look at run X now"): a thread that listens, a call that sends.

Messages may be lost, doubled or late. `connected` is called whenever some may have been missed, so
that the listener looks for itself.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import redis
from django.conf import settings

from console.live import link
from console.live.poller import Poller

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
POLL = 0.5
SILENCE = 15.0
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0)
outage = link.Outage("nudges")


def nudge(channel: str, payload: Payload) -> int:
    """Send a small JSON object to every listener of the channel; gives how many received it. Never
    raises when Redis is away.
    """
    text = json.dumps(payload, separators=(",", ":"))
    if outage.skip():
        return 0
    try:
        heard = link.sender(settings.REDIS_URL).publish(link.channel(channel), text)
    except link.LOST as error:
        outage.failed(error)
        return 0
    outage.worked()
    return int(heard)


def _nothing() -> None:
    """Nobody asked to be told of a (re)connection."""


class Listener:
    """One subscription, read by a thread of its own, until `stop`; each of the poller's rounds is
    one connection, until it is lost.

    A channel that nobody else knows wakes the thread when it is to end.
    """

    def __init__(
        self,
        channel: str,
        callback: Callable[[Payload], None],
        connected: Callable[[], None] = _nothing,
    ) -> None:
        self._channel = link.channel(channel)
        self._own = f"{channel}:{uuid4()}"
        self._url = settings.REDIS_URL
        self._callback = callback
        self._connected = connected
        self._stopped = threading.Event()
        self.ready = threading.Event()
        self._poller = Poller(
            f"listen-{channel}",
            self._connect,
            pauses=BACKOFF,
            trouble=f"{self._channel}: not listening",
            away=link.LOST,
        )
        self._poller.start()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._poller.alive

    def start(self) -> None:
        """Start the thread again when it has died."""
        self._poller.start()

    def stop(self, timeout: float = 2.0) -> None:
        self._stopped.set()
        if self.ready.is_set():
            nudge(self._own, {})
        self._poller.stop(timeout)

    def _connect(self) -> None:
        try:
            with link.listener(self._url) as client, client.pubsub() as feed:
                feed.subscribe(link.channel(self._own), self._channel)
                self._listen(feed)
        finally:
            self.ready.clear()

    def _listen(self, feed: "redis.client.PubSub") -> None:
        quiet = 0.0
        while not self._stopped.is_set():
            message = feed.get_message(timeout=POLL)
            self._poller.worked()
            quiet = 0.0 if message else quiet + POLL
            if quiet >= SILENCE:
                raise redis.TimeoutError(f"silent for {quiet:.0f} s in spite of pings")
            if quiet and quiet % (SILENCE / 3) == 0:
                feed.ping()
            if message:
                self._hear(message)

    def _hear(self, message: Mapping[str, Any]) -> None:
        if message["channel"] != self._channel.encode():
            return
        if message["type"] == "subscribe":
            self.ready.set()
            self._tell(self._connected)
        elif message["type"] == "message":
            self._tell(lambda: self._callback(json.loads(message["data"])))

    def _tell(self, tell: Callable[[], None]) -> None:
        """Call back. What the callback raises is logged, so that the listener goes on to the next
        message.
        """
        try:
            tell()
        except Exception:
            log.exception("%s: a message could not be handled", self._channel)


def listen(
    channel: str, callback: Callable[[Payload], None], connected: Callable[[], None] = _nothing
) -> Listener:
    """Call `callback(payload)` for each nudge on the channel, in a thread of its own, reconnecting
    with back-off.

    `connected()` runs on each (re)subscription: from then on nothing is missed, before it something
    may have been.
    """
    return Listener(channel, callback, connected)
