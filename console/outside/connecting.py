"""Connects to the address that was checked: a name is looked up once, at the moment of connecting,
and nothing else is asked again.

A name whose answer changes between a check and the connection (DNS rebinding) gains nothing. Host
header and TLS name stay those of the URL. Through a proxy that the environment names, it is the
proxy that looks names up.
"""

import asyncio
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore2

from console.outside import addresses

Found = list[tuple[Any, ...]]


def allowed(host: str, found: Found) -> Iterator[str]:
    """The addresses of a resolver's answer, in its order. Raises for all when one may not be
    reached, since nobody mixes those in by accident.
    """
    each = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if wrong := addresses.reason(host, each):
        raise httpcore2.ConnectError(f"it {wrong}")
    yield from each


class Hurried(httpcore2.NetworkStream):
    """A connection that has to be over by a certain time, however slowly the other side goes on.

    `until` is a time of the monotonic clock.
    """

    def __init__(self, real: httpcore2.NetworkStream, until: float) -> None:
        self._real, self._until = real, until

    def _left(self, timeout: float | None, late: type[Exception]) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise late("it took longer than it may")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._real.read(max_bytes, self._left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._real.write(buffer, self._left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._left(timeout, httpcore2.ConnectTimeout)
        return Hurried(self._real.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


class Sync(httpcore2.NetworkBackend):
    """The backend for threads. All that its connections do has to be done within `seconds`."""

    def __init__(self, real: httpcore2.NetworkBackend, seconds: float) -> None:
        self._real, self._until = real, time.monotonic() + seconds

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
                stream = self._real.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
                return Hurried(stream, self._until)
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
