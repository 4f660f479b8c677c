"""A run that cannot be folded, planned or configured: taken so often, then a dead letter with its
reason and a button.
"""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from console.journal.pool import pool
from console.json_value import Json
from console.refused import Refused
from runs import services
from runs.engine.ports import Planner, Toolbox
from runs.engine.vocabulary import Control, RunStatus, StopReason
from runs.models import Run
from runs.runtime import aftermath, dependencies, lease, worker_process
from tests.patience import PATIENCE, ended
from tests.runtime.conftest import Bench, answering, calling, kinds, now, stored

MOST = aftermath.MOST_TAKES


def rested(run: Run) -> None:
    """The time for which a failed run is left alone goes by."""
    with pool().connection() as connection:
        connection.execute(
            "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE id = %s AND"
            " takes > 0",
            (run.id,),
        )


def taken(bench: Bench, run: Run, times: int = MOST) -> Run:
    for _ in range(times):
        rested(run)
        assert worker_process.advance(run.id), "nobody took it"
    return bench.look(run)


def spoil(run: Run, seq: int, **fields: Json) -> None:
    """One row of the journal as a later version, or a slip, might have left it."""
    with pool().connection() as connection, connection.transaction():
        connection.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE journal_event SET data = (data::jsonb || %s::jsonb)::text WHERE run = %s AND"
            " seq = %s",
            (json.dumps(fields), run.id, seq),
        )
        connection.execute("ALTER TABLE journal_event ENABLE TRIGGER USER")


def no_tools(bench: Bench, run: Run) -> str:
    async def broken(snapshot: dependencies.Snapshot) -> Toolbox:
        raise ConnectionError("the tool server is away")

    dependencies.configure(replace(dependencies.dependencies(), toolbox=broken))
    return "ConnectionError: the tool server is away"


def no_planner(bench: Bench, run: Run) -> str:
    def gone(snapshot: dependencies.Snapshot) -> Planner:
        raise LookupError("there is no planner called oracle")

    dependencies.configure(replace(dependencies.dependencies(), planner=gone))
    return "LookupError: there is no planner called oracle"


def no_history(bench: Bench, run: Run) -> str:
    spoil(run, 1, limits={"steps": "many"})
    return (
        "Event 1 of its journal (run.created) cannot be read: ValueError: invalid literal for int()"
        " with base 10: 'many'"
    )


BROKEN = [no_tools, no_planner, no_history]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_run_that_no_worker_can_take_up_becomes_a_dead_letter_with_the_errors_words(
    bench: Bench, broken: Callable[[Bench, Run], str]
) -> None:
    run = bench.start(answering())
    words = broken(bench, run)
    for take in range(1, MOST):
        assert taken(bench, run, 1).status == RunStatus.QUEUED
        assert not worker_process.advance(run.id), "it rests before it is tried again"
        assert bench.look(run).takes == take
    dead = taken(bench, run, 1)
    assert (dead.status, dead.stop_reason) == (RunStatus.STOPPED, StopReason.DEAD_LETTER)
    assert dead.stop_detail == f"{MOST} workers in a row could not take it up. {words}"
    assert kinds(run).count("run.worker_failed") == MOST
    assert (dead.lease_owner, dead.lease_expires_at) == ("", None)
    assert not worker_process.advance(run.id)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_dead_letter_can_be_queued_again_and_has_all_its_tries_anew(
    bench: Bench, broken: Callable[[Bench, Run], str]
) -> None:
    run = bench.start(answering())
    whole = dependencies.dependencies()
    broken(bench, run)
    taken(bench, run)
    services.requeue(run_id=run.id, actor=bench.user, at=now())
    assert taken(bench, run, 1).status == RunStatus.QUEUED
    dependencies.configure(whole)
    spoil(run, 1, limits={"steps": 5, "tokens": 100_000, "usd": "1", "seconds": 60})
    rested(run)
    assert bench.play(run).status == RunStatus.COMPLETED


def test_workers_that_die_while_they_take_a_run_up_are_counted_without_a_word_of_theirs(
    bench: Bench,
) -> None:
    run = bench.start(answering())
    for _ in range(MOST):
        with pool().connection() as connection:
            assert lease.acquire(connection, run.id, "a worker that dies") is not None
        rested(run)
    dead = taken(bench, run, 1)
    assert (dead.status, dead.stop_reason) == (RunStatus.STOPPED, StopReason.DEAD_LETTER)
    assert (
        dead.stop_detail
        == f"{MOST} workers in a row could not take it up. They were lost before they had it in"
        " hand."
    )


def test_what_fails_now_and_then_is_no_dead_letter(bench: Bench) -> None:
    run, whole = bench.start(answering()), dependencies.dependencies()
    no_tools(bench, run)
    taken(bench, run, MOST - 1)
    dependencies.configure(whole)
    rested(run)
    done = bench.play(run)
    assert (done.status, done.takes) == (RunStatus.COMPLETED, 0)


def test_a_failure_at_work_counts_with_the_lost_workers_and_its_words_are_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*args: object) -> None:
        raise ZeroDivisionError("a rule that divides")

    bench.tool("look")
    run = bench.start(calling("look") + answering())
    monkeypatch.setattr("runs.runtime.baseline_rules.OwnRules.prepare", fails)
    for _ in range(4):
        taken_at_work = worker_process.advance(run.id)
        with pool().connection() as connection:
            connection.execute(
                "UPDATE runs_run SET lease_expires_at = now() - interval '1 second' WHERE id = %s",
                (run.id,),
            )
        assert taken_at_work
    dead = bench.play(run)
    assert (dead.status, dead.stop_reason) == (RunStatus.STOPPED, StopReason.CRASH_LOOP)
    assert (
        dead.stop_detail
        == "4 workers were lost in a row without a step forward. The last one: ZeroDivisionError: a"
        " rule that divides"
    )


def test_a_worker_that_ends_in_order_is_not_counted_as_lost(bench: Bench) -> None:
    run = bench.start(answering())
    for _ in range(MOST + 2):
        with pool().connection() as connection:
            held = lease.acquire(connection, run.id, "a worker that drains")
            assert held is not None
            lease.release(connection, run.id, held.epoch)
    assert bench.play(run).status == RunStatus.COMPLETED


def test_a_run_that_a_person_paused_is_left_to_them_whatever_its_worker_meets(bench: Bench) -> None:
    run = bench.start(answering())

    def gone(snapshot: dependencies.Snapshot) -> Planner:
        services.pause(run_id=run.id, actor=bench.user, at=now())
        raise LookupError("there is no such planner")

    with pool().connection() as connection:
        connection.execute("UPDATE runs_run SET takes = %s WHERE id = %s", (MOST - 1, run.id))
    dependencies.configure(replace(dependencies.dependencies(), planner=gone))
    worker_process.advance(run.id)
    paused = bench.look(run)
    assert (paused.status, paused.stop_reason, paused.takes) == (
        RunStatus.PAUSED,
        StopReason.USER_PAUSED,
        0,
    )


def test_a_kill_of_a_run_that_cannot_be_configured_is_acknowledged_first(bench: Bench) -> None:
    run = bench.start(answering())
    no_tools(bench, run)
    no_planner(bench, run)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    killed = bench.play(run)
    assert (killed.status, killed.stop_reason) == (RunStatus.STOPPED, StopReason.USER_KILLED)
    assert kinds(run)[-3:] == ["run.leased", "run.kill_acknowledged", "run.stopped"]


def test_what_a_run_that_cannot_be_configured_did_is_named_for_a_person_to_undo(
    bench: Bench,
) -> None:
    bench.tool("book", has_undo=True)
    waits = bench.tool("look", bench.forever, timeout=60)
    run = bench.start(calling("book") + calling("look") + answering())
    worker = bench.playing(run)
    assert waits.begun.wait(PATIENCE)
    bench.lose(run)
    ended(worker)
    no_tools(bench, run)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    killed = bench.play(run)
    assert (killed.status, killed.stop_reason) == (
        RunStatus.STOPPED,
        StopReason.COMPENSATION_FAILED,
    )
    assert killed.stop_detail == "Could not undo 1.1; a person must."


def test_a_kill_of_a_run_that_cannot_be_read_ends_it_at_once_and_tells_a_person(
    bench: Bench,
) -> None:
    run = bench.start(answering())
    no_history(bench, run)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    killed = bench.play(run)
    assert (killed.status, killed.stop_reason, killed.control) == (
        RunStatus.STOPPED,
        StopReason.COMPENSATION_FAILED,
        Control.NONE,
    )
    assert "nothing could be undone; a person must. Event 1 of its journal" in killed.stop_detail
    with pytest.raises(Refused, match="Only a run whose workers failed"):
        services.requeue(run_id=run.id, actor=bench.user, at=now())


@pytest.mark.parametrize("act", ["pause", "resume", "settle"])
def test_what_needs_the_history_is_refused_in_a_sentence_that_names_the_bad_row(
    bench: Bench, act: str
) -> None:
    run = bench.start(answering())
    no_history(bench, run)
    if act == "resume":
        Run.objects.filter(pk=run.pk).update(status=RunStatus.PAUSED)
    facts = {"happened": True, "note": "I looked"} if act == "settle" else {}
    with pytest.raises(Refused, match="Event 1 of its journal"):
        getattr(services, act)(run_id=run.id, actor=bench.user, at=now(), **facts)


@pytest.fixture
def operator(bench: Bench) -> Client:
    bench.user.groups.add(Group.objects.get(name="operator"))
    client = Client()
    client.force_login(bench.user)
    return client


ODD: list[Json] = [None, "words", -1, {"a": []}, [{}], True]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_every_page_of_a_run_with_a_bad_row_opens_and_shows_what_can_be_read(
    bench: Bench, operator: Client, odd: Json
) -> None:
    bench.tool("look")
    run = bench.play(bench.start(calling("look") + calling("nothing") + answering("all of it")))
    for row in stored(run):
        spoil(run, row.seq, **dict.fromkeys(row.record.data, odd))
    for page in ("", "audit/", "context/", "since/?after=0", "kill/"):
        answer = operator.get(f"/runs/{run.id}/{page}")
        assert answer.status_code == 200, page


def test_the_page_of_a_dead_letter_names_the_bad_row_and_has_the_button(
    bench: Bench, operator: Client
) -> None:
    run = bench.start(answering())
    no_history(bench, run)
    taken(bench, run, 1)
    assert (
        "1 worker could not take it up · tried again in"
        in operator.get(f"/runs/{run.id}/").content.decode()
    )
    taken(bench, run, MOST - 1)
    page = operator.get(f"/runs/{run.id}/").content.decode()
    assert "Event 1 of its journal (run.created) cannot be read" in page
    assert f"/runs/{run.id}/requeue/" in page
    assert "could not take it up, the 2nd in a row" in page
