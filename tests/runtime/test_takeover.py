"""A worker that is gone: what the next one does with the call that was in flight."""

import asyncio
from collections.abc import Mapping

import pytest

from console.journal.pool import pool
from console.json_value import Json
from runs import services
from runs.engine.ports import Happened, Lookup, ToolContext
from runs.engine.vocabulary import RunStatus, Waiting
from runs.models import Run
from runs.runtime import lease, loop, nudge, watchdog
from tests.patience import PATIENCE, ended
from tests.runtime.conftest import Bench, answering, calling, kinds, now


def lost(bench: Bench, run: Run) -> None:
    """A worker dies during the run's first call: nothing more of it reaches the journal, and its
    lease runs out.
    """
    probe = bench.tools["pay"]
    forever, behaviour = asyncio.Event(), probe.behaviour

    async def never(args: Mapping[str, Json], context: ToolContext) -> Json:
        await forever.wait()

    probe.behaviour = never
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_epoch = lease_epoch + 1, lease_expires_at = now() WHERE id"
            " = %s",
            (run.id,),
        )
    loop.loop().call_soon_threadsafe(forever.set)
    ended(worker)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE id = %s",
            (run.id,),
        )
    probe.behaviour = behaviour
    probe.keys.clear()


@pytest.fixture
def run(bench: Bench) -> Run:
    return bench.start(calling("pay") + answering())


def test_an_idempotent_call_is_made_again_with_the_same_key(bench: Bench, run: Run) -> None:
    bench.tool("pay", idempotent=True)
    lost(bench, run)
    assert bench.play(run).status == RunStatus.COMPLETED
    assert bench.tools["pay"].keys == [f"{run.id}:1.1"]
    assert kinds(run).count("call.intended") == 1


@pytest.mark.parametrize(("happened", "made"), [(Happened.YES, 0), (Happened.NO, 1)])
def test_a_lookup_decides_whether_a_call_is_made_again(
    bench: Bench, run: Run, happened: Happened, made: int
) -> None:
    bench.tool("pay", has_lookup=True).found = Lookup(happened, {"paid": True})
    lost(bench, run)
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(bench.tools["pay"].keys) == made


def test_a_lookup_that_cannot_say_leaves_it_to_a_person(bench: Bench, run: Run) -> None:
    bench.tool("pay", has_lookup=True)
    lost(bench, run)
    found = bench.play(run)
    assert (found.status, found.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert "call.looked_up" in kinds(run)


@pytest.mark.parametrize(("happened", "made"), [(True, 0), (False, 1)])
def test_a_person_settles_what_no_tool_can(
    bench: Bench, run: Run, *, happened: bool, made: int
) -> None:
    bench.tool("pay")
    lost(bench, run)
    assert bench.play(run).waiting_for == Waiting.IN_DOUBT
    services.settle(run_id=run.id, actor=bench.user, at=now(), happened=happened, note="I looked")
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(bench.tools["pay"].keys) == made


def test_the_watchdog_asks_for_a_worker_for_expired_leases_only(
    bench: Bench, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def advance(wanted: object) -> bool:
        asked.append(wanted)
        return True

    monkeypatch.setattr(nudge, "advance", advance)
    monkeypatch.setattr(nudge, "queued", lambda: 0)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_expires_at = now() + interval '5 seconds', status ="
            " 'running'"
        )
        assert watchdog.watch() == 0
        connection.execute("UPDATE runs_run SET lease_expires_at = now() - interval '1 second'")
    assert watchdog.watch() == 1
    assert asked == [run.id]


def test_the_watchdog_leaves_runs_whose_message_is_still_queued(
    bench: Bench, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudge, "queued", lambda: 1)
    monkeypatch.setattr(nudge, "advance", lambda wanted: True)
    assert watchdog.watch() == 0


def test_a_lease_is_renewed_only_by_its_owner(bench: Bench, run: Run) -> None:
    with pool().connection() as connection:
        mine = lease.acquire(connection, run.id, "me")
        assert mine is not None
        assert lease.acquire(connection, run.id, "you") is None
        assert [beat.run for beat in lease.renew(connection, [run.id], "me")] == [run.id]
        assert lease.renew(connection, [run.id], "you") == []
        lease.release(connection, run.id, mine.epoch)
        assert lease.acquire(connection, run.id, "you") is not None
