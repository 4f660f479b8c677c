"""What a worker and a tool process say to each other, however it arrives."""

import asyncio
import pickle
from collections.abc import Iterator
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.toolprocess import board, call_marks, protocol
from runs.toolprocess.process import pair
from runs.toolprocess.protocol import (
    ROOM,
    CallDone,
    CallRequest,
    Cancel,
    Cancelled,
    FrameReader,
    ProcessMessage,
    StillAttending,
)
from runs.toolserver.serving import Desk
from tests.patience import PATIENCE
from tests.tools.calling import context

ASK = CallRequest(1, "noop", "tests.tools.rough_tools", "call", {"n": 1}, None, (), float("inf"))
SAID = st.lists(
    st.one_of(
        st.builds(StillAttending, st.integers(0, 9)),
        st.builds(CallDone, st.integers(0, 9), st.one_of(st.text(), st.binary(max_size=300))),
        st.just(ASK),
    ),
    max_size=5,
)


@given(said=SAID, cuts=st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_the_same_in_whatever_pieces_they_arrive(
    said: list[ProcessMessage], cuts: list[int]
) -> None:
    whole = b"".join(map(protocol.packed, said))
    reader, heard, pieces = FrameReader(), list[ProcessMessage](), iter(pieces_of(whole, cuts))
    for piece in pieces:
        heard += map(protocol.unpacked, given_to(reader, piece))
    assert heard == said


@given(said=SAID)
def test_frames_that_arrive_one_by_one_are_read_one_by_one(said: list[ProcessMessage]) -> None:
    reader = FrameReader()
    assert [
        protocol.unpacked(body) for each in said for body in given_to(reader, protocol.packed(each))
    ] == said


def given_to(reader: FrameReader, piece: bytes) -> list[bytes]:
    """What is heard of a piece, as often read as its room demands."""
    bodies = list[bytes]()
    while piece:
        room = reader.room()
        read = piece[: len(room)]
        room[: len(read)] = read
        bodies += reader.heard(len(read))
        piece = piece[len(read) :]
    return bodies


@given(
    sizes=st.lists(st.sampled_from([0, 1, 100, ROOM // 2, ROOM - 8, ROOM, 3 * ROOM]), max_size=6),
    cut=st.integers(ROOM // 8, 2 * ROOM),
)
def test_large_and_small_frames_follow_each_other_whole(sizes: list[int], cut: int) -> None:
    bodies = [bytes([number]) * size for number, size in enumerate(sizes)]
    whole = b"".join(protocol.LENGTH.pack(len(body)) + body for body in bodies)
    reader, heard = FrameReader(), list[bytes]()
    for place in range(0, len(whole), cut):
        heard += given_to(reader, whole[place : place + cut])
    assert heard == bodies
    assert len(reader.room()) == ROOM


def test_a_frame_that_says_it_is_longer_than_all_memory_takes_what_has_arrived_of_it() -> None:
    reader = FrameReader()
    assert given_to(reader, protocol.LENGTH.pack(2**63) + bytes(5 * ROOM)) == []
    assert len(reader.room()) <= 8 * ROOM


def test_memory_for_a_large_frame_is_made_a_few_times_and_not_for_each_piece() -> None:
    reader, rooms = FrameReader(), set[int]()
    pieces = [protocol.LENGTH.pack(40 * ROOM), *[bytes(ROOM // 4)] * 160]
    heard = []
    for piece in pieces:
        rooms.add(id(reader.room().obj))
        heard += given_to(reader, piece)
    assert heard == [bytes(40 * ROOM)]
    assert len(rooms) <= 8


def pieces_of(whole: bytes, cuts: list[int]) -> Iterator[bytes]:
    place = 0
    while place < len(whole):
        for cut in cuts:
            yield whole[place : place + cut]
            place += cut


def test_a_context_is_the_same_on_the_other_side() -> None:
    told = context()
    assert protocol.context_in(protocol.context_out(told)) == told
    assert len(protocol.context_out(told)) == len(astuple(told))


def test_nothing_but_plain_data_is_read_back() -> None:
    with pytest.raises(pickle.UnpicklingError):
        protocol.unpacked(pickle.dumps((1, print)))


async def test_a_call_that_is_cancelled_before_it_began_says_that_it_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_marks, "board", board.Board(board.memory()))
    ours, theirs = pair()
    loop = asyncio.get_running_loop()
    theirs.settimeout(0)
    desk, _ = await loop.connect_accepted_socket(lambda: Desk(asyncio.Event()), theirs)
    with ours:
        await loop.sock_sendall(ours, protocol.packed(ASK) + protocol.packed(Cancel(1)))
        heard, reader = list[ProcessMessage](), FrameReader()
        async with asyncio.timeout(PATIENCE):
            while len(heard) < 2:
                count = await loop.sock_recv_into(ours, reader.room())
                heard += map(protocol.unpacked, reader.heard(count))
    desk.close()
    assert heard == [StillAttending(1), Cancelled(1)]
