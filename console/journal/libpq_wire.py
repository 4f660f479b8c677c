"""One prepared statement at a time, sent through libpq on an event loop: for the statement of every
commit a cursor costs too much. Parameters and results are text.

The connection must be the caller's alone from `send` until `receive` has returned.
"""

import asyncio
import itertools
import select
from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators, pq, waiting

Connection = psycopg.AsyncConnection[Any]
WireTalk = Generator[int, int, list[pq.abc.PGresult]]
WireRow = tuple[str | None, ...]
STAND = 1  # ms
DROPPED = psycopg.errors.InvalidSqlStatementName
"""psycopg drops all statements of a connection after a rollback, if it had prepared any of its own:
ours go with them.
"""
_numbers = itertools.count()
_prepared: "WeakKeyDictionary[Connection, dict[str, bytes]]" = WeakKeyDictionary()


class Sent:
    """A statement on its way: `receive` waits for its rows. `again` sends it once more, prepared
    anew.
    """

    def __init__(
        self, connection: Connection, again: Callable[[], Awaitable["Sent"]] | None = None
    ) -> None:
        self.connection = connection
        self._again = again
        self._talk: WireTalk = generators.execute(connection.pgconn)
        self._results: list[pq.abc.PGresult] | None = None
        self._wanted = self._go_on(None)  # this flushes as much as the socket takes

    async def receive(self, standing: bool = False) -> list[WireRow]:
        """The rows. Raises psycopg's errors; after one the connection's statements are prepared
        anew.

        `standing` waits for the first millisecond without yielding the loop, for a caller who knows
        that nobody else wants it.
        """
        # what was done since it was sent may have taken longer than the answer
        self._wanted = self._go_on(self._wanted)
        if standing and self._results is None:
            self._wanted = self._go_on(_stood(self.connection.pgconn.socket, self._wanted))
        while self._results is None:
            self._wanted = self._go_on(await _ready(self.connection.pgconn.socket, self._wanted))
        result = self._results[-1]
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            _prepared.pop(self.connection, None)
            error = psycopg.errors.error_from_result(result)
            if (
                self._again
                and isinstance(error, DROPPED)
                and self.connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
            ):
                return await (await self._again()).receive()
            raise error
        return [
            tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
            for row in range(result.ntuples)
        ]

    def _go_on(self, ready: int | None) -> int:
        """What to wait for next, given what the socket is ready for; 0 once there are results."""
        if self._results is not None:
            return 0
        try:
            return next(self._talk) if ready is None else self._talk.send(ready)
        except StopIteration as end:
            self._results = end.value
            return 0


async def send(
    connection: Connection, text: str, params: Sequence[str | None], *, anew: bool = False
) -> Sent:
    """Send the statement, prepared at its first time.

    Raises DataError for a NUL: libpq would cut the text there.

    A statement that was dropped behind our back was run by nobody: it is sent once more, `anew`.
    """
    if "\x00" in "".join(filter(None, params)):
        raise psycopg.DataError("text for the database cannot contain NUL")
    values = [None if value is None else value.encode() for value in params]
    names = _prepared.get(connection)
    name = names.get(text) if names else None
    if name is None:
        name = await _prepare(connection, text)
    connection.pgconn.send_query_prepared(name, values)
    return Sent(connection, None if anew else partial(send, connection, text, params, anew=True))


async def _prepare(connection: Connection, text: str) -> bytes:
    name = b"journal_%d" % next(_numbers)
    connection.pgconn.send_prepare(name, text.encode())
    await Sent(connection).receive()
    _prepared.setdefault(connection, {})[text] = name
    return name


def _stood(socket: int, wanted: int) -> int:
    """What the socket can do within a millisecond; a round of the loop costs a fifth of what most
    answers take.
    """
    waiter = select.poll()
    waiter.register(
        socket, select.POLLIN if wanted == waiting.WAIT_R else select.POLLIN | select.POLLOUT
    )
    waiter.poll(STAND)
    return wanted


async def _ready(socket: int, wanted: int) -> int:
    """Wait until the socket can do something of what is wanted; which, in psycopg's bits."""
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[int] = loop.create_future()
    if wanted & waiting.WAIT_R:
        loop.add_reader(socket, _wake, woken, waiting.READY_R)
    if wanted & waiting.WAIT_W:
        loop.add_writer(socket, _wake, woken, waiting.READY_W)
    try:
        return await woken
    finally:
        if wanted & waiting.WAIT_R:
            loop.remove_reader(socket)
        if wanted & waiting.WAIT_W:
            loop.remove_writer(socket)


def _wake(woken: "asyncio.Future[int]", ready: int) -> None:
    if not woken.done():
        woken.set_result(ready)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
