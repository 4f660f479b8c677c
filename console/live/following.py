"""Waiting for news of one run outside of any browser: its frames wake whoever waits, who then reads
the row. A frame that was lost costs one pause, never the news.
"""

import time
from types import TracebackType
from typing import Self
from uuid import UUID

import redis
from django.conf import settings

from console.live import link


class Following:
    """A subscription to the frames of one run. Open it before the row is read for the first time,
    so that nothing falls in between.
    """

    def __init__(self, run: UUID) -> None:
        self._mark = str(run).encode()
        self._feed: redis.client.PubSub | None = None

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def wait(self, seconds: float) -> None:
        """Return as soon as a frame of the run arrives, or after so many seconds."""
        until = time.monotonic() + seconds
        if self._feed is None:
            self._listen()
        while (left := until - time.monotonic()) > 0:
            if self._feed is None:
                time.sleep(left)
            elif self._heard(self._feed, left):
                return

    def _heard(self, feed: redis.client.PubSub, seconds: float) -> bool:
        try:
            message = feed.get_message(ignore_subscribe_messages=True, timeout=seconds)
        except link.LOST:
            self._leave()
            return False
        return message is not None and self._mark in bytes(message["data"])

    def _listen(self) -> None:
        try:
            feed = link.listener(settings.REDIS_URL).pubsub()  # type: ignore[no-untyped-call]
            feed.subscribe(link.channel(link.LIVE))
            self._feed = feed
        except link.LOST:
            self._feed = None

    def _leave(self) -> None:
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
