"""A worker that dies or stands still under load: its guardian ends it whole, gives its runs up, and
others have them at once.
"""

import os
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from runs.runtime import lease
from tests.fire.conftest import Told
from tests.fire.stack import Stack, answering, burning, calling, go_on
from tests.fire.test_under_load import RUNS, survives
from tests.patience import until
from tests.stack.launches import alive, descendants

FROZEN = 12.0
HELD_OFF = 270.0
"""Its tool is cut off for longer after each worker that it ends, which holds its run up as well."""
BYSTANDERS = 20
INLINE = {"SIGNALBOX_TOOL_PROCESSES": "0"}


def takeovers(stack: Stack, runs: Sequence[str], since: float) -> list[dict[str, Any]]:
    """The leases that followed on a loss which somebody saw, `late` by so many seconds."""
    found = [
        event
        for run in runs
        for event in stack.ask("journal", run=run)
        if event["kind"] == "run.leased" and event["at"] > since
    ]
    return [event | {"late": event["at"] - since} for event in found if event["data"].get("after")]


def figures(name: str, taken: Sequence[dict[str, Any]]) -> str:
    late = sorted(event["late"] for event in taken)
    p99 = late[max(0, round(0.99 * len(late)) - 1)]
    blamed = sum(event["data"]["blamed"] for event in taken)
    return (
        f"{name}: {len(late)} runs taken over after p50 {statistics.median(late):.2f} s, p99"
        f" {p99:.2f} s, max {late[-1]:.2f} s; counted against {blamed}"
    )


def loses_its_worker(
    stack: Stack, told: Told, name: str, number: signal.Signals
) -> list[dict[str, Any]]:
    """A worker with half of the load gets the signal; nothing may be doubled or lost by that.

    Its takeovers.
    """
    at: list[float] = []

    def fault() -> None:
        at.append(time.time())
        os.kill(stack.workers()[0], number)

    runs = list(survives(stack, told, name, fault))
    taken = takeovers(stack, runs, at[0])
    told(figures(name, taken))
    assert len(taken) >= RUNS // 4
    return taken


@pytest.mark.slow
def test_what_a_killed_worker_held_is_taken_over_at_once(stack: Stack, told: Told) -> None:
    taken = loses_its_worker(stack, told, "kill -9 of a loaded worker", signal.SIGKILL)
    assert all(event["data"]["after"].startswith("ended: SIGKILL") for event in taken)
    assert max(event["late"] for event in taken) < lease.TTL, (
        "they were found by their leases, not given up"
    )


@pytest.mark.slow
def test_a_worker_that_stands_still_is_ended_and_never_wakes(stack: Stack, told: Told) -> None:
    before = stack.workers()[0]
    taken = loses_its_worker(stack, told, "SIGSTOP of a loaded worker", signal.SIGSTOP)
    assert not go_on(before) or not alive(before)
    assert all(event["data"]["after"].startswith("stood still for ") for event in taken)
    assert max(event["late"] for event in taken) <= FROZEN


def test_a_worker_ends_with_its_guardian_and_all_it_started_ends_with_it(stack: Stack) -> None:
    [run] = stack.start(calling("fire_idem", n=1, seconds=3.0) + answering())
    until(lambda: len(stack.ledger(run)) == 1, "the call")
    guardian = next(
        pid for pid in stack.guardians() if stack.ledger(run)[0].pid in descendants(pid)
    )
    below = descendants(guardian)
    os.kill(guardian, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in below), "all below the guardian to end")
    assert stack.rests([run])[run]["status"] == "completed"


def held(stack: Stack, runs: Sequence[str], met: Callable[[dict[str, Any]], bool]) -> bool:
    return all(met(row) for row in stack.ask("look", runs=list(runs)).values())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_run_that_ends_its_workers_takes_no_innocent_one_along(
    tmp_path: Path, told: Told
) -> None:
    with burning(tmp_path, "--workers", "1", beside=INLINE) as stack:
        waiting = stack.start(
            calling("fire_wait", n=1, seconds=100.0) + answering(), BYSTANDERS // 2
        )
        planning = stack.start(
            calling("fire_read", n=1) + "delay = 100.0\n" + answering(), BYSTANDERS // 2
        )
        until(
            lambda: held(stack, [*waiting, *planning], lambda row: row["lease_owner"] != ""),
            "the bystanders to be held",
        )
        until(lambda: len(stack.ledger()) == len(waiting), "the bystanders to wait")
        [poison] = stack.start(calling("fire_exit_read", n=1) + answering())
        until(
            lambda: stack.look(poison)["status"] == "stopped", "the poison to be stopped", HELD_OFF
        )
        found = stack.ask("look", runs=[*waiting, *planning])
        ended = stack.look(poison)
        deaths = [line for line in stack.ledger(poison) if line.kind == "fire_exit_read"]
        stopped = [row for row in found.values() if row["status"] == "stopped"]
        told(
            f"a poisoned run: {len(deaths)} workers ended by it, {len(stopped)} of {BYSTANDERS}"
            " innocent ones stopped"
        )
        assert ended["stop_reason"] == "CRASH_LOOP"
        assert ended["stop_detail"].startswith(f"{len(deaths)} workers were lost in a row")
        assert "fire_exit_read" in ended["stop_detail"]
        assert "exit code 1" in ended["stop_detail"]
        assert stopped == []
