"""Sixty runs of ten calls on two workers, while something is taken away: nothing doubled that may
not be, nothing lost.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from console.chaos.world_book import doubled
from tests.fire.conftest import Told
from tests.fire.stack import Stack, answering, calling, go_on, lasts
from tests.patience import until

RUNS = 60
TOOLS = ("fire_read", "fire_idem", "fire_rev", "fire_revlook", "fire_irrlook") * 2
REPEATABLE = ("fire_read", "fire_idem")
LONG = 150.0


def load() -> str:
    planned = "".join(
        calling(tool, n=place, seconds=0.15) + "delay = 0.4\n" for place, tool in enumerate(TOOLS)
    )
    return planned + answering()


def survives(
    stack: Stack, told: Told, name: str, fault: Callable[[], None]
) -> dict[str, dict[str, Any]]:
    """Starts the load, lets the fault happen, and compares the ledger with the journal once every
    run rests.
    """
    runs = stack.start(load(), RUNS)
    until(lambda: len(stack.ledger()) > RUNS, "the load")
    fault()
    found = stack.rests(runs, LONG)
    mine = set(runs)
    until(
        lambda: not mine & {run for run, *_ in stack.ask("leases")}, "all leases to be given back"
    )
    lines = [line for line in stack.ledger() if line.run in mine]
    twice = doubled(lines)
    not_repeatable = {place: count for place, count in twice.items() if place[1] not in REPEATABLE}
    in_doubt = [run for run, row in found.items() if row["waiting_for"] == "in_doubt"]
    lost = [run for run in runs if run not in in_doubt and unlike(stack, run)]
    told(
        f"{name}: {len(lines)} effects of {RUNS} runs; doubled {len(twice)}, of these not"
        f" idempotent {len(not_repeatable)}; lost {len(lost)}; in doubt {len(in_doubt)}; late"
        f" {sum(row['late'] for row in found.values())}"
    )
    assert not_repeatable == {}
    assert lost == []
    return found


def unlike(stack: Stack, run: str) -> bool:
    """Whether journal and ledger disagree on which calls were made."""
    made = {
        event["data"]["call"]
        for event in stack.ask("journal", run=run)
        if event["kind"] == "call.returned"
    }
    return made != {line.key.rpartition(":")[2] for line in stack.ledger(run)}


@pytest.mark.slow
def test_a_worker_that_stood_still_for_25_seconds_doubles_nothing(stack: Stack, told: Told) -> None:
    def stand_still() -> None:
        pid = stack.workers()[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            lasts(25)
        finally:
            go_on(pid)

    survives(stack, told, "SIGSTOP of a loaded worker for 25 s", stand_still)


@pytest.mark.slow
def test_a_database_that_is_read_only_for_50_seconds_loses_no_result(
    stack: Stack, told: Told
) -> None:
    def fail_over() -> None:
        stack.ask("read_only", on=True)
        try:
            lasts(50)
        finally:
            stack.ask("read_only", on=False)

    found = survives(stack, told, "read-only database for 50 s", fail_over)
    assert [row for row in found.values() if row["waiting_for"] == "in_doubt"] == []
