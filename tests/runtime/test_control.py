"""Pause, resume and kill, whatever the run is doing; and the refusals in words."""

import asyncio
from collections.abc import Mapping

import pytest

from console.journal.pool import pool
from console.json_value import Json
from console.refused import Refused
from runs import services
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Control, RunStatus, StopReason
from runs.models import Run
from runs.runtime import handles, lease, loop, worker_process
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import Bench, answering, calling, kinds, now


class Held:
    """A tool that holds until the test lets go, and says whether it was cancelled."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.cancelled = False

    async def __call__(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return "done"

    def let_go(self) -> None:
        loop.loop().call_soon_threadsafe(self.go.set)


def control_request(bench: Bench, run: Run, act: str) -> None:
    getattr(services, act)(run_id=run.id, actor=bench.user, at=now())
    handle = handles.find(run.id)
    if handle and act == "kill":
        handle.halt()


def test_a_pause_lets_the_call_finish_and_the_resume_goes_on_after_it(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held)
    run = bench.start(calling("look") + calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    control_request(bench, run, "pause")
    assert bench.look(run).control == Control.PAUSE
    held.let_go()
    ended(worker)
    paused = bench.look(run)
    assert (paused.status, paused.stop_reason, paused.control, paused.step) == (
        RunStatus.PAUSED,
        StopReason.USER_PAUSED,
        "",
        1,
    )
    assert not worker_process.advance(run.id)
    control_request(bench, run, "resume")
    done = bench.play(run)
    assert (done.status, done.step) == (RunStatus.COMPLETED, 3)
    assert probe.keys == [f"{run.id}:1.1", f"{run.id}:2.1"]


def test_a_kill_cancels_the_call_in_flight(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, timeout=60)
    run = bench.start(calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    control_request(bench, run, "kill")
    ended(worker)
    killed = bench.look(run)
    assert held.cancelled
    assert (killed.status, killed.stop_reason) == (RunStatus.STOPPED, StopReason.USER_KILLED)
    assert kinds(run)[-4:] == [
        "run.kill_requested",
        "call.returned",
        "run.kill_acknowledged",
        "run.stopped",
    ]


def test_a_kill_that_no_message_carries_is_heard_at_the_next_heartbeat(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, timeout=60)
    run = bench.start(calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    worker.join(lease.BEAT * 3)
    assert held.cancelled
    assert bench.look(run).stop_reason == StopReason.USER_KILLED


def test_a_kill_during_a_planner_call_cancels_it(bench: Bench) -> None:
    run = bench.start('[[step]]\nfinal = "late"\ndelay = 60\n')
    worker = bench.playing(run)
    until(
        lambda: handles.find(run.id) and bench.look(run).status != RunStatus.QUEUED,
        "no worker took the run",
    )
    control_request(bench, run, "kill")
    ended(worker)
    assert bench.look(run).stop_reason == StopReason.USER_KILLED


def test_a_kill_undoes_what_the_run_did(bench: Bench) -> None:
    held = Held()
    booked = bench.tool("book", has_undo=True)
    waiting = bench.tool("look", held, timeout=60)
    run = bench.start(calling("book") + calling("book") + calling("look") + answering())
    worker = bench.playing(run)
    assert waiting.begun.wait(PATIENCE)
    control_request(bench, run, "kill")
    ended(worker)
    killed = bench.look(run)
    assert booked.undone == [f"{run.id}:2.1:undo", f"{run.id}:1.1:undo"]
    assert (killed.stop_reason, killed.undone, killed.to_undo) == (StopReason.USER_KILLED, 2, 2)


def test_a_queued_run_is_paused_at_once_and_killed_by_the_next_worker(bench: Bench) -> None:
    run = bench.start(answering())
    control_request(bench, run, "pause")
    assert bench.look(run).status == RunStatus.PAUSED
    control_request(bench, run, "kill")
    assert (bench.look(run).status, bench.look(run).control) == (RunStatus.PAUSED, Control.KILL)
    assert bench.play(run).stop_reason == StopReason.USER_KILLED


def test_a_pause_may_be_taken_back_before_it_takes_effect(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held)
    run = bench.start(calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    control_request(bench, run, "pause")
    control_request(bench, run, "resume")
    held.let_go()
    ended(worker)
    assert bench.look(run).status == RunStatus.COMPLETED


@pytest.mark.parametrize("act", ["pause", "resume", "kill", "requeue"])
def test_an_ended_run_refuses_every_control_request_in_a_sentence(bench: Bench, act: str) -> None:
    run = bench.play(bench.start(answering()))
    with pytest.raises(Refused) as refusal:
        control_request(bench, run, act)
    assert refusal.value.sentence.endswith(".")
    assert bench.look(run).seq == run.seq


def test_a_second_kill_is_refused(bench: Bench) -> None:
    run = bench.start(answering())
    control_request(bench, run, "kill")
    with pytest.raises(Refused, match="already requested"):
        control_request(bench, run, "kill")


def test_a_run_needs_a_goal_and_an_agent_that_is_switched_on(bench: Bench) -> None:
    run = bench.start(answering())
    with pytest.raises(Refused, match="goal"):
        services.start(agent=run.agent, goal="  ", principal=bench.user, at=now())
    run.agent.enabled = False
    with pytest.raises(Refused, match="switched off"):
        services.start(agent=run.agent, goal="x", principal=bench.user, at=now())


def test_a_zombie_changes_nothing_and_says_what_came_back_to_it(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, idempotent=True)
    run = bench.start(calling("look") + answering())
    zombie = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_epoch = lease_epoch + 1, lease_owner = 'another' WHERE id"
            " = %s",
            (run.id,),
        )
    before = bench.look(run).seq
    held.let_go()
    ended(zombie)
    after = bench.look(run)
    assert (after.seq, after.status, after.lease_owner, after.late) == (
        before + 1,
        RunStatus.RUNNING,
        "another",
        0,
    )
    assert kinds(run)[-1] == "call.late"
