"""`manage.py test`: pytest, with leave to fetch a browser when there is none."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from console.stack import places
from console.stack.parent_death import tied_to_parent

NAMED_IN = "SIGNALBOX_INSTALL_BROWSER"
# three at a time, for on two cores one of them waits; a file's tests in one process and in their
# order; `-n 0` runs all in one
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def main(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *arguments]
    environment, parent_death = (
        {**os.environ, NAMED_IN: "1"},
        tied_to_parent(signal.SIGKILL, os.getpid()),
    )
    with subprocess.Popen(
        command,
        cwd=places.ROOT,
        env=environment,
        preexec_fn=parent_death,  # noqa: PLW1509  between fork and exec, no threads yet
    ) as running:
        return _code(running)


def _code(running: subprocess.Popen[bytes]) -> int:
    """A Ctrl-C reaches pytest as well, which takes its time to put everything away."""
    while True:
        try:
            return running.wait()
        except KeyboardInterrupt:
            continue
