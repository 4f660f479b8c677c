"""Four reads of one decision and the write after them, on real processes: a worker that is killed
in the middle of them, a person's kill, and how long it takes.
"""

import os
import signal

import pytest

from console.chaos.world_book import Line
from tests.fire.conftest import Told
from tests.fire.stack import ENDED, Stack, answering
from tests.patience import until

READS = 4
TOGETHER = 2.6
"""Seconds within which four reads of two seconds each are back."""


def turn(seconds: float, *, write: float | None = None) -> str:
    """One decision: four reads that take so long, and a write that takes its own time."""
    calls = [
        f'{{ tool = "fire_read", args = {{ n = {n}, seconds = {seconds} }} }}' for n in range(4)
    ]
    if write is not None:
        calls.append(f'{{ tool = "fire_irrlook", args = {{ n = 9, seconds = {write} }} }}')
    return f"[[step]]\ncall = [{', '.join(calls)}]\n"


def of(stack: Stack, run: str, kind: str) -> list[Line]:
    return [line for line in stack.ledger(run) if line.kind == kind]


def returned(stack: Stack, run: str) -> list[str]:
    """The calls that came back, in order; one that is in doubt, or tried again, has not."""
    return [
        event["data"]["call"]
        for event in stack.ask("journal", run=run)
        if event["kind"] == "call.returned" and not event["data"].get("retry_at")
    ]


def test_four_reads_in_flight_and_a_write_due_outlive_their_worker(
    stack: Stack, told: Told
) -> None:
    [run] = stack.start(turn(6.0, write=0.0) + answering())
    until(lambda: len(of(stack, run, "fire_read")) == READS, "four reads")
    assert of(stack, run, "fire_irrlook") == []
    os.kill(stack.worker_of(stack.ledger(run)[0].pid), signal.SIGKILL)
    assert stack.rests([run])[run]["status"] == "completed"
    writes, reads = of(stack, run, "fire_irrlook"), of(stack, run, "fire_read")
    told(f"killed with four reads in flight: {len(reads)} reads, {len(writes)} write")
    assert len(writes) == 1
    assert {line.key for line in reads} == {f"{run}:1.{place}" for place in range(1, READS + 1)}
    assert max(line.at for line in reads) < writes[0].at
    back = returned(stack, run)
    assert (sorted(back), back[-1]) == (["1.1", "1.2", "1.3", "1.4", "1.5"], "1.5")


def test_a_write_in_flight_after_its_reads_is_looked_up_and_never_made_twice(
    stack: Stack,
) -> None:
    [run] = stack.start(turn(0.2, write=8.0) + answering())
    until(lambda: len(of(stack, run, "fire_irrlook")) == 1, "the write")
    os.kill(stack.worker_of(of(stack, run, "fire_irrlook")[0].pid), signal.SIGKILL)
    assert stack.rests([run])[run]["status"] == "completed"
    assert len(of(stack, run, "fire_irrlook")) == 1
    assert len(of(stack, run, "fire_read")) == READS
    assert "call.looked_up" in stack.kinds(run)
    assert sorted(returned(stack, run)) == ["1.1", "1.2", "1.3", "1.4", "1.5"]


def test_a_persons_kill_closes_all_four_and_the_write_is_never_made(stack: Stack) -> None:
    [run] = stack.start(turn(20.0, write=0.0) + answering())
    until(lambda: len(of(stack, run, "fire_read")) == READS, "four reads")
    stack.ask("kill", run=run)
    until(lambda: stack.look(run)["status"] in ENDED, "the run to end")
    assert stack.look(run)["stop_reason"] == "USER_KILLED"
    assert of(stack, run, "fire_irrlook") == []
    kinds = stack.kinds(run)
    confirmed = kinds.index("run.kill_acknowledged")
    assert sorted(returned(stack, run)) == ["1.1", "1.2", "1.3", "1.4"]
    assert "call.returned" not in kinds[confirmed:]


@pytest.mark.slow
def test_four_reads_of_two_seconds_take_no_longer_than_one_and_a_little(
    stack: Stack, told: Told
) -> None:
    [warm] = stack.start(turn(0.0) + answering())
    stack.rests([warm])
    [run] = stack.start(turn(2.0) + answering())
    stack.rests([run])
    events = stack.ask("journal", run=run)
    began = next(event["at"] for event in events if event["kind"] == "step.planned")
    last = max(event["at"] for event in events if event["kind"] == "call.returned")
    told(f"four reads of 2 s: {last - began:.2f} s")
    assert last - began <= TOGETHER
