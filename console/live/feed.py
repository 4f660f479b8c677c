"""A server process's one subscription: it keeps it up, hands on what it hears, and says when it was
interrupted.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings

from console.live import link

log = logging.getLogger(__name__)

POLL = 5.0
SILENCE = 15.0
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0)
BREATH = 16


class Feed:
    """Calls `hear(data)` for each message, and `changed()` whenever it goes up or down. Messages
    before it went up may have been missed.
    """

    def __init__(self, hear: Callable[[bytes], None], changed: Callable[[], None]) -> None:
        self._hear = hear
        self._changed = changed
        self._up = asyncio.Event()

    @property
    def up(self) -> bool:
        return self._up.is_set()

    async def wait(self) -> None:
        await self._up.wait()

    async def run(self) -> None:
        """Listen for as long as the process wants frames; a lost connection is tried again with
        back-off.
        """
        failures = 0
        while True:
            try:
                await self._listen()
            except link.LOST as error:
                failures = 0 if self.up else failures + 1
                if failures <= 1:
                    log.warning("live feed interrupted: %s", error)
            finally:
                self._go_down()
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])

    async def _listen(self) -> None:
        """Listen until the connection is lost; raises what lost it.

        Pings notice a peer that vanished without a word.
        """
        loop = asyncio.get_running_loop()
        async with link.async_listener(settings.REDIS_URL) as client, client.pubsub() as feed:
            await feed.subscribe(link.channel(link.LIVE))
            heard_at, count = loop.time(), 0
            while loop.time() - heard_at < SILENCE:
                heard = await feed.get_message(timeout=POLL)
                if heard is None:
                    await feed.ping()
                    continue
                heard_at, count = loop.time(), count + 1
                self._take(heard)
                if count % BREATH == 0:
                    # waiting messages are read without a pause: let the sockets write
                    await asyncio.sleep(0)
            raise TimeoutError(f"Redis is silent for {SILENCE:.0f} s in spite of pings")

    def _take(self, heard: dict[str, Any]) -> None:
        if heard["type"] == "message":
            self._hear(heard["data"])
        elif heard["type"] == "subscribe":
            self._up.set()
            self._changed()

    def _go_down(self) -> None:
        if self.up:
            self._up.clear()
            self._changed()
