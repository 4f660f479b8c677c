"""What a team's tool does to its process is paid by its own call: no neighbour is doubled, no
worker dies, nothing goes on after a kill.
"""

import os
import signal
from pathlib import Path

from console.chaos.world_book import doubled
from tests.fire.conftest import Told
from tests.fire.stack import Stack, answering, calling
from tests.patience import until
from tests.stack.launches import alive, descendants, name

BYSTANDERS = 10
KILLED = 5.0


def tool_processes(worker: int) -> set[int]:
    """The server of a worker's tool processes, and what was forked from it."""
    return {pid for pid in descendants(worker) if "runs.toolserver" in name(pid)}


def test_bystanders_of_a_tool_that_holds_the_interpreter_are_neither_doubled_nor_asked_about(
    stack: Stack, told: Told
) -> None:
    workers = stack.workers()
    four = "".join(calling("fire_irrlook", n=place, seconds=2) for place in range(4)) + answering()
    bystanders = stack.start(four, BYSTANDERS)
    until(lambda: len(stack.ledger()) >= BYSTANDERS, "the bystanders")
    (hog,) = stack.start(calling("fire_hold", n=1) + answering())
    found = stack.rests([*bystanders, hog], 120.0)
    twice = doubled(line for run in bystanders for line in stack.ledger(run))
    in_doubt = [run for run in bystanders if found[run]["waiting_for"] == "in_doubt"]
    told(
        f"{BYSTANDERS} bystanders of a call that holds the interpreter: doubled {len(twice)}, in"
        f" doubt {len(in_doubt)}"
    )
    assert twice == {}
    assert in_doubt == []
    assert {found[run]["status"] for run in bystanders} == {"completed"}
    assert [line.kind for line in stack.ledger(hog)] == ["begun fire_hold"], (
        "it was made once, and ended before its effect"
    )
    assert stack.workers() == workers, "no worker died of it"


def test_a_tool_that_ends_its_process_puts_in_doubt_what_was_in_that_process_and_nothing_else(
    stack: Stack, told: Told
) -> None:
    workers = stack.workers()
    neighbours = stack.start(calling("fire_irr", n=1, seconds=4) + answering(), 8)
    until(lambda: all(stack.ledger(run) for run in neighbours), "the neighbours")
    (poison,) = stack.start(calling("fire_exit", n=1) + answering())
    found = stack.rests([poison, *neighbours])
    assert found[poison]["waiting_for"] == "in_doubt"
    assert "Its tool process ended: exit code 1" in found[poison]["stop_detail"]
    (ended,) = {line.pid for line in stack.ledger(poison)}
    beside = {run for run in neighbours if stack.ledger(run)[0].pid == ended}
    in_doubt = {run for run in neighbours if found[run]["waiting_for"] == "in_doubt"}
    told(
        f"8 neighbours of a call that ends its process: {len(beside)} in that process, in doubt"
        f" {len(in_doubt)}, doubled 0"
    )
    assert in_doubt == beside
    assert {found[run]["status"] for run in neighbours if run not in beside} <= {"completed"}
    assert doubled(stack.ledger()) == {}
    assert stack.workers() == workers


def test_a_kill_ends_a_blocking_call_and_nothing_happens_after_it(stack: Stack) -> None:
    (run,) = stack.start(calling("fire_later", n=1, seconds=KILLED) + answering())
    until(lambda: bool(stack.ledger(run)), "the call")
    stack.ask("kill", run=run)
    until(lambda: stack.look(run)["status"] == "stopped", "the end")
    until(lambda: not alive(stack.ledger(run)[0].pid), "the end of its process", KILLED)
    assert [line.kind for line in stack.ledger(run)] == ["begun fire_later"]


def test_tool_processes_end_with_their_worker_whatever_they_do(stack: Stack) -> None:
    (run,) = stack.start(calling("fire_later", n=1, seconds=60) + answering())
    until(lambda: bool(stack.ledger(run)), "the call")
    (at_work,) = {line.pid for line in stack.ledger(run)}
    worker = stack.worker_of(at_work)
    theirs = tool_processes(worker)
    assert at_work in theirs
    os.kill(worker, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in theirs), "the end of the tool processes", 5.0)
    assert not Path(f"/proc/{at_work}").exists()
