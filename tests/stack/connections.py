"""Connections to a web server that is not running: what it says to them, by their own clock."""

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from console.stack import web_requests, web_slots
from console.stack.web_slots import Slots


class DaphneServer:
    """As much of Daphne's server as a request that does not arrive gets to know."""

    def protocol_connected(self, _request: object) -> None:
        """Daphne would note it."""

    def protocol_disconnected(self, _request: object) -> None:
        """Daphne would forget it."""


class Held:
    """One connection to a server of its own time."""

    def __init__(self, slots: Slots | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        factory = web_slots.SlotFactory(DaphneServer())
        factory.slots = slots or factory.slots
        made: Any = StringTransport
        self.transport: Any = made()
        self.channel = factory.protocol()._channel
        self.channel.factory = factory
        self.channel.requestFactory = web_requests.SmallRequest
        self.channel.callLater = self.clock.callLater
        self.channel.timeOut = None
        self.channel.makeConnection(self.transport)

    @property
    def closed(self) -> bool:
        return bool(self.transport.disconnecting or self.transport.disconnected)

    def say(self, data: bytes) -> None:
        self.channel.dataReceived(data)
