"""A worker that was lost: its runs are free at once, and its loss counts against those alone whose
call may have been at fault.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.journal.models import Event
from console.journal.pool import pool
from console.live import publish
from console.stack import inheritance
from policies.models import Breaker
from runs.engine.vocabulary import RunPhase, RunStatus, StopReason
from runs.models import Run, ToolCrash
from runs.reading import lost_workers
from runs.runtime import (
    blame,
    culprits,
    lease,
    loop,
    losses,
    nudge,
    quarantine,
    watchdog,
    worker_process,
)
from runs.runtime.blame import Loss
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import Bench, answering, calling
from tests.runtime.test_control import Held

HELD = """UPDATE runs_run SET status = 'running', lease_owner = %s,
    lease_expires_at = now() + interval '8 seconds', lease_epoch = 1,
    takes = 0, phase = %s, tool = 'charge' WHERE id = %s"""


def held(bench: Bench, phase: RunPhase, owner: str = "host:1/a") -> Run:
    run = bench.start(answering())
    hold(run, phase, owner)
    return run


def hold(run: Run, phase: RunPhase, owner: str = "host:1/a") -> None:
    with pool().connection() as connection:
        connection.execute(HELD, (owner, phase.value, run.id))


def lose(owner: str = "host:1/a", *, blame: bool = True, tools: tuple[str, ...] = ()) -> None:
    with pool().connection() as connection:
        losses.of_owner(
            connection, owner, Loss("ended: SIGKILL", "last words", blame=blame, tools=tools)
        )


def blamed(bench: Bench, *runs: Run) -> list[bool]:
    return [bench.look(run).blamed for run in runs]


def test_a_loss_counts_against_those_whose_call_was_in_flight_and_nobody_else(bench: Bench) -> None:
    runs = [
        held(bench, phase)
        for phase in (RunPhase.CALLING, RunPhase.PLANNING, RunPhase.IDLE, RunPhase.UNDOING)
    ]
    lose()
    assert blamed(bench, *runs) == [True, False, False, True]


def test_a_run_that_was_alone_in_its_worker_is_counted_whatever_it_did(bench: Bench) -> None:
    run = held(bench, RunPhase.PLANNING)
    lose()
    assert blamed(bench, run) == [True]


def test_a_worker_that_was_asked_to_end_says_nothing_of_its_runs(bench: Bench) -> None:
    run = held(bench, RunPhase.CALLING)
    lose(blame=False)
    found = bench.look(run)
    assert (found.blamed, found.suspect, found.crashes, found.lease_owner) == (False, False, 0, "")


def test_one_loss_makes_no_suspect_the_second_does_and_the_third_counts_against_suspects_alone(
    bench: Bench,
) -> None:
    poison, other = held(bench, RunPhase.CALLING), held(bench, RunPhase.CALLING)
    lose()
    assert not bench.look(poison).suspect
    hold(poison, RunPhase.CALLING)
    lose()
    assert bench.look(poison).suspect
    hold(poison, RunPhase.CALLING)
    hold(other, RunPhase.CALLING)
    lose()
    assert blamed(bench, poison, other) == [True, False]


def test_workers_lost_with_a_run_that_was_never_seen_at_work_make_it_a_suspect_in_the_end(
    bench: Bench,
) -> None:
    runs = [held(bench, RunPhase.PLANNING), held(bench, RunPhase.PLANNING)]
    for _ in range(blame.MANY - 1):
        lose()
        for run in runs:
            hold(run, RunPhase.PLANNING)
    assert not any(bench.look(run).suspect for run in runs)
    lose()
    assert all(bench.look(run).suspect for run in runs)


def test_what_is_given_up_is_free_at_once_and_names_what_was_at_work(bench: Bench) -> None:
    run = held(bench, RunPhase.CALLING)
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
    run = held(bench, RunPhase.CALLING, "host:1/b")
    lose("host:1/a")
    assert bench.look(run).lease_owner == "host:1/b"


def test_leases_that_ran_out_unseen_are_judged_worker_by_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, busy, idle = (
        held(bench, RunPhase.PLANNING),
        held(bench, RunPhase.CALLING, "two"),
        held(bench, RunPhase.PLANNING, "two"),
    )
    living = held(bench, RunPhase.CALLING, "three")
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
    found = [held(bench, RunPhase.CALLING) for _ in range(count)]
    for _ in range(2):
        for run in found:
            hold(run, RunPhase.CALLING)
        lose()
    return found


@pytest.fixture
def driven(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the processes write their word that drive suspects: which run, and that they have
    begun.
    """
    program = (
        f"import sys, pathlib; pathlib.Path({str(tmp_path)!r}, sys.argv[1]).touch();"
        " sys.stdin.read()"
    )
    monkeypatch.setattr(quarantine, "_command", (sys.executable, "-c", program))
    return tmp_path


def test_a_suspect_is_driven_by_a_process_of_its_own_and_not_by_the_worker_that_is_asked(
    bench: Bench, driven: Path
) -> None:
    first, innocent = suspects(bench, 1)[0], bench.start(answering())
    assert worker_process.advance(first.id)
    assert (driven / str(first.id)).exists()
    assert bench.look(first).lease_owner == ""
    assert bench.play(innocent).status == RunStatus.COMPLETED
    assert not (driven / str(innocent.id)).exists()


def test_a_suspect_is_driven_once_however_often_it_is_asked_for_and_few_are_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        quarantine, "_command", (sys.executable, "-c", "import signal; signal.pause()")
    )
    runs = suspects(bench, quarantine.MOST + 1)
    with ThreadPoolExecutor() as pool_of_slots:
        asked = [
            pool_of_slots.submit(worker_process.advance, run.id) for run in runs[: quarantine.MOST]
        ]
        until(
            lambda: len(quarantine._driven) == quarantine.MOST and all(quarantine._driven.values()),
            "all of them to be driven",
        )
        assert not worker_process.advance(runs[0].id)
        assert not worker_process.advance(runs[-1].id)
        worker_process.drain()
        assert not any(each.result(PATIENCE) for each in asked)
    worker_process.draining.clear()
    assert not quarantine._driven


def test_where_no_process_can_be_begun_a_suspect_is_taken_by_whoever_holds_nothing_else(
    bench: Bench,
) -> None:
    held_up = Held()
    bench.tool("look", held_up)
    first, other = suspects(bench, 1)[0], bench.start(calling("look") + answering())
    worker = bench.playing(other)
    assert bench.tools["look"].begun.wait(PATIENCE)
    assert not worker_process.advance(first.id)
    held_up.let_go()
    ended(worker)
    assert bench.play(first).status == RunStatus.COMPLETED


def test_a_step_forward_clears_a_suspect(bench: Bench) -> None:
    [run] = suspects(bench, 1)
    done = bench.play(run)
    assert (done.status, done.suspect, done.crashes) == (RunStatus.COMPLETED, False, 0)


def test_a_loss_counts_against_calls_of_the_tools_that_were_at_work_in_the_worker_itself(
    bench: Bench,
) -> None:
    culprit, innocent = held(bench, RunPhase.CALLING), held(bench, RunPhase.CALLING)
    with pool().connection() as connection:
        connection.execute("UPDATE runs_run SET tool = 'look' WHERE id = %s", (innocent.id,))
    lose(tools=("charge",))
    assert blamed(bench, culprit, innocent) == [True, False]


def lost_with(*tools: str) -> None:
    with pool().connection() as connection:
        culprits.note(connection, Loss("ended: exit code 1", "out of paper", tools=tools))


def test_a_tool_that_ended_its_worker_is_cut_off_at_once_and_stands_in_health(bench: Bench) -> None:
    lost_with("charge")
    breaker = Breaker.objects.get(tool="charge")
    assert (breaker.phase, breaker.why) == (
        "open",
        "its process was the worker itself, which ended: exit code 1",
    )
    crash = ToolCrash.objects.get(tool="charge")
    assert (crash.times, crash.how, crash.words) == (
        1,
        "was the worker itself, which ended: exit code 1",
        "out of paper",
    )
    assert house_kinds("charge") == ["breaker.opened"]
    lost_with("charge")
    assert ToolCrash.objects.get(tool="charge").times == 2


def test_of_several_tools_none_is_cut_off_for_what_one_of_them_did(bench: Bench) -> None:
    lost_with("charge", "look")
    assert {each.phase for each in Breaker.objects.filter(tool__in=("charge", "look"))} == {
        "closed"
    }
    for _ in range(4):
        lost_with("charge", "look")
    assert {each.phase for each in Breaker.objects.filter(tool__in=("charge", "look"))} == {"open"}


def house_kinds(tool: str) -> list[str]:
    return list(
        Event.objects.filter(tool=tool, kind__startswith="breaker.").values_list("kind", flat=True)
    )


def test_a_crash_loop_names_the_tool_and_what_its_worker_said_last(bench: Bench) -> None:
    bench.tool("pay", bench.forever, idempotent=True)
    run = bench.start(calling("pay") + answering())
    for _ in range(4):
        bench.tools["pay"].begun.clear()
        worker = bench.playing(run)
        assert bench.tools["pay"].begun.wait(10)
        with pool().connection() as connection:
            owner = bench.look(run).lease_owner
            losses.of_owner(connection, owner, Loss("ended: exit code 1", "out of paper"))
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


def test_pages_look_again_when_a_lost_worker_gave_up_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(publish, "broadcast_refresh", told.append)
    inheritance.settle("host:1/nobody", Loss("ended: SIGKILL"))
    assert told == []
    run = held(bench, RunPhase.CALLING)
    inheritance.settle("host:1/a", Loss("ended: SIGKILL"))
    assert told == ["a worker was lost"]
    assert lost_workers.awaits_another(Run.objects.get(pk=run.pk))
