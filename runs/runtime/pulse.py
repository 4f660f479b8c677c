"""The pulse of the loop that drives the runs: a byte through a pipe, written by that loop itself,
so that it stops when the loop does.
"""

import asyncio
import contextlib
import faulthandler
import os
import signal

from runs.runtime import life, loop
from runs.toolprocess import recorder

STDERR = 2
DUMP = signal.SIGUSR2
"""Signal that makes the process write the stacks of all threads to stderr, even while the
interpreter is blocked.
"""


def start() -> None:
    """Let whoever watches over this process see that its loop goes round. Does nothing when nobody
    watches.
    """
    descriptor = life.watcher()
    if descriptor is None:
        return
    faulthandler.enable(file=STDERR)  # sys.stderr is Celery's by now
    faulthandler.register(DUMP, file=STDERR, all_threads=True)
    recorder.start()
    os.set_blocking(descriptor, False)
    loop.submit(go_on(descriptor))


async def go_on(descriptor: int) -> None:
    while True:
        # a full pipe has beats enough in it; a guardian that is gone takes this process along
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(descriptor, b".")
        await asyncio.sleep(life.BETWEEN)
