"""The one way out over HTTP, for webhooks, tool servers, models and tools that fetch.

Whoever asks somebody outside has a client from here: it connects to no address that may not be
reached, follows no redirect to another, and reads no more than it was told to. The errors of the
library are named here too, so that nobody else needs it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import httpx2

from console.outside import addresses, connecting

Auth = httpx2.Auth
Client = httpx2.Client
AsyncClient = httpx2.AsyncClient
Response = httpx2.Response
Timeout = httpx2.Timeout
HTTPError = httpx2.HTTPError
TransportError = httpx2.TransportError
TimeoutException = httpx2.TimeoutException
NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
UNUSABLE: Final = (httpx2.InvalidURL, httpx2.UnsupportedProtocol)
CONNECT_SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024 * 1024
STREAM: Final = "text/event-stream"
AnswerHook = Callable[[httpx2.Response], Awaitable[None]]


class AnswerTooLarge(httpx2.RequestError):
    """An answer that is larger than anything that was asked for, or packed so that its size cannot
    be told.
    """


def client(seconds: float, most: int = MOST_BYTES) -> httpx2.Client:
    """A client for one exchange in a thread, which has `seconds` for all of it."""
    made = httpx2.Client(
        timeout=httpx2.Timeout(seconds),
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
        event_hooks={"request": [checked], "response": [lambda answer: bounded(answer, most)]},
    )
    _guard(made, lambda real: connecting.Sync(real, seconds))
    return made


def async_client(
    timeout: httpx2.Timeout,
    *,
    most: int = MOST_BYTES,
    streams: bool = False,
    headers: Mapping[str, str] | None = None,
    auth: httpx2.Auth | None = None,
    connections: int = 100,
    answered: AnswerHook | None = None,
) -> httpx2.AsyncClient:
    """A client for the event loop.

    `streams`: an answer that is a stream of events may go on; whoever reads it bounds each event.
    `answered` is told of each answer before it is read.
    """

    async def before(request: httpx2.Request) -> None:
        checked(request)

    async def after(answer: httpx2.Response) -> None:
        if answered is not None:
            await answered(answer)
        if not (streams and answer.headers.get("content-type", "").lower().startswith(STREAM)):
            bounded(answer, most)

    made = httpx2.AsyncClient(
        timeout=timeout,
        follow_redirects=False,
        headers={"accept-encoding": "identity", **(headers or {})},
        auth=auth,
        limits=httpx2.Limits(
            max_connections=connections, max_keepalive_connections=min(connections, 100)
        ),
        event_hooks={"request": [before], "response": [after]},
    )
    _guard(made, connecting.Async)
    return made


async def post(
    pool: httpx2.AsyncClient,
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    seconds: float,
) -> httpx2.Response:
    """The whole answer to a POST, which has `seconds` for all of it."""
    try:
        async with asyncio.timeout(seconds):
            return await pool.post(url, content=content, headers=dict(headers))
    except TimeoutError as late:
        raise httpx2.ReadTimeout(f"it took longer than {seconds:g} seconds") from late


def checked(request: httpx2.Request) -> None:
    """Refuses an address by what it says itself. Behind a proxy of the environment, which looks
    names up on its own, this is all that is checked.
    """
    if wrong := addresses.problem(str(request.url)):
        raise httpx2.ConnectError(f"it {wrong}", request=request)


def bounded(answer: httpx2.Response, most: int) -> None:
    """Has the answer's body end with `AnswerTooLarge` when it is more than `most` bytes."""
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise AnswerTooLarge(
            "it packed its answer, which it was not asked to", request=answer.request
        )
    stated = answer.headers.get("content-length", "")
    if stated.isdecimal() and answer.request.method != "HEAD" and int(stated[:19]) > most:
        raise _over(most, answer.request)
    stream: Any = answer.stream
    kind = CountedBody if isinstance(stream, httpx2.SyncByteStream) else AsyncCountedBody
    answer.stream = kind(stream, most, answer.request)


class CountedBody(httpx2.SyncByteStream):
    """A body that is read in a thread."""

    def __init__(self, real: Any, most: int, request: httpx2.Request) -> None:
        self._real, self._left, self._most, self._request = real, most, most, request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._real:
            self._left -= len(piece)
            if self._left < 0:
                raise _over(self._most, self._request)
            yield piece

    def close(self) -> None:
        self._real.close()


class AsyncCountedBody(httpx2.AsyncByteStream):
    """A body that is read on the event loop."""

    def __init__(self, real: Any, most: int, request: httpx2.Request) -> None:
        self._real, self._left, self._most, self._request = real, most, most, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._real:
            self._left -= len(piece)
            if self._left < 0:
                raise _over(self._most, self._request)
            yield piece

    async def aclose(self) -> None:
        await self._real.aclose()


def _over(most: int, request: httpx2.Request) -> AnswerTooLarge:
    return AnswerTooLarge(f"its answer is larger than {most:,} bytes", request=request)


def _guard(made: Any, backend: Callable[[Any], object]) -> None:
    """Puts the backend that checks addresses under a client. No option does that."""
    pool: Any = made._transport._pool  # noqa: SLF001
    pool._network_backend = backend(pool._network_backend)  # noqa: SLF001
