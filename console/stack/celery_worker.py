"""`python -m console.stack.celery_worker …`: Celery's processes as they are deployed.

A worker for runs has a guardian, which this becomes.

Loads nothing of Django: the guardian is there before that could fail.
"""

import itertools
import os
import sys
from collections.abc import Sequence

from console.stack.guardian import Guardian

COMMAND = (sys.executable, "-m", "console.stack.celery_command")
QUEUES = ("-Q", "--queues")


def takes_runs(arguments: Sequence[str]) -> bool:
    """Whether the command is a worker that may hold leases: any but the clock, whose queue is
    another.
    """
    named = [argument for option, argument in itertools.pairwise(arguments) if option in QUEUES]
    named += [
        argument.partition("=")[2] for argument in arguments if argument.startswith("--queues=")
    ]
    return "worker" in arguments and all("runs" in queues.split(",") for queues in named)


if __name__ == "__main__":
    command = [*COMMAND, *sys.argv[1:]]
    if takes_runs(sys.argv[1:]):
        Guardian(command).guard()
    os.execv(command[0], command)
