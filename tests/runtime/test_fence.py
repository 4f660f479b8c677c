"""Nothing foreign is begun once the lease may be over, and what came back after its end is on the
record.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from uuid import uuid4

import pytest
from django.db import connections

from console.journal.pool import pool
from console.json_value import Json
from console.refused import Refused
from runs import fence, services
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.runtime import asked_planner, handles, lease, loop, perform, worker_process
from runs.runtime.handles import Handle
from runs.tools.threads import ThreadPool
from tests.patience import PATIENCE, ended, forever, turn
from tests.runtime.conftest import Bench, answering, calling, kinds, now, stored

TAKE = """UPDATE runs_run SET lease_epoch = lease_epoch + 1, lease_owner = 'other',
    lease_expires_at = now() + interval '1 hour'
    WHERE id = %s"""


def taken(run: Run) -> None:
    """Another worker takes the run, as it may once the lease has run out, and leaves it."""
    with pool().connection() as connection:
        connection.execute(TAKE, (run.id,))


def freed(run: Run) -> None:
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_owner = '', lease_expires_at = NULL WHERE id = %s", (run.id,)
        )


def stood_still(
    monkeypatch: pytest.MonkeyPatch,
    where: ModuleType,
    verb: str,
    meanwhile: Callable[[Handle], None],
) -> None:
    """The process stands still past its lease right before it performs, once; `meanwhile` is what
    the world did.
    """
    real = getattr(where, verb)
    once: list[bool] = []

    async def later(handle: Handle, *rest: object, **named: object) -> object:
        if not once:
            once.append(True)
            handle.good_until = 0.0
            await asyncio.to_thread(meanwhile, handle)
        return await real(handle, *rest, **named)

    monkeypatch.setattr(where, verb, later)


def killed(bench: Bench) -> Run:
    """A run whose first call is to be undone: a person kills it during the second."""

    async def killing(args: Mapping[str, Json], context: ToolContext) -> Json:
        await asyncio.to_thread(killed_now)
        await forever()

    def killed_now() -> None:
        services.kill(run_id=run.id, actor=bench.user, at=now())
        connections.close_all()

    bench.tool("dwell", killing)
    run = bench.start(calling("book") + calling("dwell") + answering())
    return run


def test_a_call_is_not_made_by_a_worker_that_stood_still_past_its_lease(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, run = (
        bench.tool("pay", effect=Effect.IRREVERSIBLE),
        bench.start(calling("pay") + answering()),
    )
    stood_still(monkeypatch, perform, "make", lambda handle: taken(run))
    bench.play(run)
    assert probe.keys == []
    assert "call.returned" not in kinds(run)
    assert "call.late" not in kinds(run)


def test_a_worker_whose_lease_nobody_took_renews_it_and_makes_the_call_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, run = (
        bench.tool("pay", effect=Effect.IRREVERSIBLE),
        bench.start(calling("pay") + answering()),
    )
    stood_still(monkeypatch, perform, "make", lambda handle: None)
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(probe.keys) == 1


def test_no_planner_is_asked_by_a_worker_that_stood_still(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench.start(answering())
    stood_still(monkeypatch, asked_planner, "ask", lambda handle: taken(run))
    bench.play(run)
    assert kinds(run)[-1] == "run.leased"


@pytest.mark.parametrize("undo", [False, True])
def test_an_undo_is_neither_begun_nor_continued_without_a_lease(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, undo: bool
) -> None:
    probe = bench.tool("book", effect=Effect.REVERSIBLE, has_undo=True)

    async def undoing(args: Mapping[str, Json], context: ToolContext) -> Json:
        mine = handles.find(run.id)
        assert mine is not None
        await asyncio.to_thread(taken, run)
        mine.lose()
        await forever()

    run = killed(bench)
    if undo:
        probe.undoing = undoing
    else:
        stood_still(monkeypatch, perform, "reverse", lambda handle: taken(run))
    bench.play(run)
    assert len(probe.undone) == undo
    assert "undo.returned" not in kinds(run)
    assert kinds(run).count("call.late") == undo


def test_a_call_that_came_back_after_the_lease_is_on_the_record_and_needs_a_person(
    bench: Bench,
) -> None:
    forever = asyncio.Event()

    async def slow(args: Mapping[str, Json], context: ToolContext) -> Json:
        await forever.wait()
        return {"paid": True}

    probe, run = (
        bench.tool("pay", slow, effect=Effect.IRREVERSIBLE),
        bench.start(calling("pay") + answering()),
    )
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    taken(run)
    loop.loop().call_soon_threadsafe(forever.set)
    ended(worker)
    late = next(row.record for row in stored(run) if row.record.kind == "call.late")
    assert (late.tool, late.outcome, late.verdict, late.data["epoch"], late.data["result"]) == (
        "pay",
        "ok",
        "succeeded",
        1,
        {"paid": True},
    )
    assert bench.look(run).late == 1
    services.acknowledge(run_id=run.id, actor=bench.user, at=now())
    assert bench.look(run).late == 0
    with pytest.raises(Refused):
        services.acknowledge(run_id=run.id, actor=bench.user, at=now())


def test_what_came_late_reaches_a_run_that_has_ended(bench: Bench) -> None:
    forever = asyncio.Event()

    async def slow(args: Mapping[str, Json], context: ToolContext) -> Json:
        await forever.wait()

    probe, run = (
        bench.tool("pay", slow, effect=Effect.IRREVERSIBLE),
        bench.start(calling("pay") + answering()),
    )
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    taken(run)
    freed(run)
    handle = handles.find(run.id)
    assert handle is not None
    handles.drop(handle)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    assert bench.play(run).stop_reason == StopReason.KILLED_IN_DOUBT
    loop.loop().call_soon_threadsafe(forever.set)
    ended(worker)
    assert kinds(run)[-1] == "call.late"
    assert (bench.look(run).status, bench.look(run).late) == (RunStatus.STOPPED, 1)


def test_a_job_that_waited_in_the_queue_past_the_lease_is_not_begun() -> None:
    done: list[str] = []
    good = [True]

    async def queued() -> None:
        threads = ThreadPool(limit=1)
        holding, first = asyncio.Event(), asyncio.get_running_loop().create_future()
        here = asyncio.get_running_loop()

        def hold() -> None:
            here.call_soon_threadsafe(holding.set)
            asyncio.run_coroutine_threadsafe(
                asyncio.wait_for(asyncio.shield(first), PATIENCE), here
            ).result()

        busy = asyncio.ensure_future(threads.run(hold))
        await holding.wait()
        with fence.standing(lambda: good[0]):
            waiting = asyncio.ensure_future(threads.run(lambda: done.append("made")))
        await turn()
        good[0] = False
        first.set_result(None)
        await busy
        with pytest.raises(fence.NotMade):
            await waiting

    asyncio.run(queued())
    assert done == []


def test_a_lease_is_relied_on_from_before_it_was_asked_for_and_ends_a_margin_early() -> None:
    at = [100.0]
    handle = Handle(uuid4(), 1, clock=lambda: at[0])
    assert not handle.good()
    handle.renewed(100.0)
    at[0] += lease.TTL - lease.MARGIN - 0.01
    assert handle.good()
    handle.renewed(90.0)
    assert handle.good()
    at[0] += 0.02
    assert not handle.good()


def test_a_tool_is_told_its_fencing_epoch_and_an_undo_has_a_key_of_its_own(bench: Bench) -> None:
    seen: list[ToolContext] = []

    async def remembered(args: Mapping[str, Json], context: ToolContext) -> Json:
        seen.append(context)
        return {}

    bench.tool("book", remembered, effect=Effect.REVERSIBLE, has_undo=True).undoing = remembered
    run = killed(bench)
    assert bench.play(run).undone == 1
    key = f"{run.id}:1.1"
    assert [(each.epoch, each.idempotency_key, each.undoes) for each in seen] == [
        (1, key, ""),
        (1, f"{key}:undo", key),
    ]


def test_a_worker_lost_during_an_undo_leaves_it_to_a_person(bench: Bench) -> None:
    forever = asyncio.Event()

    async def never(args: Mapping[str, Json], context: ToolContext) -> Json:
        begun.set()
        await forever.wait()

    begun = threading.Event()
    probe = bench.tool("book", effect=Effect.REVERSIBLE, has_undo=True)
    probe.undoing = never
    run = killed(bench)
    worker = bench.playing(run)
    assert begun.wait(PATIENCE)
    taken(run)
    loop.loop().call_soon_threadsafe(forever.set)
    ended(worker)
    freed(run)
    found = bench.play(run)
    assert (found.status, found.waiting_for, found.lease_owner) == (
        RunStatus.COMPENSATING,
        Waiting.IN_DOUBT,
        "",
    )
    assert len(probe.undone) == 1
    assert not worker_process.advance(run.id)
    services.settle(run_id=run.id, actor=bench.user, at=now(), happened=True, note="I looked")
    assert bench.play(run).stop_reason == StopReason.USER_KILLED
    assert len(probe.undone) == 1
