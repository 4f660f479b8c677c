"""`python -m console.stack.quarantined RUN`: a worker for one run, which holds nothing beside it.

Guarded by `console.stack.quarantine`.
"""

import signal
import sys
from types import FrameType
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from runs.runtime import work  # a room's models can be imported only now

    def drain(_number: int, _frame: FrameType | None) -> None:
        work.drain()

    signal.signal(signal.SIGTERM, drain)
    work.tools_apart()
    work.ready()
    work.advance(UUID(sys.argv[1]))
    work.rest()
