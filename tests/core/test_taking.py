"""A worker takes a run in hand: the real course, step by step,
in a simulated world where nothing goes wrong but what a test wants.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest

from runs.engine import events as e
from runs.engine.ports import Happened, PlannerTurn, PlanRequest, ToolCall, Usage
from runs.engine.vocabulary import RunStatus, StopReason
from runs.runtime import lease, run_ledger
from runs.runtime.aftermath import MOST_TAKES
from runs.simulation import configuration
from runs.simulation.lives import SimulatedRun
from runs.simulation.virtual import VirtualLoop
from runs.simulation.workers import SimulatedWorker, Unconfigured
from runs.simulation.world import SimulatedWorld
from tests.patience import passes

Scene = Callable[[SimulatedWorld, SimulatedRun], Coroutine[Any, Any, None]]


def played(scene: Scene) -> SimulatedRun:
    """What became of the one run of a world without faults."""

    async def acted() -> SimulatedRun:
        world = SimulatedWorld(1, runs=1)
        world.faults = frozenset()
        [life] = world.journals.lives.values()
        await scene(world, life)
        assert world.watch.violations == []
        return life

    loop = VirtualLoop()
    try:
        return loop.run_until_complete(acted())
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()


def kinds(life: SimulatedRun) -> list[str]:
    return [row.record.kind for row in life.stored]


async def comes(life: SimulatedRun, kind: str) -> None:
    while kind not in kinds(life):
        await passes(0.01)


def calling(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner calls `tool` at its first step, then answers."""

    def turn(request: PlanRequest, poison: bool) -> PlannerTurn:
        usage = Usage(1, 1)
        if request.step > 1:
            return PlannerTurn(final="done", usage=usage)
        return PlannerTurn(calls=(ToolCall("c", tool, {}),), usage=usage)

    monkeypatch.setattr(configuration, "turn", turn)


class Sleeping(SimulatedWorker):
    """Its host sleeps past its leases once, just before it puts the tools together."""

    asleep = False

    async def moment(self, name: str, run: UUID) -> None:
        if name == "between two steps" and self.heeded and not self.asleep:
            self.asleep = True
            self.freeze(lease.TTL + 4.0, host=True)
        await super().moment(name, run)

    heeded = False

    async def after(self, *args: Any) -> Any:
        try:
            return await super().after(*args)
        finally:
            self.heeded = True


def test_a_host_that_sleeps_before_the_tools_are_there_is_no_failure_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calling("look", monkeypatch)

    async def scene(world: SimulatedWorld, life: SimulatedRun) -> None:
        worker = Sleeping(world, "w")
        await worker.play(life.run)
        assert worker.asleep

    life = played(scene)
    assert life.state.status is RunStatus.COMPLETED
    assert "run.worker_failed" not in kinds(life)


def test_a_host_that_sleeps_while_another_takes_the_run_leaves_it_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calling("look", monkeypatch)

    async def scene(world: SimulatedWorld, life: SimulatedRun) -> None:
        sleeper = asyncio.create_task(Sleeping(world, "w").play(life.run))
        await passes(lease.TTL + 2.0)
        heir = asyncio.create_task(SimulatedWorker(world, "v").play(life.run))
        await asyncio.gather(sleeper, heir)

    life = played(scene)
    assert life.state.status is RunStatus.COMPLETED
    assert kinds(life).count("run.leased") == 1
    assert "run.worker_failed" not in kinds(life)


def test_a_worker_that_gave_its_lease_back_undoes_nothing_more_when_a_person_settles_the_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The word comes between the event that gives the lease back and the worker's next look."""
    calling("gift", monkeypatch)

    async def scene(world: SimulatedWorld, life: SimulatedRun) -> None:
        await killed_in_its_undo(world, life)
        heir = SimulatedWorker(world, "v")
        settled_at_once(heir, life)
        await heir.play(life.run)

    life = played(scene)
    assert kinds(life)[-2:] == ["run.waiting", "call.settled"]
    assert life.state.status is RunStatus.COMPENSATING
    assert (life.row["lease_owner"], life.row["lease_expires_at"]) == ("", None)


async def killed_in_its_undo(world: SimulatedWorld, life: SimulatedRun) -> None:
    """The only call is done, then undone by a worker that is lost meanwhile: nobody knows of it."""
    worker = SimulatedWorker(world, "w")
    playing = asyncio.create_task(worker.play(life.run))
    await comes(life, "call.returned")
    world.journals.say(life.run, [e.KillRequested(at=world.now(), actor="user:olga")])
    worker.tell(life.run, "kill")
    await comes(life, "undo.intended")
    worker.die()
    await asyncio.gather(playing, return_exceptions=True)
    await passes(lease.TTL + 1.0)


def settled_at_once(worker: SimulatedWorker, life: SimulatedRun) -> None:
    """A person settles the doubt as soon as its driver announces it."""
    real = worker.driver

    def settle() -> None:
        if life.state.waiting_for:
            said = {"step": 1, "tool": "gift", "call": "1.1", "undo": True}
            at = worker.world.now()
            settled = e.CallSettled(at=at, happened=Happened.NO, **said)  # type: ignore[arg-type]
            worker.world.journals.say(life.run, [settled])
            worker.tell(life.run, "look")

    def driver(*args: Any) -> Any:
        made = real(*args)
        made.announcing = lambda frame: settle()
        return made

    worker.driver = driver  # type: ignore[method-assign, assignment]


def test_a_run_whose_tools_cannot_be_put_together_rests_and_is_a_dead_letter_in_the_end() -> None:
    async def scene(world: SimulatedWorld, life: SimulatedRun) -> None:
        worker = SimulatedWorker(world, "w")

        async def none(snapshot: object) -> Any:
            raise Unconfigured("no tools")

        worker.toolbox = none  # type: ignore[method-assign]
        for take in range(1, MOST_TAKES + 1):
            await worker.play(life.run)
            assert life.row["takes"] == (take if take < MOST_TAKES else 0)
            await worker.play(life.run)
            assert kinds(life).count("run.worker_failed") == take, "it rests before the next try"
            await passes(200)

    life = played(scene)
    assert life.state.stop_reason is StopReason.DEAD_LETTER


def test_a_killed_run_without_tools_to_undo_with_ends_and_names_what_a_person_must_undo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calling("book", monkeypatch)

    async def scene(world: SimulatedWorld, life: SimulatedRun) -> None:
        worker = SimulatedWorker(world, "w")
        playing = asyncio.create_task(worker.play(life.run))
        await comes(life, "call.returned")
        worker.die()
        await asyncio.gather(playing, return_exceptions=True)
        world.journals.say(life.run, [e.KillRequested(at=world.now(), actor="user:olga")])
        await passes(lease.TTL + 1.0)
        heir = SimulatedWorker(world, "v")

        async def none(snapshot: object) -> Any:
            raise Unconfigured("no tools")

        heir.toolbox = none  # type: ignore[method-assign]
        await heir.play(life.run)

    life = played(scene)
    assert life.state.stop_reason is StopReason.COMPENSATION_FAILED
    assert life.state.stop_detail == "Could not undo 1.1; a person must."
    folded, _ = run_ledger.replayed(life.stored)
    assert folded == life.state
