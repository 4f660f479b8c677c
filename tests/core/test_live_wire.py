"""A socket's way out: frames as the protocol writes them, straight to the kernel while there is
room, and a wait that ends.
"""

import asyncio
import functools
from collections.abc import Awaitable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.live import socket_writer
from console.live.socket_writer import SocketWriter
from tests import patience


class Transport:
    """As Twisted's plain TCP connection behaves: what the kernel does not take is held back."""

    TLS = False

    def __init__(self, room: int = 1 << 30) -> None:
        self.room = room
        self.taken = b""
        self.dataBuffer = b""
        self._tempDataLen = 0
        self.producer: Any = None
        self.held: list[bytes] = []
        self.reads = True

    def pauseProducing(self) -> None:  # noqa: N802
        self.reads = False

    def resumeProducing(self) -> None:  # noqa: N802
        self.reads = True

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802
        self.producer = None

    def writeSomeData(self, data: bytes) -> int:  # noqa: N802
        sent = min(self.room, len(data))
        self.taken += data[:sent]
        self.room -= sent
        return sent

    def write(self, data: bytes) -> None:
        self.held.append(data)
        self._tempDataLen += len(data)


class Protocol:
    """As Daphne's websocket protocol, as far as it is looked at."""

    STATE_OPEN = 3

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.state = self.STATE_OPEN
        self.application_queue = asyncio.Queue[str]()

    async def send(self, message: Any) -> None:
        raise AssertionError("the way round")


def daphne(transport: Any) -> tuple[SocketWriter, Protocol]:
    protocol = Protocol(transport)

    async def send(bound: Protocol, message: dict[str, Any]) -> None:
        await bound.send(message)

    bound = functools.partial(send, protocol)
    return SocketWriter(cast("socket_writer.Send", bound)), protocol


@pytest.mark.parametrize(
    ("size", "begins"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_says_its_length_in_the_shortest_form(size: int, begins: bytes) -> None:
    found = socket_writer.framed("x" * size)
    assert found.startswith(begins)
    assert len(found) == len(begins) + size


@given(st.text(max_size=300))
def test_a_frame_ends_with_its_text_in_utf_8(text: str) -> None:
    assert socket_writer.framed(text).endswith(text.encode())


def test_a_frame_counts_bytes_and_not_characters() -> None:
    assert socket_writer.framed("ä" * 63)[:4] == b"\x81\x7e\x00\x7e"


def test_what_fits_goes_to_the_kernel_at_once() -> None:
    way, protocol = daphne(Transport())
    way.write(["one", "two"])
    assert protocol.transport.taken == socket_writer.framed("one") + socket_writer.framed("two")
    assert protocol.transport.held == []


def test_what_does_not_fit_is_held_back_in_order() -> None:
    way, protocol = daphne(Transport(room=4))
    way.write(["first", "second"])
    whole = socket_writer.framed("first") + socket_writer.framed("second")
    assert protocol.transport.taken == whole[:4]
    assert b"".join(protocol.transport.held) == whole[4:]


def test_while_something_is_held_back_nothing_overtakes_it() -> None:
    way, protocol = daphne(Transport())
    protocol.transport.dataBuffer = b"earlier"
    way.write(["later"])
    assert protocol.transport.taken == b""
    assert protocol.transport.held == [socket_writer.framed("later")]


def test_an_encrypted_connection_is_never_written_past() -> None:
    transport = Transport()
    transport.TLS = True
    way, protocol = daphne(transport)
    way.write(["secret"])
    assert protocol.transport.taken == b""
    assert protocol.transport.held == [socket_writer.framed("secret")]


def test_a_closing_socket_is_written_nothing() -> None:
    way, protocol = daphne(Transport())
    protocol.state = 2
    way.write(["too late"])
    assert protocol.transport.taken == b""
    assert protocol.transport.held == []


def test_it_is_ready_until_its_reader_falls_behind_and_again_when_there_is_room() -> None:
    way, protocol = daphne(Transport())
    assert protocol.transport.producer is way
    ready = [way.ready]
    for turn in (way.pauseProducing, way.resumeProducing, way.pauseProducing, way.stopProducing):
        turn()
        ready.append(way.ready)
    assert ready == [True, False, True, False, True]


def test_nothing_is_read_while_something_is_being_answered() -> None:
    way, protocol = daphne(Transport())
    with way.unread():
        reads = protocol.transport.reads
    assert (reads, protocol.transport.reads) == (False, True)


def test_nor_while_what_was_read_already_waits_for_its_turn() -> None:
    way, protocol = daphne(Transport())
    protocol.application_queue.put_nowait("the next message")
    with way.unread():
        pass
    reads = protocol.transport.reads
    with way.unread():
        protocol.application_queue.get_nowait()
    assert (reads, protocol.transport.reads) == (False, True)


def test_who_was_cut_off_is_never_read_again_and_still_told_why() -> None:
    way, protocol = daphne(Transport())
    with way.unread():
        way.deafen()
    assert not protocol.transport.reads
    way.write(["why"])
    assert protocol.transport.taken == socket_writer.framed("why")


async def test_it_waits_for_room_and_no_longer() -> None:
    way, _ = daphne(Transport())
    await way.wait()
    way.pauseProducing()
    waiting = asyncio.ensure_future(way.wait())
    await patience.turn()
    assert not waiting.done()
    way.resumeProducing()
    await waiting


async def test_a_reader_that_never_comes_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_writer, "PATIENCE", 0.001)
    way, _ = daphne(Transport())
    way.pauseProducing()
    with pytest.raises(TimeoutError):
        await way.wait()


async def test_any_other_server_gets_plain_messages() -> None:
    sent: list[dict[str, Any]] = []

    def send(message: dict[str, Any]) -> Awaitable[None]:
        sent.append(message)
        return patience.turn()

    way = SocketWriter(send)
    assert way.ready is False
    way.write(["nowhere to write to"])
    way.deafen()
    await way.send(["one", "two"])
    assert sent == [
        {"type": "websocket.send", "text": "one"},
        {"type": "websocket.send", "text": "two"},
    ]


async def test_a_server_that_can_be_reached_needs_no_send_of_its_own() -> None:
    way, protocol = daphne(Transport())
    await way.send(["one"])
    assert protocol.transport.taken == socket_writer.framed("one")
