"""Many browsers in one process of their own: opens live sockets, notes when each message could be
read, parses them afterwards.

Speaks the websocket protocol by hand, so that reading costs the measurement as little as it can.
"""

import asyncio
import base64
import gc
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
LONG, LONGER = 126, 127
PATIENCE = 30.0
AT_ONCE = 50


@dataclass
class SocketsSeen:
    """What the sockets saw: the different messages, and for each socket when it read which (seconds
    of the machine's monotonic clock).
    """

    frames: list[list[tuple[str, int, int]]] = field(default_factory=list)
    gaps: list[bool] = field(default_factory=list)
    read: list[list[tuple[float, int]]] = field(default_factory=list)
    closed: int = 0
    connect_s: float = 0.0


class Browser(asyncio.Protocol):
    """One socket.

    `numbers` gives equal messages one number, so that a thousand copies are kept once.
    """

    def __init__(self, request: bytes, watch: bytes, numbers: dict[bytes, int]) -> None:
        self._request = request
        self._watch = watch
        self._numbers = numbers
        self._buffer = b""
        self._open = False
        self.read: list[tuple[float, int]] = []
        self.watching = asyncio.Event()
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self._open:
            self._shake_hands()
        while self._open and (message := self._next()) is not None:
            opcode, payload = message
            if opcode == TEXT:
                self.read.append((now, self._numbers.setdefault(payload, len(self._numbers))))
                if payload.startswith(b'{"watching"'):
                    self.watching.set()
            elif opcode == PING:
                self._transport.write(masked(PONG, payload))
            elif opcode == CLOSE:
                self._transport.close()

    def _shake_hands(self) -> None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionRefusedError(head.decode(errors="replace"))
        self._open, self._buffer = True, rest
        self._transport.write(masked(TEXT, self._watch))

    def _next(self) -> tuple[int, bytes] | None:
        """The next whole frame in the buffer.

        Servers do not mask, and Daphne sends every message as one frame.
        """
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        start, length = 2, buffer[1] & 127
        if length == LONG:
            start, length = 4, int.from_bytes(buffer[2:4], "big")
        elif length == LONGER:
            start, length = 10, int.from_bytes(buffer[2:10], "big")
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 15, buffer[start : start + length]


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame. The mask is zero, which is a mask like any other."""
    assert len(payload) < LONG
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + b"\0\0\0\0" + payload


def request(port: int, cookie: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /live/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Cookie: {cookie}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def run(port: int, cookies: Sequence[str], parent: Connection) -> None:
    """Entry of the process: opens a socket for each cookie, says "ready", reads until the parent
    says a word, sends what was seen.
    """
    gc.disable()
    parent.send(asyncio.run(_browse(port, cookies, parent)))


async def _browse(port: int, cookies: Sequence[str], parent: Connection) -> SocketsSeen:
    numbers: dict[bytes, int] = {}
    began = time.monotonic()
    browsers: list[Browser] = []
    for first in range(0, len(cookies), AT_ONCE):
        browsers += await asyncio.gather(
            *(_open(port, cookie, numbers) for cookie in cookies[first : first + AT_ONCE])
        )
    await asyncio.wait_for(
        asyncio.gather(*(browser.watching.wait() for browser in browsers)), PATIENCE
    )
    connected = time.monotonic() - began
    parent.send("ready")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(parent.fileno(), stop.set)
    await stop.wait()
    asyncio.get_running_loop().remove_reader(parent.fileno())
    return _seen(browsers, numbers, connected)


async def _open(port: int, cookie: str, numbers: dict[bytes, int]) -> Browser:
    # a factory, used once
    make = lambda: Browser(request(port, cookie), b'{"watch":["fleet"]}', numbers)  # noqa: E731
    _, browser = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
    return browser


def _seen(browsers: Sequence[Browser], numbers: dict[bytes, int], connect_s: float) -> SocketsSeen:
    seen = SocketsSeen(closed=sum(browser.closed for browser in browsers), connect_s=connect_s)
    for payload in numbers:
        body = json.loads(payload)
        seen.frames.append(
            [(frame["run"], frame["from"], frame["seq"]) for frame in body.get("frames", ())]
        )
        seen.gaps.append("gap" in body)
    # a copy: the loop reads on while it winds down
    seen.read = [list(browser.read) for browser in browsers]
    return seen
