"""One live socket: who may open it, what it may ask, when it closes. The hub says what it is sent.

It is read-only: nothing that a browser says here changes anything.
"""

import asyncio
import contextlib
import logging
import random
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from console.live import hub, requests, session_reader
from console.live.audience import Watcher
from console.live.batch import Mailbox
from console.live.socket_writer import SocketWriter

log = logging.getLogger(__name__)

RECHECK = 10.0
MOST_REFUSALS = 3

BAD_REQUEST = 4400
SIGNED_OUT = 4401
FORBIDDEN = 4403
TOO_SLOW = 4408
TOO_MANY = 4429
TOO_BIG = 4413
TRY_AGAIN = 4503


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """`/live/`.

    Closes with 4401 when nobody is signed in, 4403 without the permission to see runs; other codes
    are above.

    Codes are of the private range: Daphne sends no others.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._watcher: Watcher | None = None
        self._called = asyncio.Event()
        self._closed = False
        self._counted = False
        self._refusals = 0
        self._allowance = requests.MessageRate()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels' own asks a thread to look for old connections before each message; here each
        question to the database does that itself.
        """
        try:
            await getattr(self, get_handler_name(message))(message)
        except DatabaseError as error:
            await self._no_database(error)

    async def websocket_disconnect(self, _message: dict[str, Any]) -> None:
        raise StopConsumer

    async def connect(self) -> None:
        """Accepts first: a refusal before that reaches a browser as a lost connection, without its
        reason. Only a session that opens one socket after the other is not even shaken hands with.
        """
        self._hub = hub.current()
        self._session = session_reader.session_key(self.scope["headers"])
        if not self._hub.budget.open(self._session, asyncio.get_running_loop().time()):
            await self._shut(TOO_MANY)
            return
        self._counted = True
        await self.accept()
        self._mail = asyncio.Event()
        self._wire = SocketWriter(self.base_send)
        with self._wire.unread():
            await self._seat()

    async def _seat(self) -> None:
        person = await self._hub.desk.welcome(self._session)
        if person is None or not person.may_view:
            await self._turn_away(person)
            return
        watcher = self._watcher = Watcher(Mailbox(self._deliver), person.clearance)
        self._tasks = [
            asyncio.create_task(self._pump(watcher)),
            asyncio.create_task(self._mind(watcher)),
        ]
        self._hub.desk.seat(self._session, person.user, self._called.set)
        await self._hub.join(watcher)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._closed or self._watcher is None:
            return
        if not self._allowance.spend(asyncio.get_running_loop().time()):
            await self._cut_off(TOO_MANY)
            return
        with self._wire.unread():
            await self._answer(self._watcher, text_data or "")

    async def _answer(self, watcher: Watcher, text: str) -> None:
        try:
            watch = requests.parse(text)
        except requests.BadMessage as refused:
            await self._refuse(watcher, refused, text)
        else:
            await self._hub.watch(watcher, watch.topics, watch.since, watch.at)

    async def _refuse(self, watcher: Watcher, refused: requests.BadMessage, text: str) -> None:
        self._refusals += 1
        watcher.mailbox.error(refused.sentence)
        if len(text) > requests.MOST_BYTES:
            await self._cut_off(TOO_BIG)
        elif self._refusals >= MOST_REFUSALS:
            await self._cut_off(BAD_REQUEST)

    async def _cut_off(self, code: int) -> None:
        """Close, and read nothing more of what is still being sent."""
        self._wire.deafen()
        await self._shut(code)

    async def _turn_away(self, person: session_reader.SessionReader | None) -> None:
        await self._shut(SIGNED_OUT if person is None else FORBIDDEN)

    async def _no_database(self, error: DatabaseError) -> None:
        """Close the socket, since nobody's permissions can be checked now."""
        log.warning("a live socket was closed, the database cannot be asked: %s", error)
        await self._shut(TRY_AGAIN)

    async def _shut(self, code: int) -> None:
        """Close once, after the messages that wait. Its tasks end with the connection."""
        if self._closed:
            return
        self._closed = True
        if self._watcher is not None:
            await self._wire.send(self._watcher.mailbox.take())
        await self.close(code=code)

    def _deliver(self, mailbox: Mailbox) -> None:
        """Send what waits: at once when the reader has room, otherwise by the pump."""
        if self._wire.ready:
            self._wire.write(mailbox.take())
        else:
            self._mail.set()

    async def _pump(self, watcher: Watcher) -> None:
        """Send what had to wait once the reader has room; until then newer states replace older
        ones in the mailbox.
        """
        while not self._closed:
            await self._mail.wait()
            try:
                await self._wire.wait()
            except TimeoutError:
                await self._shut(TOO_SLOW)
                return
            self._mail.clear()
            await self._wire.send(watcher.mailbox.take())

    async def _mind(self, watcher: Watcher) -> None:
        """Check permissions and session again and again, since both may end while the socket is
        open.
        """
        while not self._closed:
            await self._until_called()
            try:
                person = await self._hub.desk.standing(self._session)
            except DatabaseError as error:
                await self._no_database(error)
                return
            if person is None or not person.may_view:
                await self._turn_away(person)
            elif person.clearance != watcher.clearance:
                self._hub.clear(watcher, person.clearance)

    async def _until_called(self) -> None:
        """Wait a while, or until the session is said to have ended."""
        # hundreds that came at once must not ask at once
        wait = RECHECK * random.uniform(0.5, 1.0)  # noqa: S311
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._called.wait(), wait)
        self._called.clear()

    def _leave(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._watcher is not None:
            self._hub.desk.leave(self._session, self._called.set)
            self._hub.leave(self._watcher)
        if self._counted:
            self._hub.budget.close(self._session)
