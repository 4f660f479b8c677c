"""Connects to the address that was checked: a name is looked up once, at the moment of connecting,
and nothing else is asked again.

A name whose answer changes between a check and the connection (DNS rebinding) gains nothing. Host
header and TLS name stay those of the URL. Through a proxy that the environment names, it is the
proxy that looks names up.
"""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import httpcore2
import httpx2

from console.outside import addresses

Client = TypeVar("Client", httpx2.Client, httpx2.AsyncClient)
Found = list[tuple[Any, ...]]
REFUSED = "it has an address that leads to the credentials of this machine"


def guarded(client: Client) -> Client:
    """The given client, which from now on connects to no address that may not be reached. Neither
    library has an option for it.
    """
    pool = client._transport._pool  # type: ignore[attr-defined]  # noqa: SLF001
    real = pool._network_backend  # noqa: SLF001
    mine = Sync(real) if isinstance(real, httpcore2.NetworkBackend) else Async(real)
    pool._network_backend = mine  # noqa: SLF001
    return client


def allowed(host: str, found: Found) -> Iterator[str]:
    """The addresses of a resolver's answer, in its order. Raises for all when one may not be
    reached, since nobody mixes those in by accident.
    """
    each = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if addresses.problem(f"http://{_bracketed(host)}") or any(
        addresses.problem(f"http://{_bracketed(one)}") for one in each
    ):
        raise httpcore2.ConnectError(REFUSED)
    yield from each


def _bracketed(host: str) -> str:
    return f"[{host.partition('%')[0]}]" if ":" in host else host


class Sync(httpcore2.NetworkBackend):
    """The backend for threads."""

    def __init__(self, real: httpcore2.NetworkBackend) -> None:
        self._real = real

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found: Found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in allowed(host, found):
            try:
                return self._real.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


class Async(httpcore2.AsyncNetworkBackend):
    """The backend for the event loop."""

    def __init__(self, real: httpcore2.AsyncNetworkBackend) -> None:
        self._real = real

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        looking = asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        try:
            found: Found = list(await asyncio.wait_for(looking, timeout))
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"nobody says where {host} is") from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        failed: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in allowed(host, found):
            try:
                return await self._real.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)
