"""The way out to one socket: writes at once when its reader keeps up, and knows when it does not.
It also says when nothing more is to be read.

Daphne's `send` never waits and wraps, frames and logs the same text for every socket anew. Where
its transport can be reached, one ready-made websocket frame goes to all sockets, and the transport
says when its buffer is full. Any other server gets a plain `send`, which waits by itself.
"""

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]

PATIENCE = 60.0
# bytes written and not yet in `dataBuffer`; Twisted has no public word for it
HELD_BACK = "_tempDataLen"
SMALL, MEDIUM = 126, 1 << 16


class SocketWriter:
    """The way to write to one socket. Also a push producer in Twisted's sense, which only remembers
    whether it may produce.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._protocol = _protocol(send)
        self._open = asyncio.Event()
        self._open.set()
        self._deaf = False
        if self._protocol is not None:
            self._protocol.transport.unregisterProducer()
            self._protocol.transport.registerProducer(self, streaming=True)

    @property
    def ready(self) -> bool:
        """Whether `write` may be used now."""
        return self._protocol is not None and self._open.is_set()

    def write(self, texts: Sequence[str]) -> None:
        """Write to the transport at once. Does nothing once the socket is closing."""
        protocol = self._protocol
        if protocol is not None and protocol.state == protocol.STATE_OPEN:
            for text in texts:
                _put(protocol.transport, framed(text))

    async def wait(self) -> None:
        """Wait until there is room. Raises TimeoutError after so long that only a dead reader would
        not have read.
        """
        if not self._open.is_set():
            await asyncio.wait_for(self._open.wait(), PATIENCE)

    async def send(self, texts: Sequence[str]) -> None:
        if self._protocol is not None:
            self.write(texts)
            return
        for text in texts:
            await self._send({"type": "websocket.send", "text": text})

    @contextlib.contextmanager
    def unread(self) -> Iterator[None]:
        """Take nothing in meanwhile, nor while anything is left of what was taken in: what the
        other end goes on to say waits in the kernel, and in the end with whoever says it.
        """
        self._rest()
        try:
            yield
        finally:
            if self._protocol is not None and not (self._deaf or self._heard):
                self._protocol.transport.resumeProducing()

    def deafen(self) -> None:
        """Take nothing in ever again. What was written before still goes out."""
        self._deaf = True
        self._rest()

    @property
    def _heard(self) -> bool:
        """Whether messages wait for the application that Daphne has read."""
        return not self._protocol.application_queue.empty()

    def _rest(self) -> None:
        if self._protocol is not None:
            self._protocol.transport.pauseProducing()

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's word
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


def _protocol(send: Send) -> Any:
    """Daphne's `send` is a partial over its protocol object; None for any other server."""
    for bound in getattr(send, "args", ()):
        if hasattr(bound, "STATE_OPEN") and hasattr(
            getattr(bound, "transport", None), "registerProducer"
        ):
            return bound
    return None


def _put(transport: Any, data: bytes) -> None:
    """Straight into the kernel while Twisted holds nothing back for this socket: the way round by
    its selector costs as much again.

    What the kernel does not take now, or a failure, is Twisted's business.
    """
    if _plain(transport) and not transport.dataBuffer and not getattr(transport, HELD_BACK):
        sent = transport.writeSomeData(data)
        if isinstance(sent, int):
            data = data[sent:]
    if data:
        transport.write(data)


def _plain(transport: Any) -> bool:
    """Whether it is Twisted's own bare TCP connection, not one that encrypts or wraps another."""
    return getattr(transport, "TLS", True) is False and HELD_BACK in vars(transport)


@functools.lru_cache(maxsize=64)
def framed(text: str) -> bytes:
    """A whole text message as a server's websocket frame (RFC 6455, section 5.2): final, unmasked,
    uncompressed.
    """
    payload = text.encode()
    size = len(payload)
    if size < SMALL:
        return bytes((0x81, size)) + payload
    if size < MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
