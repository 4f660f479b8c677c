"""Connections to Redis for code that only passes messages: short timeouts, no retries, names of
channels.

Holds no state of runs. A Redis that is away is an answer here (`Outage`), never an exception that
reaches a run.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

TIMEOUT = 0.25
CONNECTIONS = 8
PAUSE = 1.0
LIVE = "live"
LOST = (redis.RedisError, OSError)


def channel(name: str) -> str:
    """The full name of a channel.

    Publish/subscribe ignores database numbers, so the number is part of the name.
    """
    return key(f"{_database(settings.REDIS_URL)}:{name}")


def key(name: str) -> str:
    """The full name of a key: the house's own prefix, since others may share the server."""
    return f"{settings.REDIS_PREFIX}{name}"


@functools.cache
def _database(url: str) -> int:
    return int(redis.connection.parse_url(url).get("db", 0))  # type: ignore[no-untyped-call]


@functools.cache
def sender(url: str) -> redis.Redis:
    """The process's client for publishing: waits at most a quarter of a second, tries once."""
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis(connection_pool=pool)


def listener(url: str) -> redis.Redis:
    """A client for one blocking subscription; reads wait as long as they are told to."""
    return redis.Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0)
    )


def async_listener(url: str) -> redis.asyncio.Redis:
    """A client for one subscription on an event loop; reads wait as long as they are told to.

    Without retries of its own, so that a lost connection is seen and not papered over.
    """
    return redis.asyncio.Redis.from_url(
        url, socket_timeout=5.0, socket_connect_timeout=2.0, retry=AsyncRetry(NoBackoff(), 0)
    )


class Outage:
    """Leaves work out for a moment after a failure, lets one caller at a time try again, logs once,
    counts what was dropped.
    """

    def __init__(
        self, what: str, clock: Callable[[], float] = time.monotonic, pause: float = 0.0
    ) -> None:
        self._what = what
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None
        self.dropped = 0

    @property
    def on(self) -> bool:
        return self._retry_at is not None

    def skip(self) -> bool:
        """Whether to leave it out now. Once the pause is over the first caller goes ahead, and the
        others still leave it out.
        """
        if not self.on:
            return False
        with self._lock:
            if self._retry_at is None:
                return False
            if self._clock() < self._retry_at:
                self.dropped += 1
                return True
            self._retry_at = self._clock() + (self._pause or PAUSE)
            return False

    def failed(self, error: BaseException) -> None:
        with self._lock:
            first, self._retry_at = self._retry_at is None, self._clock() + (self._pause or PAUSE)
            self.dropped += 1
        if first:
            log.warning("%s: Redis cannot be reached, skipping until it can: %s", self._what, error)

    def worked(self) -> int:
        """End the outage; gives how much was dropped during it."""
        if self._retry_at is None:
            return 0
        with self._lock:
            dropped, self.dropped, self._retry_at = self.dropped, 0, None
        log.warning("%s: Redis is back, %d dropped meanwhile", self._what, dropped)
        return dropped
