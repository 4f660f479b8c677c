"""A request goes to the very address that was checked,
whatever the resolver says a moment later."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from console.outside import addresses, outgoing
from tests.patience import PATIENCE, until

NAME = "rebind.example"
LOCAL, METADATA = "127.0.0.1", "169.254.169.254"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Server:
    """Takes connections, keeps what it was sent first, and answers."""

    listener: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65_536))
                connection.sendall(ANSWER)


@pytest.fixture
def server() -> Iterator[Server]:
    with socket.create_server((LOCAL, 0)) as listener:
        serving = Server(listener)
        thread = threading.Thread(target=serving.serve, daemon=True)
        thread.start()
        yield serving
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is one of the house's own, so that it may lead to this machine."""
    monkeypatch.setenv(addresses.OWN_HOSTS, NAME)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A resolver that gives one answer after the other for the name, the last one from then on."""

    def says(*answers: str) -> list[str]:
        left, asked, real = list(answers), list[str](), socket.getaddrinfo

        def look(host: Any, port: Any, *rest: Any, **facts: Any) -> Any:
            if host != NAME:
                return real(host, port, *rest, **facts)
            asked.append(left.pop(0) if len(left) > 1 else left[0])
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port or 0))
                for each in asked[-1].split()
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look)
        return asked

    return says


def get(url: str) -> int:
    with outgoing.client(PATIENCE) as client:
        return client.get(url).status_code


async def aget(url: str) -> int:
    async with outgoing.async_client(outgoing.Timeout(PATIENCE)) as client:
        return (await client.get(url)).status_code


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_followed(
    resolver: Callable[..., list[str]],
) -> None:
    asked = resolver(LOCAL, METADATA)
    assert addresses.reached_problem(f"http://{NAME}/") == ""
    with pytest.raises(outgoing.TransportError, match="credentials of this machine"):
        get(f"http://{NAME}/latest/meta-data/")
    assert asked == [LOCAL, METADATA]


async def test_nor_is_it_on_the_event_loop(resolver: Callable[..., list[str]]) -> None:
    resolver(LOCAL, METADATA)
    assert addresses.reached_problem(f"http://{NAME}/") == ""
    with pytest.raises(outgoing.TransportError, match="credentials of this machine"):
        await aget(f"http://{NAME}/latest/meta-data/")


def test_the_address_that_was_looked_up_is_the_one_connected_to(
    resolver: Callable[..., list[str]], server: Server
) -> None:
    asked = resolver(LOCAL, METADATA)
    assert get(f"http://{NAME}:{server.port}/") == 200
    assert asked == [LOCAL]
    assert f"Host: {NAME}:{server.port}".encode() in server.heard[0]


async def test_so_it_is_on_the_event_loop(
    resolver: Callable[..., list[str]], server: Server
) -> None:
    asked = resolver(LOCAL, METADATA)
    assert await aget(f"http://{NAME}:{server.port}/") == 200
    assert asked == [LOCAL]
    assert f"Host: {NAME}:{server.port}".encode() in server.heard[0]


def test_a_certificate_is_asked_for_by_the_name_and_not_by_the_address(
    resolver: Callable[..., list[str]], server: Server
) -> None:
    resolver(LOCAL)
    with pytest.raises(outgoing.HTTPError):
        get(f"https://{NAME}:{server.port}/")
    until(lambda: server.heard, "the handshake")
    assert NAME.encode() in server.heard[0]


@pytest.mark.parametrize("answer", [f"{LOCAL} {METADATA}", f"{METADATA} {LOCAL}"])
def test_an_answer_in_which_one_address_is_refused_is_refused_whole(
    resolver: Callable[..., list[str]], answer: str, server: Server
) -> None:
    resolver(answer)
    with pytest.raises(outgoing.TransportError, match="credentials"):
        get(f"http://{NAME}:{server.port}/")
    assert server.heard == []


def test_the_next_address_is_tried_when_nobody_listens_at_the_first(
    resolver: Callable[..., list[str]], server: Server
) -> None:
    resolver(f"127.0.0.9 {LOCAL}")
    assert get(f"http://{NAME}:{server.port}/") == 200


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/"]
)
def test_an_address_by_itself_is_checked_as_well(url: str) -> None:
    with pytest.raises(outgoing.TransportError, match="credentials"):
        get(url)


async def test_a_name_that_turns_inwards_after_it_was_checked_reaches_nobody(
    resolver: Callable[..., list[str]], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(addresses.OWN_HOSTS)
    resolver("93.184.216.34", LOCAL)
    assert addresses.reached_problem(f"http://{NAME}:{server.port}/") == ""
    with pytest.raises(outgoing.TransportError, match="by another name"):
        get(f"http://{NAME}:{server.port}/")
    with pytest.raises(outgoing.TransportError, match="by another name"):
        await aget(f"http://{NAME}:{server.port}/")
    assert server.heard == []
