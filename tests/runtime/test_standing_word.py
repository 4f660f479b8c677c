"""What a person decides stands, however their word falls between a worker's steps."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.json_value import Json
from console.refused import Refused
from runs import run_rows, services
from runs.engine import events as e
from runs.engine.ports import ToolCall, ToolContext
from runs.engine.vocabulary import (
    Effect,
    RunStatus,
    StopReason,
    Waiting,
)
from runs.runtime import dependencies, handles, heartbeat
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.handles import Handle
from tests.patience import PATIENCE, ended, forever
from tests.runtime.conftest import Bench, answering, calling, kinds, now


def meanwhile(bench: Bench, act: Callable[[], object]) -> None:
    """Somebody acts while a worker puts the run's tools together, its lease in hand already."""
    whole, acted = dependencies.dependencies(), threading.Event()

    async def toolbox(snapshot: dependencies.Snapshot) -> Bench:
        if not acted.is_set():
            acted.set()
            await asyncio.to_thread(act)
        return bench

    dependencies.configure(replace(whole, toolbox=toolbox))


def test_a_pause_is_never_overwritten_by_a_worker_that_takes_the_run(bench: Bench) -> None:
    run = bench.start(answering())
    meanwhile(bench, lambda: services.pause(run_id=run.id, actor=bench.user, at=now()))
    paused = bench.play(run)
    assert (paused.status, paused.stop_reason, paused.lease_owner, paused.takes) == (
        RunStatus.PAUSED,
        StopReason.USER_PAUSED,
        "",
        0,
    )
    assert kinds(run)[-2:] == ["run.pause_requested", "run.paused"]
    services.resume(run_id=run.id, actor=bench.user, at=now())
    assert bench.play(run).status == RunStatus.COMPLETED


def test_a_pause_of_a_backoff_that_is_just_over_stands(bench: Bench) -> None:
    run = bench.start(answering())
    state = run_rows.state_of(run)
    waits = e.RunWaiting(at=now(), waiting_for=Waiting.BACKOFF, until=now() - timedelta(seconds=1))
    run_rows.appended(run, state, [e.RunLeased(at=now(), owner="w", epoch=0, lost=False), waits])
    meanwhile(bench, lambda: services.pause(run_id=run.id, actor=bench.user, at=now()))
    assert bench.play(run).status == RunStatus.PAUSED


def test_a_kill_while_a_worker_puts_the_tools_together_is_confirmed_at_once(bench: Bench) -> None:
    never = threading.Event()
    run, whole = bench.start(answering()), dependencies.dependencies()

    async def toolbox(snapshot: dependencies.Snapshot) -> Bench:
        if not never.is_set():
            never.set()
            await forever()
        return bench

    dependencies.configure(replace(whole, toolbox=toolbox))
    worker = bench.playing(run)
    assert never.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    assert bench.look(run).stop_reason == StopReason.USER_KILLED


def test_a_worker_begun_anew_confirms_the_kill_before_it_judges_a_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging may be what froze the worker before."""
    bench.tool("look", bench.forever, timeout=60)
    run = bench.start(calling("look") + calling("look") + answering())
    worker = bench.playing(run)
    assert bench.tools["look"].begun.wait(PATIENCE)
    bench.lose(run)
    ended(worker)
    services.kill(run_id=run.id, actor=bench.user, at=now())

    def frozen(*args: object, **facts: object) -> None:
        assert "run.kill_acknowledged" in kinds(run), (
            "something was computed before the kill was confirmed"
        )

    for name in ("prepare", "may_call", "observe", "may_plan", "watch"):
        monkeypatch.setattr(OwnRules, name, frozen)
    monkeypatch.setattr("runs.runtime.claiming.planner_of", frozen)
    killed = bench.play(run)
    assert killed.stop_reason == StopReason.USER_KILLED
    assert kinds(run)[-4:] == [
        "run.leased",
        "call.returned",
        "run.kill_acknowledged",
        "run.stopped",
    ]


def test_a_kill_in_a_call_is_confirmed_before_its_tool_is_asked_what_became_of_it(
    bench: Bench,
) -> None:
    seen: list[RunStatus] = []
    run_of: list[Any] = []
    refund = bench.tool(
        "refund",
        bench.forever,
        timeout=60,
        effect=Effect.IRREVERSIBLE,
        has_lookup=True,
        has_undo=True,
    )

    async def lookup(args: Mapping[str, Json], context: ToolContext) -> Any:
        found = await asyncio.to_thread(bench.look, run_of[0])
        seen.append(RunStatus(found.status))
        return refund.found

    run = bench.start(calling("refund") + answering())
    run_of.append(run)
    refund.found = bench.happened({"paid": 5})
    refund.lookup = lookup  # type: ignore[method-assign]
    worker = bench.playing(run)
    assert refund.begun.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    killed = bench.look(run)
    assert seen == [RunStatus.COMPENSATING]
    assert (killed.stop_reason, killed.undone, killed.to_undo) == (StopReason.USER_KILLED, 1, 1)
    assert refund.undone == [f"{run.id}:1.1:undo"]


@pytest.mark.parametrize("happened", [True, False])
def test_a_kill_that_leaves_a_call_in_doubt_asks_a_person_and_hears_them(
    bench: Bench, *, happened: bool
) -> None:
    booked = bench.tool("book", bench.forever, timeout=60, effect=Effect.REVERSIBLE, has_undo=True)
    run = bench.start(calling("book") + answering())
    worker = bench.playing(run)
    assert booked.begun.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    assert (bench.look(run).status, bench.look(run).stop_reason) == (
        RunStatus.STOPPED,
        StopReason.KILLED_IN_DOUBT,
    )
    services.settle(run_id=run.id, actor=bench.user, at=now(), happened=happened, note="I looked")
    settled = bench.play(run)
    assert (settled.stop_reason, len(booked.undone)) == (StopReason.USER_KILLED, int(happened))


def test_only_a_call_in_doubt_can_be_settled(bench: Bench) -> None:
    """A call that failed and waits for its next attempt is known to have failed."""
    run = bench.start(answering())
    flight: dict[str, Any] = {"step": 1, "tool": "pay", "call": "1.1"}
    known = e.CallIntended(
        at=now(), **flight, ref="r", args={}, key="1.1", effect=Effect.IRREVERSIBLE
    )
    planned = e.StepPlanned(at=now(), step=1, calls=(ToolCall("r", "pay", {}),))
    failed = e.CallReturned(
        at=now(),
        **flight,
        outcome="error",  # type: ignore[arg-type]
        verdict="failed",  # type: ignore[arg-type]
        retry_at=now() + timedelta(hours=1),
    )
    waits = e.RunWaiting(at=now(), waiting_for=Waiting.BACKOFF, until=now() + timedelta(hours=1))
    leased = e.RunLeased(at=now(), owner="w", epoch=0, lost=False)
    run_rows.appended(run, run_rows.state_of(run), [leased, planned, known, failed, waits])
    with pytest.raises(Refused, match="No call of this run is in doubt"):
        services.settle(run_id=run.id, actor=bench.user, at=now(), happened=True, note="I looked")


def test_a_run_given_back_with_its_last_event_is_no_lost_lease(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    run = bench.start(answering())
    handle = Handle(run.id, 1)
    handles.hold(handle)
    handle.leaving = True
    heartbeat.attend(handle, None, 0.0)
    left_in_peace = not handle.halted
    handle.leaving = False
    heartbeat.attend(handle, None, 0.0)
    handles.drop(handle)
    assert (left_in_peace, handle.halted) == (True, True)
    assert len([record for record in caplog.records if "lease lost" in record.message]) == 1
