"""Who only holds connections keeps nobody out: what is asked has to be there in time, and whoever
has waited longest makes room.
"""

import contextlib
import resource
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from twisted.internet.task import Clock

from console.stack import processes, web_slots
from console.stack.web_slots import Slots
from tests.patience import PATIENCE
from tests.stack.connections import Held

BEGUN = b"GET /signin/ HTTP/1.1\r\nHost: a\r\nX-a: "
POSTED = b"POST /signin/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


def test_a_head_that_drips_in_is_answered_408_when_its_time_is_over() -> None:
    held = Held()
    held.say(BEGUN)
    for _ in range(9):
        held.clock.advance(1)
        held.say(b"a")
    assert not held.closed
    held.clock.advance(2)
    assert held.transport.value().startswith(b"HTTP/1.1 408 ")
    assert held.closed


def test_a_body_has_more_time_and_no_more_than_that_however_steadily_it_drips() -> None:
    held = Held()
    held.clock.advance(9)
    held.say(POSTED)
    for _ in range(59):
        held.clock.advance(1)
        held.say(b"a")
    assert not held.closed
    held.clock.advance(2)
    assert held.transport.value().startswith(b"HTTP/1.1 408 ")


def test_a_connection_over_which_nothing_is_said_is_closed_without_a_word() -> None:
    held = Held()
    held.clock.advance(web_slots.HEAD_SECONDS + 1)
    assert held.closed
    assert held.transport.value() == b""


def test_the_one_that_has_waited_longest_makes_room() -> None:
    slots, clock = Slots(lambda: 2), Clock()
    first, second = Held(slots, clock), Held(slots, clock)
    third = Held(slots, clock)
    assert (first.closed, second.closed, third.closed) == (True, False, False)


def test_one_whose_request_is_at_work_never_makes_room() -> None:
    slots, clock = Slots(lambda: 2), Clock()
    first, second = Held(slots, clock), Held(slots, clock)
    first.channel.at_work()
    third = Held(slots, clock)
    assert (first.closed, second.closed, third.closed) == (False, True, False)
    third.channel.at_work()
    assert Held(slots, clock).closed


def test_a_live_socket_that_has_gone_leaves_its_slot() -> None:
    slots, clock = Slots(lambda: 1), Clock()
    first = Held(slots, clock)
    first.channel.upgraded(first.transport)
    assert Held(slots, clock).closed
    first.transport.connected = False
    assert not Held(slots, clock).closed


@pytest.mark.django_db(transaction=True)
def test_hundreds_of_half_open_connections_keep_nobody_out() -> None:
    with processes.web() as web, contextlib.ExitStack() as held:
        few = web_slots.SPARE + 60
        resource.prlimit(web.process.pid, resource.RLIMIT_NOFILE, (few, few))
        place = urlsplit(web.url)
        for _ in range(300):
            link = held.enter_context(
                socket.create_connection((place.hostname or "", place.port or 0), PATIENCE)
            )
            link.sendall(BEGUN)
        assert httpx.get(f"{web.url}/signin/", timeout=PATIENCE).status_code == 200
