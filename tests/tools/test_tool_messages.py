"""What a worker and a tool process say to each other, however it arrives."""

import asyncio
import pickle
from collections.abc import Iterator
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import fence
from runs.toolprocess import board, call_marks, protocol
from runs.toolprocess.process import pair
from runs.toolprocess.protocol import (
    ROOM,
    Begin,
    CallDone,
    CallRaised,
    CallRequest,
    Cancel,
    Cancelled,
    Forget,
    FrameReader,
    Ping,
    ProcessMessage,
    StillAttending,
    TooLate,
)
from runs.toolserver.serving import Desk
from tests.patience import PATIENCE
from tests.tools import rough_tools as rough
from tests.tools.calling import context

ASK = CallRequest(1, "noop", "tests.tools.rough_tools", "call", {"n": 1}, None, (), float("inf"))
SAID = st.lists(
    st.one_of(
        st.builds(StillAttending, st.integers(0, 9)),
        st.builds(CallDone, st.integers(0, 9), st.one_of(st.text(), st.binary(max_size=300))),
        st.builds(Begin, st.integers(0, 9), st.floats(allow_nan=False)),
        st.builds(Forget, st.integers(0, 9)),
        st.just(ASK),
        st.just(ASK._replace(until=None)),
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


async def told(said: list[ProcessMessage], answers: int) -> list[ProcessMessage]:
    """What a tool process answers to what arrives in one piece."""
    ours, theirs = pair()
    loop = asyncio.get_running_loop()
    theirs.settimeout(0)
    desk, _ = await loop.connect_accepted_socket(lambda: Desk(asyncio.Event()), theirs)
    with ours:
        await loop.sock_sendall(ours, b"".join(map(protocol.packed, said)))
        heard, reader = list[ProcessMessage](), FrameReader()
        async with asyncio.timeout(PATIENCE):
            while len(heard) < answers:
                count = await loop.sock_recv_into(ours, reader.room())
                heard += map(protocol.unpacked, reader.heard(count))
    desk.close()
    return heard


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_marks, "board", board.Board(board.memory()))


@pytest.mark.usefixtures("shared")
async def test_a_call_that_is_cancelled_before_it_began_says_that_it_has_ended() -> None:
    assert await told([ASK, Cancel(1)], 2) == [StillAttending(1), Cancelled(1)]


NEVER = CallRequest(1, "nobody_has", "json", "call", {"n": 1}, None, (), None)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("between", [[], [Ping(7)]])
async def test_a_call_that_waits_is_begun_even_where_its_word_comes_with_it(
    between: list[ProcessMessage],
) -> None:
    *beside, answer = await told([NEVER, *between, Begin(1, float("inf"))], 1 + len(between))
    assert isinstance(answer, CallRaised)
    assert answer.message.startswith("KeyError")
    assert beside == [StillAttending(each.number) for each in between]


@pytest.mark.usefixtures("shared")
async def test_a_call_that_waits_and_is_begun_too_late_is_not_made() -> None:
    request = NEVER._replace(tool="rough_async", module=rough.__name__, args={"seconds": 0})
    assert await told([request, Begin(1, fence.boottime() - 1)], 1) == [TooLate(1)]


@pytest.mark.usefixtures("shared")
async def test_what_is_forgotten_runs_nothing_and_what_follows_it_is_made() -> None:
    request = NEVER._replace(tool="rough_async", module=rough.__name__, args={"seconds": 0})
    after = request._replace(number=2, until=float("inf"))
    *_, answer = await told([request, Forget(1), after], 2)
    assert isinstance(answer, CallDone)
    assert answer.number == 2
