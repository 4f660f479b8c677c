"""Daphne's requests, cut off at the socket when their body is larger than anything the house asks
for.
"""

from typing import Any

from daphne import http_protocol

from console.doors import body_limits
from console.stack import web_slots

REFUSED = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: %s\r\nContent-Length:"
    b" %d\r\nConnection: close\r\n\r\n%s"
)


class SmallRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne has no types
    """Twisted tells of a body's length once the headers are there, and hands it over in pieces."""

    refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  Twisted's name
        super().gotLength(length)
        self.channel.allow(web_slots.BODY_SECONDS)
        self._received = 0
        self._bounded(length or 0)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        self._received += len(data)
        if not self.refused:
            self._bounded(self._received)
        if not self.refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        channel, transport = self.channel, self.transport
        channel.at_work()
        done = None if self.refused else super().process()
        if self.transport is None and transport is not None:
            # Daphne has handed the connection to a live socket
            channel.upgraded(transport)
        return done

    def _bounded(self, size: int) -> None:
        if size > body_limits.MOST_BYTES:
            self.refused = True
            # the request has no address of its own before its body is there
            asked = bytes(self.channel._path or b"")  # noqa: SLF001
            kind, body = body_limits.told(asked.decode("latin1"))
            self.channel.transport.write(REFUSED % (kind, len(body), body))
            self.channel.loseConnection()


def install() -> None:
    """Daphne's factory finds its kind of request by this name."""
    http_protocol.WebRequest = SmallRequest
