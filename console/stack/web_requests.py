"""Daphne's requests, refused at the socket where that is known already: a body larger than anything
the house asks for, and a live socket that could not be opened. No form is read here, on the thread
of all connections: Django reads it on the thread of its own request.
"""

from typing import Any

from daphne import http_protocol

from console.doors import body_limits
from console.stack import web_slots

REFUSED = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: %s\r\nContent-Length:"
    b" %d\r\nConnection: close\r\n\r\n%s"
)

NO_SOCKET = (
    b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version:"
    b" 13\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
KEY_LENGTH = 24
"""Sixteen bytes in base64, as RFC 6455 asks of a client."""


class SmallRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne has no types
    """Twisted tells of a body's length once the headers are there, and hands it over in pieces."""

    refused = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **options)

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
        if not self.refused and no_socket(self.requestHeaders):
            self._refuse(NO_SOCKET)
        done = None if self.refused else super().process()
        if self.transport is None and transport is not None:
            # Daphne has handed the connection to a live socket
            channel.upgraded(transport)
        return done

    def _bounded(self, size: int) -> None:
        if size > body_limits.MOST_BYTES:
            # the request has no address of its own before its body is there
            asked = bytes(self.channel._path or b"")  # noqa: SLF001
            kind, body = body_limits.told(asked.decode("latin1"))
            self._refuse(REFUSED % (kind, len(body), body))

    def _refuse(self, answer: bytes) -> None:
        self.refused = True
        self.channel.transport.write(answer)
        self.channel.loseConnection()


def no_socket(headers: Any) -> bool:
    """Whether these headers ask for a live socket in words that no browser uses."""

    def said(name: bytes) -> bytes:
        return bytes((headers.getRawHeaders(name) or [b""])[0])

    return said(b"Upgrade").lower() == b"websocket" and (
        said(b"Sec-WebSocket-Version") != b"13" or len(said(b"Sec-WebSocket-Key")) != KEY_LENGTH
    )


def install() -> None:
    """Daphne's factory finds its kind of request by this name."""
    http_protocol.WebRequest = SmallRequest
