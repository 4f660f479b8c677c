"""The process's one asyncio loop, in a thread of its own: provider and tool calls run here, so that
a kill can cancel them.
"""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The loop, started on first use."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_go_on, args=(_loop,), name="calls", daemon=True).start()
        return _loop


def _go_on(mine: asyncio.AbstractEventLoop) -> None:
    """Keep the loop running when a tool exits: that ends the tool's own call, not the loop of all
    others in this process.
    """
    while True:
        try:
            mine.run_forever()
        except BaseException:
            log.exception("the calls' loop was left; it goes on")
        else:
            return


def submit(work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run `work` on the loop; cancelling the future cancels the work."""
    return asyncio.run_coroutine_threadsafe(work, loop())


def run(work: Awaitable[T], timeout: float) -> T:
    """Run `work` on the loop and wait for it, at most `timeout` seconds."""
    return submit(asyncio.wait_for(work, timeout)).result()
