"""How many connections the web server holds, and for how long one may go on saying what it wants.

A request whose head is not there after ten seconds, or its body after a minute, is answered 408,
however steadily its bytes drip in. When descriptors run short, whoever has been without a request
at work for longest makes room. So nobody who only holds connections keeps others out.
"""

import resource
from collections.abc import Callable
from typing import Any

from daphne import http_protocol, server
from twisted.web import http

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
MOST = 4_000
SPARE = 128
"""Descriptors that are kept for the database, Redis and files."""
LATE = b"This request took too long to arrive.\n"
TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length:"
    b" %d\r\nConnection: close\r\n\r\n%s" % (len(LATE), LATE)
)


def most_now() -> int:
    """How many connections this process may hold now."""
    return max(1, min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE))


def take_descriptors() -> None:
    """Raises the soft limit of descriptors as far as the hard one lets it, where more is of use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + SPARE
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


CHANNEL: Any = http.HTTPChannel  # Twisted declares types for half of it


class Slots:
    """Who holds a connection: those that wait for the rest of a request or for the next one, the
    longest first; those whose request is at work; and live sockets.
    """

    def __init__(self, most: Callable[[], int] = most_now) -> None:
        self._most = most
        self._waiting: dict[SlotChannel, None] = {}
        self._at_work: set[SlotChannel] = set()
        self._live: set[Any] = set()

    def admit(self, channel: "SlotChannel") -> bool:
        """Whether there is a slot for it; one that waits may have to make room."""
        if self._held() >= self._most():
            self._live = {each for each in self._live if each.connected}
            if self._held() >= self._most():
                oldest = next(iter(self._waiting), None)
                if oldest is None:
                    return False
                self.leave(oldest)
                oldest.turn_out()
        self._waiting[channel] = None
        return True

    def begin(self, channel: "SlotChannel") -> None:
        if channel in self._waiting:
            del self._waiting[channel]
            self._at_work.add(channel)

    def rest(self, channel: "SlotChannel") -> None:
        if channel in self._at_work:
            self._at_work.remove(channel)
            self._waiting[channel] = None

    def upgrade(self, channel: "SlotChannel", transport: Any) -> None:
        """It is a live socket from now on, and its channel hears of nothing any more."""
        self.leave(channel)
        self._live.add(transport)

    def leave(self, channel: "SlotChannel") -> None:
        self._waiting.pop(channel, None)
        self._at_work.discard(channel)

    def _held(self) -> int:
        return len(self._waiting) + len(self._at_work) + len(self._live)


class SlotChannel(CHANNEL):  # type: ignore[misc]
    """One connection, with a time by which what it asks has to be there."""

    _due: Any = None
    _asked = False

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        super().connectionMade()
        if self.factory.slots.admit(self):
            self.allow(HEAD_SECONDS)
        else:
            self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        if not self._handlingRequest:
            self._asked = True
            if self._due is None:
                self.allow(HEAD_SECONDS)
        super().dataReceived(data)

    def allow(self, seconds: float) -> None:
        """So much time from now, whatever there was before."""
        self._over()
        self._due = self.callLater(seconds, self.turn_out)

    def turn_out(self) -> None:
        self._over()
        if self._asked:
            self.transport.write(TOO_SLOW)
        self.loseConnection()

    def at_work(self) -> None:
        """The whole request is there."""
        self._over()
        self.factory.slots.begin(self)

    def upgraded(self, transport: Any) -> None:
        self._over()
        self.factory.slots.upgrade(self, transport)

    def requestDone(self, request: Any) -> None:  # noqa: N802  Twisted's name
        self._asked = False
        self.factory.slots.rest(self)
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        self._over()
        self.factory.slots.leave(self)
        super().connectionLost(reason)

    def _over(self) -> None:
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._due = None


class SlotFactory(http_protocol.HTTPFactory):  # type: ignore[misc]  # Daphne has no types
    """Daphne's factory, with slots."""

    def __init__(self, of_server: Any) -> None:
        super().__init__(of_server)
        self.slots = Slots()

    def protocol(self) -> Any:
        """What Twisted makes for each connection."""
        made: Any = SlotChannel
        return http._GenericHTTPChannelProtocol(made())  # noqa: SLF001


def install() -> None:
    """Daphne's server finds its factory by this name."""
    server.HTTPFactory = SlotFactory
