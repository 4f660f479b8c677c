"""The live sockets of one server process: what the feed says goes to each as the latest state, at a
pace that it can keep.

It holds no truth: when the feed was interrupted it says so, and the pages read the journal.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from console.journal import database_clock
from console.live import frames, missed
from console.live.audience import Audience, Audiences, Watcher
from console.live.batch import message
from console.live.feed import Feed
from console.live.pacing import Pacer
from console.live.recent import Recent
from console.live.session_reader import SessionLookups
from console.live.socket_budget import SocketBudget

log = logging.getLogger(__name__)

BEAT = 1.0  # a page says that it hears nothing within three seconds, so it must miss more than one
SWEEP = 10.0
SIGNED_OUT_WITHIN = 1.5
SWEPT = 500
SLACK = 2.0
LINGER = 30.0
SUBSCRIBED_WITHIN = 2.0
RESTART = 1.0
HOPS = 3


class Hub:
    """Belongs to one event loop; its tasks run while sockets are open and a little longer."""

    def __init__(self) -> None:
        self.desk = SessionLookups()
        self.budget = SocketBudget()
        self._loop = asyncio.get_running_loop()
        self._feed = Feed(self.hear, self._feed_changed)
        self._house = Audiences()
        self._recent = Recent(self._loop.time())
        self._pacer = Pacer()
        self._dirty: set[Audience] = set()
        self._flushing = False
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.TimerHandle | None = None

    async def join(self, watcher: Watcher) -> None:
        """Seat a watcher, and wait a moment until the feed is up, so that reading the journal
        afterwards misses nothing.
        """
        self._house.seat(watcher)
        self._open()
        # whoever watches by then is told of a gap once the feed is up
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._feed.wait(), SUBSCRIBED_WITHIN)
        watcher.mailbox.beat(self._beat())

    def leave(self, watcher: Watcher) -> None:
        self._house.leave(watcher)
        if self._house.empty:
            self._closing = self._loop.call_later(LINGER, self.close)

    async def watch(
        self,
        watcher: Watcher,
        topics: frozenset[str],
        since: Mapping[str, int],
        at: datetime | None,
    ) -> None:
        """Change what a watcher watches. It is registered first, and what it has missed is looked
        up afterwards, so that nothing falls between.
        """
        self._house.move(watcher, topics)
        watcher.mailbox.watching(tuple(sorted(topics)))
        if topics & {frames.FLEET, frames.APPROVALS} and at is not None:
            self._recall(watcher, at)
        watcher.mailbox.behind(await missed.beyond({**_unread(topics), **since}))

    def clear(self, watcher: Watcher, clearance: frozenset[str]) -> None:
        """Take in a watcher's new permissions: nothing made for the old ones is sent any more."""
        self._house.leave(watcher)
        watcher.mailbox.take()
        watcher.clearance = clearance
        watcher.mailbox.gap("what you may see has changed")
        self._house.seat(watcher)

    def _recall(self, watcher: Watcher, at: datetime) -> None:
        """Runs that moved since `at` and that the page may not know; a gap when that is longer ago
        than this process remembers.
        """
        age = (database_clock.now() - at + timedelta(seconds=SLACK)).total_seconds()
        heard = self._recent.since(self._loop.time() - age)
        if heard is None:
            watcher.mailbox.gap("it is too long ago to tell what changed")
        else:
            watcher.mailbox.behind({frame.run: frame.seq for frame in heard})

    def hear(self, data: bytes) -> None:
        """Handle one message of the feed: a frame, or the news that frames were lost or that
        somebody's sockets must look again.
        """
        try:
            heard = frames.decode(data)
        except frames.NotAFrame as error:
            log.warning("ignored on the live channel: %s", error)
            return
        if isinstance(heard, frames.LostFrames):
            self._gap(heard.why)
        elif isinstance(heard, frames.CalledBack):
            self.desk.call(heard.user)
        else:
            self._hand_on(heard)

    def _hand_on(self, frame: frames.Frame) -> None:
        self._recent.hear(frame, self._loop.time())
        for audience in self._house.hearing(frame):
            audience.hear(frame)
            self._dirty.add(audience)
        self._plan()

    def _feed_changed(self) -> None:
        if self._feed.up:
            self._gap("the live feed was interrupted")
        self._beat_all()

    def _gap(self, why: str) -> None:
        self._recent.restart(self._loop.time())
        for watcher in self._house.watchers():
            if watcher.topics:
                watcher.mailbox.gap(why)

    def _plan(self) -> None:
        """Flush now if the rest after the last flush is over, else when it is; meanwhile newer
        frames replace older ones.
        """
        if self._flushing or not self._dirty:
            return
        self._flushing = True
        delay = self._pacer.delay(self._loop.time())
        if delay:
            self._loop.call_later(delay, self._flush)
        else:
            self._flush()

    def _flush(self) -> None:
        began = time.thread_time()
        dirty, self._dirty = self._dirty, set()
        for audience in dirty:
            audience.deliver()
        self._loop.call_soon(self._settle, began, HOPS)

    def _settle(self, began: float, hops: int) -> None:
        """Wait until the transports have sent. The load is the work that this took, not the time,
        which other processes may have used.
        """
        if hops:
            self._loop.call_soon(self._settle, began, hops - 1)
            return
        self._pacer.flushed(self._loop.time(), work=time.thread_time() - began)
        self._flushing = False
        self._plan()

    def _open(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if not self._tasks:
            self._tasks = [
                self._loop.create_task(_kept_up(work))
                for work in (self._feed.run, self._beats, self._sweeps, self._doors)
            ]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def _beat(self) -> str:
        return message(
            beat=database_clock.now().isoformat(),
            every=BEAT,
            feed="up" if self._feed.up else "down",
        )

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self._beat_all()

    def _beat_all(self) -> None:
        beat = self._beat()
        for watcher in self._house.watchers():
            watcher.mailbox.beat(beat)

    async def _doors(self) -> None:
        """Check all sessions together. Without a database each socket's own check finds
        that out.
        """
        while True:
            await asyncio.sleep(SIGNED_OUT_WITHIN)
            with contextlib.suppress(DatabaseError):
                await self.desk.call_ended()

    async def _sweeps(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            await self.sweep()

    async def sweep(self) -> None:
        """Look up runs that fell silent, all in one query: a frame may be lost with its worker."""
        for run, head in (
            await missed.beyond(self._recent.quiet(self._loop.time(), SWEPT))
        ).items():
            self._recent.caught_up(run, head)
            for audience in self._house.watching(run):
                for watcher in audience.watchers:
                    watcher.mailbox.behind({run: head})


def _unread(topics: frozenset[str]) -> dict[str, int]:
    """Runs that are watched by name with nothing read of them."""
    return {topic.removeprefix("run:"): 0 for topic in topics if topic.startswith("run:")}


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Keep a task of the hub going: what it raises is logged, since without it every page would go
    stale.
    """
    while True:
        try:
            await work()
        except Exception:
            log.exception("the live feed stumbled")
        await asyncio.sleep(RESTART)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The hub of the running loop. A server process has one loop, and so one subscription."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
