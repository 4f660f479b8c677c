"""Whole runs in a simulated world: nothing is violated, a seed plays the same each time, and a bug
that is planted is found.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from runs.engine.actions import NoApprovals
from runs.engine.engine_errors import Unreadable
from runs.engine.fold import START
from runs.runtime import run_ledger
from runs.runtime.handles import Handle
from runs.runtime.run_writer import RunWriter
from runs.runtime.store_port import LeaseLost
from runs.simulation.invariants import InvariantWatch
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun
from runs.simulation.one_seed import cleared, play
from runs.simulation.planted import BUGS
from runs.simulation.sweep import hunted, summary
from runs.simulation.virtual import Spinning, VirtualLoop
from tests.core.runs_in_memory import created, leased


def test_a_dozen_worlds_violate_nothing() -> None:
    found = summary(play(seed) for seed in range(1, 13))
    assert found["told"] == []
    assert found["events"] > 3_000
    assert found["crashes"] > 100
    assert found["parallel_calls"] > 100
    assert found["compactions"] > 10
    assert found["undos"] > 10
    assert found["fault_kinds"] >= 12
    assert found["sometimes_missed"] < 15, found["missed"]


def test_a_seed_plays_the_same_each_time() -> None:
    first, again = play(3, story=True), play(3, story=True)
    assert first.story == again.story
    assert first.marks == again.marks


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    assert hunted(range(1, 31), bug)


def test_a_row_that_reads_otherwise_than_it_was_folded_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_rest = InvariantWatch.at_rest

    def touched(watch: InvariantWatch) -> None:
        life = next(iter(watch.world.journals.lives.values()))
        last = life.stored[-1]
        record = replace(last.record, at=last.record.at + timedelta(seconds=1))
        life.stored[-1] = replace(last, record=record)
        at_rest(watch)

    monkeypatch.setattr(InvariantWatch, "at_rest", touched)
    [told] = play(3).violations
    assert "its row is not the fold of its journal" in told


def test_a_journal_folded_once_is_folded_anew_from_another_state() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    journals = Journals(lambda: at)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created(at)])
    held = journals.acquire(life.run, "one")
    assert held is not None
    journals.say(life.run, [leased(held.epoch, at)])
    store = MemoryStore(held, journals)
    rows = store.read_now(0)
    known, events = store.replayed(rows, START)
    assert known is life.state
    assert (known, events) == run_ledger.replayed(rows)
    with pytest.raises(Unreadable, match=r"run\.created"):
        store.replayed(rows, known)


def test_a_world_that_goes_round_in_a_circle_is_ended() -> None:
    async def looked(loop: VirtualLoop) -> None:
        while True:
            loop.time()

    async def besides(loop: VirtualLoop) -> None:
        await asyncio.wait([loop.create_task(looked(loop)), loop.create_future()])

    loop = VirtualLoop()
    try:
        with pytest.raises(Spinning):
            loop.run_until_complete(besides(loop))
    finally:
        cleared(loop)
        loop.close()


def test_a_worker_that_reads_of_its_successor_has_lost_the_run() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    journals = Journals(lambda: at)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created(at)])
    zombie = journals.acquire(life.run, "one")
    assert zombie is not None
    journals.hold_off(life.run, zombie.epoch, -1)
    heir = journals.acquire(life.run, "two")
    assert heir is not None
    writer = RunWriter(
        zombie,
        Handle(life.run, zombie.epoch),
        NoApprovals(),
        lambda: at,
        MemoryStore(zombie, journals),
        lambda frame: None,
    )
    asyncio.run(writer.catch_up())
    rows, _ = run_ledger.rows([leased(heir.epoch, at)], life.origin)
    journals.append(life.run, rows, heir.epoch, 1, {})
    with pytest.raises(LeaseLost):
        asyncio.run(writer.catch_up())
