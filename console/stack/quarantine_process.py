"""`python -m console.stack.quarantine_process RUN PARENT`: drives one run alone,
with a guardian of its own, and ends with its parent.

This is the guardian, as in `console.stack.celery_worker`.
"""

import signal
import sys

from console.stack.guardian import Guardian
from console.stack.parent_death import put_on_parent_death

COMMAND = (sys.executable, "-m", "console.stack.quarantine_process")


def main(run: str, parent: int) -> None:
    put_on_parent_death(signal.SIGTERM, parent)
    Guardian((sys.executable, "-m", "console.stack.quarantine_worker", run)).guard()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
