"""A worker is killed in the middle of an undo: whether it happened is asked, and it is never simply
done again.
"""

import os
import signal

from tests.fire.conftest import Told
from tests.fire.stack import ENDED, Stack, answering, calling
from tests.patience import until


def test_an_undo_whose_worker_was_killed_waits_for_a_person_and_is_done_once(
    stack: Stack, told: Told
) -> None:
    [run] = stack.start(
        calling("fire_rev", n=1, undo_seconds=4.0)
        + calling("fire_read", n=2, seconds=20.0)
        + answering()
    )
    until(lambda: len(stack.ledger(run)) == 2, "the second call")
    stack.ask("kill", run=run)
    until(lambda: len(stack.ledger(run)) == 3, "the undo")
    undo = stack.ledger(run)[-1]
    os.kill(stack.worker_of(undo.pid), signal.SIGKILL)
    found = stack.rests([run])[run]
    assert (found["status"], found["waiting_for"]) == ("compensating", "in_doubt")
    stack.ask("settle", run=run, happened="yes")
    until(lambda: stack.look(run)["status"] in ENDED, "the run to end")
    undos = [line for line in stack.ledger(run) if line.kind == "undo fire_rev"]
    told(f"killed in the middle of an undo: {len(undos)} undo in the ledger")
    assert len(undos) == 1
    assert undo.key == f"{run}:1.1:undo"
