"""One end of the link between a worker and a tool process: frames out, messages in."""

import asyncio
import logging
import os
import select
from abc import abstractmethod

from runs.toolprocess import protocol

log = logging.getLogger(__name__)
STAND = 1  # ms


class FrameLink(asyncio.BufferedProtocol):
    """`hear` is told each message, on the event loop."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._reader = protocol.FrameReader()
        self._waiter = select.poll()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._waiter.register(self._descriptor, select.POLLIN)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        for body in self._reader.heard(nbytes):
            self.hear(protocol.unpacked(body))

    @abstractmethod
    def hear(self, message: protocol.ProcessMessage) -> None: ...

    def say(self, message: protocol.ProcessMessage) -> None:
        self.transport.write(protocol.packed(message))

    def stand(self) -> None:
        """Hear what comes within a millisecond, without giving the loop to others: a round of it
        costs as much as many an answer takes. What is not heard here, the loop hears.
        """
        if self.transport.get_write_buffer_size() or not self._waiter.poll(STAND):
            return
        try:
            count = os.readv(self._descriptor, [self._reader.room()])
        except OSError:
            return
        try:
            self.buffer_updated(count)
        except Exception:
            log.exception("the other end of a link said what is no message")
            self.transport.abort()
