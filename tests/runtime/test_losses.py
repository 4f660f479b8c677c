"""A worker that was lost: its runs are free at once, and its loss counts against those alone whose
call may have been at fault.
"""

from collections.abc import Iterator

import pytest

from console.journal.pool import pool
from console.journal.steady import boottime
from runs.engine.vocabulary import Phase, Status, StopReason
from runs.models import Run
from runs.runtime import lease, loop, losses, nudge, quarantine, watchdog, work
from tests.runtime.conftest import Bench, answering, calling

HELD = """UPDATE runs_run SET status = 'running', lease_owner = %s, lease_expires_at = now() + interval '8 seconds', lease_epoch = 1,
    takes = 0, phase = %s, tool = 'charge' WHERE id = %s"""


@pytest.fixture(autouse=True)
def _nobody_inside() -> Iterator[None]:
    yield
    if quarantine._inside is not None:
        quarantine.leave(*quarantine._inside)


def held(bench: Bench, phase: Phase, owner: str = "host:1/a") -> Run:
    run = bench.start(answering())
    hold(run, phase, owner)
    return run


def hold(run: Run, phase: Phase, owner: str = "host:1/a") -> None:
    with pool().connection() as connection:
        connection.execute(HELD, (owner, phase.value, run.id))


def lose(owner: str = "host:1/a", *, blame: bool = True) -> None:
    with pool().connection() as connection:
        losses.of_owner(connection, owner, "ended: SIGKILL", "last words", blame=blame)


def blamed(bench: Bench, *runs: Run) -> list[bool]:
    return [bench.look(run).blamed for run in runs]


def test_a_loss_counts_against_those_whose_call_was_in_flight_and_nobody_else(bench: Bench) -> None:
    runs = [
        held(bench, phase) for phase in (Phase.CALLING, Phase.PLANNING, Phase.IDLE, Phase.UNDOING)
    ]
    lose()
    assert blamed(bench, *runs) == [True, False, False, True]


def test_a_run_that_was_alone_in_its_worker_is_counted_whatever_it_did(bench: Bench) -> None:
    run = held(bench, Phase.PLANNING)
    lose()
    assert blamed(bench, run) == [True]


def test_a_worker_that_was_asked_to_end_says_nothing_of_its_runs(bench: Bench) -> None:
    run = held(bench, Phase.CALLING)
    lose(blame=False)
    found = bench.look(run)
    assert (found.blamed, found.suspect, found.crashes, found.lease_owner) == (False, False, 0, "")


def test_one_loss_makes_no_suspect_the_second_does_and_the_third_counts_against_suspects_alone(
    bench: Bench,
) -> None:
    poison, other = held(bench, Phase.CALLING), held(bench, Phase.CALLING)
    lose()
    assert not bench.look(poison).suspect
    hold(poison, Phase.CALLING)
    lose()
    assert bench.look(poison).suspect
    hold(poison, Phase.CALLING)
    hold(other, Phase.CALLING)
    lose()
    assert blamed(bench, poison, other) == [True, False]


def test_workers_lost_with_a_run_that_was_never_seen_at_work_make_it_a_suspect_in_the_end(
    bench: Bench,
) -> None:
    runs = [held(bench, Phase.PLANNING), held(bench, Phase.PLANNING)]
    for _ in range(losses.MANY - 1):
        lose()
        for run in runs:
            hold(run, Phase.PLANNING)
    assert not any(bench.look(run).suspect for run in runs)
    lose()
    assert all(bench.look(run).suspect for run in runs)


def test_what_is_given_up_is_free_at_once_and_names_what_was_at_work(bench: Bench) -> None:
    run = held(bench, Phase.CALLING)
    lose()
    with pool().connection() as connection:
        taken = lease.acquire(connection, run.id, "another")
    assert taken is not None
    assert (taken.lost, taken.blamed, taken.after, taken.words) == (
        True,
        True,
        "ended: SIGKILL, with charge at work",
        "last words",
    )


def test_the_same_process_id_in_another_life_keeps_its_leases(bench: Bench) -> None:
    run = held(bench, Phase.CALLING, "host:1/b")
    lose("host:1/a")
    assert bench.look(run).lease_owner == "host:1/b"


def test_leases_that_ran_out_unseen_are_judged_worker_by_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, busy, idle = (
        held(bench, Phase.PLANNING),
        held(bench, Phase.CALLING, "two"),
        held(bench, Phase.PLANNING, "two"),
    )
    living = held(bench, Phase.CALLING, "three")
    asked: list[object] = []
    monkeypatch.setattr(nudge, "advance", asked.append)
    monkeypatch.setattr(nudge, "queued", lambda: 0)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE lease_owner"
            " <> 'three'"
        )
    watchdog.watch()
    assert blamed(bench, alone, busy, idle, living) == [True, True, False, False]
    assert {alone.id, busy.id, idle.id} <= set(asked)
    assert living.id not in asked


def suspects(bench: Bench, count: int) -> list[Run]:
    found = [held(bench, Phase.CALLING) for _ in range(count)]
    for _ in range(2):
        for run in found:
            hold(run, Phase.CALLING)
        lose()
    return found


def test_a_worker_takes_suspects_one_at_a_time_and_each_comes_to_its_turn(bench: Bench) -> None:
    first, second = suspects(bench, 2)
    assert quarantine.enter(first.id, 1, 1)
    assert not work.advance(second.id)
    assert bench.look(second).takes == 0
    quarantine.leave(first.id, 1)
    assert work.advance(second.id)
    assert bench.look(second).status == Status.COMPLETED


def test_a_step_forward_clears_a_suspect(bench: Bench) -> None:
    [run] = suspects(bench, 1)
    done = bench.play(run)
    assert (done.status, done.suspect, done.crashes) == (Status.COMPLETED, False, 0)
    assert quarantine.free()


def test_a_suspect_that_goes_on_for_a_while_makes_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    [run] = suspects(bench, 1)
    monkeypatch.setattr(nudge, "advance", lambda run: True)
    with pool().connection() as connection:
        taken = lease.acquire(connection, run.id, "another")
        assert taken is not None
        assert quarantine.enter(run.id, taken.epoch, taken.crashes)
        quarantine.review(connection)
        assert not quarantine.free()
        monkeypatch.setattr(
            quarantine, "boottime", lambda: boottime() + quarantine.PROBATION * taken.crashes**2
        )
        quarantine.review(connection)
    assert quarantine.free()
    assert not bench.look(run).suspect


def test_a_crash_loop_names_the_tool_and_what_its_worker_said_last(bench: Bench) -> None:
    bench.tool("pay", bench.forever, idempotent=True)
    run = bench.start(calling("pay") + answering())
    for _ in range(4):
        bench.tools["pay"].begun.clear()
        worker = bench.playing(run)
        assert bench.tools["pay"].begun.wait(10)
        with pool().connection() as connection:
            owner = bench.look(run).lease_owner
            losses.of_owner(connection, owner, "ended: exit code 1", "out of paper")
            connection.execute(
                "UPDATE runs_run SET lease_epoch = lease_epoch + 1 WHERE id = %s", (run.id,)
            )
        loop.loop().call_soon_threadsafe(bench.stuck.set)
        worker.join(10)
        bench.stuck.clear()
    dead = bench.play(run)
    assert dead.stop_reason == StopReason.CRASH_LOOP
    assert (
        dead.stop_detail
        == "4 workers were lost in a row without a step forward, in a call of pay. "
        "The last one: its process ended: exit code 1, with pay at work. Last words: out of paper"
    )
