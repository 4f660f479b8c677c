"""Whoever is asked outside can neither send too much, nor take for ever, nor send us elsewhere."""

import ast
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

from console.outside import outgoing
from console.signing_in.oidc import HouseOidc
from console.stack import places
from tests.patience import PATIENCE

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(*pieces: bytes) -> Iterator[str]:
    """A server on this machine that says these pieces to everybody; the last one for ever, until
    nobody listens any more.
    """

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                    while pieces[-1] != b"" and not over.wait(0.01):
                        connection.sendall(pieces[-1])
                except OSError:
                    continue

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def get(url: str, *, seconds: float = PATIENCE, most: int = 1_000) -> bytes:
    with outgoing.client(seconds, most) as client:
        return client.get(url).content


async def aget(url: str, *, streams: bool = False, most: int = 1_000) -> bytes:
    timeout = outgoing.Timeout(PATIENCE)
    async with outgoing.async_client(timeout, most=most, streams=streams) as client:
        return (await client.get(url)).content


async def test_an_answer_of_the_size_that_was_asked_for_is_read() -> None:
    with answering(OK + b"Content-Length: 2\r\n\r\nok", b"") as url:
        assert get(url) == b"ok"
        assert await aget(url) == b"ok"


async def test_an_answer_that_says_it_is_too_large_is_not_read() -> None:
    with answering(OK + b"Content-Length: 1001\r\n\r\n", b"") as url:
        with pytest.raises(outgoing.AnswerTooLarge, match="larger than 1,000 bytes"):
            get(url)
        with pytest.raises(outgoing.AnswerTooLarge, match="larger than 1,000 bytes"):
            await aget(url)


async def test_an_answer_that_never_ends_is_left() -> None:
    with answering(OK + b"Connection: close\r\n\r\n", b"x" * 400) as url:
        with pytest.raises(outgoing.AnswerTooLarge):
            get(url)
        with pytest.raises(outgoing.AnswerTooLarge):
            await aget(url)


async def test_an_answer_that_was_packed_unasked_is_not_unpacked() -> None:
    with answering(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", b"") as url:
        with pytest.raises(outgoing.AnswerTooLarge, match="packed"):
            get(url)
        with pytest.raises(outgoing.AnswerTooLarge, match="packed"):
            await aget(url)


async def test_a_stream_of_events_that_nobody_asked_for_is_bounded_as_well() -> None:
    head = OK + b"Content-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    with answering(head, b"data: x\n\n") as url, pytest.raises(outgoing.AnswerTooLarge):
        await aget(url)


def test_a_server_that_says_one_letter_at_a_time_is_left_when_the_time_is_over() -> None:
    with (
        answering(b"HTTP/1.1 200 OK\r\nX-a: ", b"a") as url,
        pytest.raises(outgoing.TimeoutException),
    ):
        get(url, seconds=0.5)


async def test_so_it_is_on_the_event_loop() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nX-a: ", b"a") as url:
        async with outgoing.async_client(outgoing.Timeout(PATIENCE)) as client:
            with pytest.raises(outgoing.TimeoutException):
                await outgoing.post(client, url, content=b"", headers={}, seconds=0.5)


@pytest.mark.parametrize("there", ["http://169.254.169.254/", "http://10.0.0.1/", "/elsewhere"])
async def test_a_redirect_is_an_answer_like_any_other(there: str) -> None:
    said = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
    with answering(said.encode(), b"") as url:
        assert get(url) == b""
        assert await aget(url) == b""


def test_a_redirect_that_a_caller_would_follow_is_checked_again() -> None:
    said = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with (
        answering(said, b"") as url,
        outgoing.client(PATIENCE) as client,
        pytest.raises(outgoing.TransportError, match="credentials"),
    ):
        client.get(url, follow_redirects=True)


def test_behind_a_proxy_an_address_is_checked_by_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(OK + b"Content-Length: 2\r\n\r\nok", b"") as url:
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("NO_PROXY", "")
        assert get("http://example.com/") == b"ok"
        with pytest.raises(outgoing.TransportError, match="credentials"):
            get("http://169.254.169.254/latest/")


OPENERS = {
    "urlopen",
    "create_connection",
    "open_connection",
    "create_mcp_http_client",
    "HTTPConnection",
    "HTTPSConnection",
    "ClientSession",
    "AsyncOpenAI",
    "AsyncAnthropic",
}
LIBRARIES = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "aiohttp", "urllib3"}
OF_THE_HOUSE = ("console/bench/", "console/chaos/", "console/stack/health_probe.py")
"""They ask the console itself, on this machine."""


def sources() -> Iterator[Path]:
    for room in ("console", "runs", "policies", "approvals"):
        for file in sorted((places.ROOT / room).rglob("*.py")):
            name = str(file.relative_to(places.ROOT))
            if not name.startswith((*OF_THE_HOUSE, "console/outside/")):
                yield file


def opened(tree: ast.AST) -> Iterator[str]:
    """What a source has with which it could connect to somebody by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in LIBRARIES)
            yield from (each.name for each in node.names if each.name == "urllib.request")
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in LIBRARIES or node.module == "urllib.request":
                yield node.module
            yield from (each.name for each in node.names if each.name in OPENERS)
        elif isinstance(node, ast.Attribute) and node.attr in OPENERS:
            yield node.attr


def test_nobody_else_in_the_house_opens_a_connection_over_http() -> None:
    found = {
        str(file.relative_to(places.ROOT)): names
        for file in sources()
        if (names := sorted(set(opened(ast.parse(file.read_text())))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import httpx2",
        "from httpx import Client",
        "import urllib.request",
        "from http.client import HTTPConnection",
        "socket.create_connection(('h', 1))",
        "from mcp.shared._httpx_utils import create_mcp_http_client",
    ],
)
def test_one_who_does_would_be_found(source: str) -> None:
    assert list(opened(ast.parse(source)))


def test_the_identity_provider_is_asked_by_the_same_way_out() -> None:
    asks = HouseOidc().get_requests_session
    with pytest.raises(OAuth2Error, match="leads to the credentials"), asks() as session:
        session.get("http://169.254.169.254/latest/meta-data/")
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(moved, b"") as url, pytest.raises(OAuth2Error), asks() as session:
        session.get(url).raise_for_status()
