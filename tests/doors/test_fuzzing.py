"""Whatever is sent to any address, by anybody and in whatever bytes, is answered by something other
than a 500, and nothing of it is a surprise in the log.
"""

import contextlib
import copy
import logging
import random
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection, transaction

from console.bench import browsers
from console.bench.flood import TRACEBACK
from console.doors import matrix
from console.stack.processes import Running
from tests.doors import odd_requests
from tests.doors.walk import Visitor, Walk, written
from tests.live import sockets
from tests.patience import PATIENCE

ROLES = ("owner", "owner", "operator", "approver", "admin", "viewer", "anonymous")
REQUESTS, RAW, FRAMES = 12_000, 30_000, 8_000
"""Those that `--slow` sends; together fifty thousand."""


@pytest.fixture
def quietly() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def walk(quietly: None) -> Walk:
    return Walk()


def unhandled(walk: Walk, seed: int, count: int) -> list[str]:
    """Requests that were answered with a 500 or worse, or with none at all."""
    dice = random.Random(seed)
    lines = [line for line in written() if line.method != matrix.SOCKET]
    found = []
    for _ in range(count):
        line, visitor = dice.choice(lines), walk.visitors[dice.choice(ROLES)]
        wanted = odd_requests.request(
            dice, line, "/" + walk.stage.address(line, visitor.places(line.column)).lstrip("/")
        )
        status = answered(visitor, wanted, dice.random() < 0.7)
        if status >= 500:
            found.append(f"{status} for {visitor.role.name}: {wanted}")
    return found


def answered(visitor: Visitor, wanted: odd_requests.OddRequest, with_token: bool) -> int:
    """The status. Nothing of what the request did stays."""
    kept = copy.deepcopy(visitor.client.cookies)
    headers = dict(wanted.headers)
    if with_token and wanted.path.startswith("/api/") and visitor.token:
        headers["Authorization"] = f"Bearer {visitor.token}"
    try:
        with transaction.atomic():
            answer = visitor.client.generic(
                wanted.method,
                wanted.path,
                wanted.body.content,
                wanted.body.kind,
                headers=headers,
                query_params=None,
                QUERY_STRING=wanted.query,
            )
            # a page that is sent in pieces is made while it is sent
            _ = b"".join(answer) if answer.streaming else answer.content
            transaction.set_rollback(True)
    finally:
        visitor.client.cookies = kept
    assert not connection.needs_rollback
    return int(answer.status_code)


@pytest.mark.django_db
def test_a_few_hundred_odd_requests_to_all_addresses_are_answered(walk: Walk) -> None:
    assert unhandled(walk, 1, 400) == []


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2, 14))
def test_so_are_tens_of_thousands(walk: Walk, seed: int) -> None:
    assert unhandled(walk, seed, REQUESTS // 12) == []


def said(web: Running, data: bytes) -> int:
    """The status of the answer to these bytes; 0 when the connection was just closed."""
    place = urlsplit(web.url)
    with socket.create_connection((place.hostname or "", place.port or 0), PATIENCE) as link:
        link.settimeout(0.5)
        with contextlib.suppress(OSError):
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            answer = link.recv(64)
            return int(answer[9:12]) if answer[9:12].isdigit() else 0
    return 0


def raw(web: Running, seed: int, count: int) -> list[str]:
    dice, host = random.Random(seed), urlsplit(web.url).netloc
    paths = ("/", "/signin/", "/api/v1/runs", "/live/", "/static/favicon.svg", "/admin/", "/audit/")
    found = []
    for _ in range(count):
        data = odd_requests.raw(dice, host, paths)
        if (status := said(web, data)) >= 500:
            found.append(f"{status}: {data[:300]!r}")
    return found


def framed(web: Running, seed: int, count: int) -> None:
    dice, place = random.Random(seed), urlsplit(web.url)
    # more than one session may open in a while, so that what is sent is looked at
    sessions = [sockets.signed_in("viewer") for _ in range(16)]
    for number in range(count):
        cookies = sessions[number % len(sessions)]
        with socket.create_connection((place.hostname or "", place.port or 0), PATIENCE) as link:
            link.sendall(browsers.request(place.port or 0, cookies))
            link.recv(4_096)
            link.settimeout(0.05)
            with contextlib.suppress(OSError):
                link.sendall(odd_requests.frames(dice))
                link.recv(4_096)


def well(web: Running) -> None:
    """It serves pages and live sockets as before, and nothing surprised it."""
    assert httpx.get(f"{web.url}/signin/", timeout=PATIENCE).status_code == 200
    with sockets.watch(web, sockets.signed_in("viewer"), "fleet"):
        pass
    assert [found[0] for found in TRACEBACK.finditer(web.log.read_text(errors="replace"))] == []


@pytest.mark.django_db(transaction=True)
def test_odd_bytes_and_frames_surprise_no_server(web: Running) -> None:
    assert raw(web, 1, 150) == []
    framed(web, 1, 40)
    well(web)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.django_db(transaction=True)
def test_nor_do_thousands_of_them(web: Running) -> None:
    assert REQUESTS + RAW + FRAMES >= 50_000
    assert raw(web, 2, RAW) == []
    framed(web, 2, FRAMES)
    well(web)
