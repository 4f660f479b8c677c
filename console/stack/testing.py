"""`manage.py test`: pytest, with leave to fetch a browser when there is none.

The whole suite takes all cores, and some of its tests drive real processes against real clocks. A
few that failed there are run once more with nothing beside them. One that holds then is named as
unsteady: a fault to mend, in the product or in the test, and not one of the change at hand.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from console.stack import places
from console.stack.parent_death import tied_to_parent

NAMED_IN = "SIGNALBOX_INSTALL_BROWSER"
# three at a time, for on two cores one of them waits; a file's tests in one process and in their
# order; `-n 0` runs all in one
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
AGAIN = ("-n", "0", "--last-failed", "-q")
FAILED = 1
"""What pytest ends with when it ran to its end and tests failed."""
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Hundreds of processes are begun by the tests: none compiles again what an earlier one has, even
where whoever calls has told Python to keep nothing.
"""
FEW = 5
"""More failures than these are no accident, and nothing is run again."""
ONCE = "--once"
"""The whole suite without a second try, for who looks for unsteady tests."""


def main(arguments: Sequence[str]) -> int:
    whole = not arguments
    code = tried([*SIDE_BY_SIDE, *(each for each in arguments if each != ONCE)])
    failed = last_failed(places.ROOT) if whole and code == FAILED else []
    if not 0 < len(failed) <= FEW:
        return code
    print(f"\nOnce more, with nothing beside them: {len(failed)} that failed.", flush=True)
    again = tried(AGAIN)
    still = set(last_failed(places.ROOT)) if again else set()
    for name in failed:
        print(f"{'FAILED TWICE' if name in still else 'UNSTEADY'} {name}", flush=True)
    return again


def last_failed(root: Path) -> list[str]:
    """The names of the tests that failed when they last ran, as pytest keeps them."""
    kept = root / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return sorted(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else []


def tried(arguments: Sequence[str]) -> int:
    """Run pytest; gives what it ended with."""
    environment = {**os.environ, NAMED_IN: "1", UNCOMPILED: ""}
    parent_death = tied_to_parent(signal.SIGKILL, os.getpid())
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
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
