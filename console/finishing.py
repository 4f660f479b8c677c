"""Lets requests finish although their browser has left: without that the thread that answers them
would be left behind, with a database connection that nobody gives back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Finishing:
    """An ASGI application around another.

    Daphne cancels it some seconds after a browser left; what is inside is not cancelled, hears of
    the leaving as any ASGI application does, and tidies up as soon as its thread is done.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._under_way: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        work = asyncio.ensure_future(self._application(scope, receive, send))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        await asyncio.shield(work)
