"""Knows when a socket's reader does not keep up. Daphne's `send` never waits; its transport says when its buffer is full.

Other servers wait in `send` itself, there the valve is always open.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Valve:
    """A Twisted push producer that only remembers whether it may produce."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's word
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()

    async def wait(self) -> None:
        """Until there is room. Raises TimeoutError after a patience that only a dead reader outlasts."""
        if not self._open.is_set():
            await asyncio.wait_for(self._open.wait(), PATIENCE)


PATIENCE = 60.0


def fit(send: Send) -> Valve:
    """A valve on the transport behind an ASGI `send`. Daphne's is a partial over the protocol, which holds the transport."""
    valve = Valve()
    for bound in getattr(send, "args", ()):
        transport = getattr(bound, "transport", None)
        if transport is not None and hasattr(transport, "registerProducer"):
            transport.unregisterProducer()
            transport.registerProducer(valve, streaming=True)
    return valve
