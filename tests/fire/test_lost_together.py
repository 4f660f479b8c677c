"""What nobody is there to see: a worker that stands still with its guardian, a guardian that dies,
a worker that dies while the database is away.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import pytest

from runs.runtime import lease
from tests.fire.conftest import Told
from tests.fire.stack import Stack, go_on, lasts
from tests.fire.test_guardian import figures, takeovers
from tests.fire.test_under_load import survives
from tests.patience import until
from tests.stack.launches import alive, descendants, name

PAST_ITS_LEASE = 25.0
BEAT = 2.0
FOUND = lease.TTL + lease.BEAT + 4 * BEAT
"""A lease that runs out unseen is found by the watchdog, which leaves the living time to renew."""


def stands_still(*pids: int, seconds: float) -> None:
    """Stopped for so long: time itself is the fault here."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        lasts(seconds)
    finally:
        for pid in pids:
            go_on(pid)


@pytest.mark.slow
def test_a_worker_that_stands_still_with_its_guardian_doubles_nothing_when_both_wake(
    stack: Stack, told: Told
) -> None:
    at: list[float] = []

    def fault() -> None:
        guardian = stack.guardians()[0]
        worker = next(pid for pid in stack.workers() if pid in descendants(guardian))
        at.append(time.time())
        stands_still(guardian, worker, *descendants(worker), seconds=PAST_ITS_LEASE)

    title = "SIGSTOP of guardian and worker for 25 s"
    runs = list(survives(stack, told, title, fault))
    taken = takeovers(stack, runs, at[0])
    told(figures(title, taken))
    assert taken
    assert max(event["late"] for event in taken) < PAST_ITS_LEASE


@pytest.mark.slow
def test_a_guardian_that_is_killed_under_load_takes_its_worker_along_and_nothing_is_doubled(
    stack: Stack, told: Told
) -> None:
    at: list[float] = []

    def fault() -> None:
        guardian = stack.guardians()[0]
        below = descendants(guardian)
        at.append(time.time())
        os.kill(guardian, signal.SIGKILL)
        until(lambda: not any(map(alive, below)), "all below the guardian to end", 5.0)

    title = "kill -9 of a guardian"
    runs = list(survives(stack, told, title, fault))
    taken = takeovers(stack, runs, at[0])
    told(figures(title, taken))
    assert max(event["late"] for event in taken) < FOUND


@contextlib.contextmanager
def no_database(stack: Stack) -> Iterator[None]:
    """The server is gone, and nobody starts it anew until the block is over."""
    everything = stack.processes() | {stack.launch.process.pid}
    launchers = [pid for pid in everything if "manage.py up" in name(pid)]
    [server] = [pid for pid in everything if "bin/postgres" in name(pid) and " -D" in name(pid)]
    for pid in launchers:
        os.kill(pid, signal.SIGSTOP)
    try:
        os.kill(server, signal.SIGKILL)
        yield
    finally:
        for pid in launchers:
            go_on(pid)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [3.0, 15.0], ids=["within the lease", "past the lease"])
def test_what_a_worker_held_that_died_while_the_database_was_away_is_taken_over_when_it_is_back(
    stack: Stack, told: Told, seconds: float
) -> None:
    back: list[float] = []

    def fault() -> None:
        with no_database(stack):
            os.kill(stack.workers()[0], signal.SIGKILL)
            lasts(seconds)
        stack.ask("leases")  # answered once the database is
        back.append(time.time())

    title = f"kill -9 of a worker while the database is away for {seconds:g} s"
    runs = list(survives(stack, told, title, fault))
    taken = takeovers(stack, runs, back[0])
    told(figures(f"{title}, from its return on", taken))
    assert taken
    assert max(event["late"] for event in taken) < FOUND
