"""`python -m console.stack.quarantine_worker RUN`: a worker for one run, which
holds nothing beside it.

Guarded by `console.stack.quarantine_process`.
"""

import signal
import sys
from types import FrameType
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from runs import alone
    from runs.models import Run
    from runs.runtime import worker_process  # a room's models can be imported only now

    def drain(_number: int, _frame: FrameType | None) -> None:
        worker_process.drain()

    signal.signal(signal.SIGTERM, drain)
    run = UUID(sys.argv[1])
    lost = Run.objects.filter(pk=run).values_list("crashes", flat=True).first() or 0
    alone.drives(run, lost=lost)
    worker_process.tools_apart()
    worker_process.ready()
    worker_process.advance(run)
    worker_process.rest()
