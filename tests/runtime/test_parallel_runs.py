"""Reads of one decision side by side, through the real runtime and the real database."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from console.json_value import Json
from runs import services
from runs.engine import events as e
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Outcome, RunStatus, StopReason, Verdict
from runs.models import Run
from runs.runtime import run_ledger, worker_process
from tests import patience
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import Bench, answering, kinds, now, state_of, stored
from tests.runtime.test_control import Held, control_request

READ: dict[str, Any] = {"idempotent": True, "timeout": 60}


def turn(*tools: str) -> str:
    """One step that calls all of these."""
    calls = ", ".join(
        f'{{ tool = "{tool}", args = {{ n = {n} }} }}' for n, tool in enumerate(tools)
    )
    return f"[[step]]\ncall = [{calls}]\n"


class Doorman:
    """A tool in which calls wait for one another: it lets all in once so many are there."""

    def __init__(self, most: int) -> None:
        self.most, self.there = most, 0
        self.full = asyncio.Event()

    async def __call__(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        self.there += 1
        if self.there == self.most:
            self.full.set()
        await self.full.wait()
        return {"n": args["n"]}


def intents(run: Run) -> list[list[str]]:
    """The calls intended in one commit, commit by commit: those of one moment."""
    found: dict[datetime, list[str]] = {}
    for row in stored(run):
        if row.record.kind == "call.intended":
            found.setdefault(row.record.at, []).append(str(row.record.data["call"]))
    return list(found.values())


def returned(run: Run) -> Sequence[e.CallReturned]:
    return [each for each in run_ledger.events(stored(run)) if isinstance(each, e.CallReturned)]


def test_calls_that_only_read_are_at_work_at_the_same_time(bench: Bench) -> None:
    doorman = Doorman(4)
    bench.tool("look", doorman, **READ)
    run = bench.play(bench.start(turn(*["look"] * 4) + answering()))
    assert (run.status, run.calls, doorman.there) == (RunStatus.COMPLETED, 4, 4)
    assert kinds(run)[2:7] == ["step.planned", *["call.intended"] * 4]
    assert intents(run) == [["1.1", "1.2", "1.3", "1.4"]]
    assert {each.call for each in returned(run)} == {"1.1", "1.2", "1.3", "1.4"}


def test_a_run_may_have_as_many_side_by_side_as_its_agent_says(bench: Bench) -> None:
    bench.tool("look", None, **READ)
    run = bench.play(bench.start(turn(*["look"] * 3) + answering(), parallel_calls=1))
    assert run.status == RunStatus.COMPLETED
    assert intents(run) == [["1.1"], ["1.2"], ["1.3"]]


def test_a_write_waits_for_the_reads_before_it_and_reads_after_it_wait(bench: Bench) -> None:
    order: list[str] = []

    async def noted(args: Mapping[str, Json], context: ToolContext) -> Json:
        order.append(f"begun {context.call}")
        await patience.turn()
        order.append(f"done {context.call}")
        return "ok"

    bench.tool("look", noted, **READ)
    bench.tool("pay", noted, effect="irreversible")
    run = bench.play(bench.start(turn("look", "look", "pay", "look", "look") + answering()))
    assert run.status == RunStatus.COMPLETED
    assert intents(run) == [["1.1", "1.2"], ["1.3"], ["1.4", "1.5"]]
    refs = [row.record.data["ref"] for row in stored(run) if row.record.kind == "call.intended"]
    alone = order.index(f"begun {refs[2]}")
    assert order[alone + 1] == f"done {refs[2]}"
    assert alone == 4


def test_a_decision_with_sixty_five_calls_is_written_and_done(bench: Bench) -> None:
    probe = bench.tool("look", None, **READ)
    run = bench.play(bench.start(turn(*["look"] * 65) + answering()))
    assert (run.status, run.calls) == (RunStatus.COMPLETED, 65)
    assert len(set(probe.keys)) == len(probe.keys) == 65


def test_a_pause_lets_all_that_are_under_way_come_back_and_begins_no_other(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, **READ)
    run = bench.start(turn(*["look"] * 6) + answering(), parallel_calls=3)
    worker = bench.playing(run)
    until(lambda: len(probe.keys) == 3, "three calls")
    control_request(bench, run, "pause")
    held.let_go()
    ended(worker)
    paused = bench.look(run)
    assert (paused.status, paused.calls) == (RunStatus.PAUSED, 3)
    assert len(returned(run)) == 3
    control_request(bench, run, "resume")
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(probe.keys) == len(set(probe.keys)) == 6


def test_a_kill_closes_all_that_are_under_way_and_then_it_is_confirmed(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, **READ)
    pay = bench.tool("pay", effect="irreversible")
    run = bench.start(turn(*["look"] * 4, "pay") + answering())
    worker = bench.playing(run)
    until(lambda: len(probe.keys) == 4, "four calls")
    control_request(bench, run, "kill")
    ended(worker)
    assert bench.look(run).stop_reason == StopReason.USER_KILLED
    assert kinds(run)[-7:] == [
        "run.kill_requested",
        *["call.returned"] * 4,
        "run.kill_acknowledged",
        "run.stopped",
    ]
    assert {each.outcome for each in returned(run)} == {Outcome.CANCELLED}
    assert (state_of(run).flights, pay.keys) == ((), [])


def test_a_kill_that_no_message_carries_closes_them_too(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, **READ)
    run = bench.start(turn(*["look"] * 3) + answering())
    worker = bench.playing(run)
    until(lambda: len(probe.keys) == 3, "three calls")
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    assert held.cancelled
    assert bench.look(run).stop_reason == StopReason.USER_KILLED
    assert state_of(run).flights == ()


def test_what_was_read_when_the_worker_was_lost_is_read_again_and_the_write_made_once(
    bench: Bench,
) -> None:
    probe = bench.tool("look", bench.forever, **READ)
    pay = bench.tool("pay", effect="irreversible")
    run = bench.start(turn(*["look"] * 4, "pay") + answering())
    worker = bench.playing(run)
    until(lambda: len(probe.keys) == 4, "four calls")
    bench.lose(run)
    ended(worker)
    bench.tool("look", None, **READ)
    done = bench.play(run)
    assert (done.status, done.calls, done.waiting_for) == (RunStatus.COMPLETED, 5, "")
    assert pay.keys == [f"{run.id}:1.5"]
    assert len({each.call for each in returned(run)}) == len(returned(run)) == 5
    late = [row.record for row in stored(run) if row.record.kind == "call.late"]
    assert all(record.data["harmless"] for record in late)
    assert done.late == 0


def test_one_that_fails_fails_alone(bench: Bench) -> None:
    async def odd(args: Mapping[str, Json], context: ToolContext) -> Json:
        if args["n"] == 1:
            raise ToolError("no such page")
        return "page"

    bench.tool("look", odd, **READ)
    run = bench.play(bench.start(turn(*["look"] * 3) + answering()))
    assert run.status == RunStatus.COMPLETED
    said = {each.call: each.verdict for each in returned(run)}
    assert said == {"1.1": Verdict.SUCCEEDED, "1.2": Verdict.FAILED, "1.3": Verdict.SUCCEEDED}


def test_a_tool_that_is_gone_is_told_beside_the_others(bench: Bench) -> None:
    held = Held()
    bench.tool("look", held, **READ)
    gone = bench.tool("peek", bench.forever, **READ)
    run = bench.start(turn("look", "peek", "look") + answering())
    worker = bench.playing(run)
    assert gone.begun.wait(PATIENCE)
    bench.lose(run)
    ended(worker)
    bench.tool("look", None, **READ)
    del bench.tools["peek"]
    done = bench.play(run)
    assert done.status == RunStatus.COMPLETED
    errors = [each.error for each in returned(run) if each.error]
    assert errors == ["The tool peek is no longer there."]


def test_a_worker_that_is_asked_to_end_waits_for_all_of_them(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held, **READ)
    run = bench.start(turn(*["look"] * 3) + answering())
    worker = bench.playing(run)
    until(lambda: len(probe.keys) == 3, "three calls")
    worker_process.draining.set()
    try:
        held.let_go()
        ended(worker)
    finally:
        worker_process.draining.clear()
    left = bench.look(run)
    assert (left.status, left.lease_owner) == (RunStatus.RUNNING, "")
    assert len(returned(run)) == 3
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(probe.keys) == 3
