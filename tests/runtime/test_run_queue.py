"""The queue of runs in PostgreSQL: who is taken next, over several workers, and at what cost."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.contrib.auth.models import User

from console.journal import pool
from runs import services
from runs.engine.vocabulary import Priority, RunStatus
from runs.models import Agent, Run
from runs.runtime import handles, lease, nudge, queue_order, run_queue, watchdog, worker_process
from runs.runtime.worker_slots import SlotRoom
from tests.runtime.conftest import Bench, answering, calling, now, operator, stored

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def connection(bench: Bench) -> Iterator[psycopg.Connection[Any]]:
    with pool.pool().connection() as found:
        yield found


def agent(name: str, **facts: Any) -> Agent:
    return Agent.objects.create(
        name=name, title=name.title(), planner="scripted", script=answering(), **facts
    )


def queued(
    who: User, of: Agent, number: int = 0, priority: Priority = Priority.INTERACTIVE
) -> UUID:
    run = services.start(
        agent=of,
        goal="wait",
        principal=who,
        at=NOON + timedelta(seconds=number),
        priority=priority,
    )
    return run.pk


def crowd(who: User, of: Agent, many: int, priority: Priority = Priority.BATCH) -> None:
    """Rows of queued runs, as many as nobody would start one by one in a test."""
    like = Run.objects.get(pk=queued(who, of, priority=priority))
    rows = []
    for number in range(many - 1):
        facts = {"principal": who, "created_at": NOON + timedelta(seconds=number), "seq": like.seq}
        rows.append(
            Run(
                agent=of,
                snapshot={},
                goal="wait",
                priority=priority,
                max_steps=1,
                max_tokens=1,
                max_usd=1,
                max_seconds=1,
                **facts,
            )
        )
    Run.objects.bulk_create(rows, batch_size=2_000)


def taken(connection: psycopg.Connection[Any], owner: str = "one") -> UUID | None:
    found = run_queue.take(connection, owner, queue_order.anywhere)
    return found.lease.run if found else None


def test_a_persons_run_is_taken_before_a_batch_that_was_queued_earlier(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk = agent("desk")
    batch = [queued(bench.user, desk, number, Priority.BATCH) for number in range(3)]
    person = queued(bench.user, desk, 9)
    assert [taken(connection) for _ in range(5)] == [person, *batch, None]


def test_people_are_served_in_turn_however_many_one_of_them_has_queued(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk, ben = agent("desk"), operator("ben")
    mine = [queued(bench.user, desk, number) for number in range(4)]
    his = [queued(ben, desk, 10 + number) for number in range(2)]
    assert [taken(connection) for _ in range(6)] == [
        mine[0], his[0], mine[1], his[1], mine[2], mine[3]
    ]  # fmt: skip


def test_a_full_agent_keeps_only_its_own_runs_waiting_until_one_is_given_back(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk, bot = agent("desk", max_active=1), agent("bot")
    first, second = queued(bench.user, desk, 1), queued(bench.user, desk, 2)
    other = queued(bench.user, bot, 3)
    held = run_queue.take(connection, "one", queue_order.anywhere)
    assert held is not None
    assert held.lease.run == first
    assert [taken(connection), taken(connection)] == [other, None]
    lease.release(connection, first, held.lease.epoch)
    Run.objects.filter(pk=first).update(status=RunStatus.COMPLETED)
    assert taken(connection) == second


def test_an_edit_of_the_bound_holds_for_runs_that_are_queued_already(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk = agent("desk", max_active=1)
    first, second = queued(bench.user, desk, 1), queued(bench.user, desk, 2)
    assert [taken(connection), taken(connection)] == [first, None]
    Agent.objects.update(max_active=2)
    assert taken(connection) == second


def test_a_principals_bound_holds_over_all_agents(
    bench: Bench, connection: psycopg.Connection[Any], settings: Any
) -> None:
    settings.ACTIVE_PER_PRINCIPAL = 2
    for number, name in enumerate(("one", "two", "three")):
        queued(bench.user, agent(name), number)
    his = queued(operator("ben"), agent("four"), 9)
    assert [taken(connection) is not None for _ in range(4)] == [True, True, True, False]
    assert Run.objects.get(pk=his).lease_owner == "one"


def test_a_run_that_is_to_be_killed_waits_for_no_bound(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk = agent("desk", max_active=1)
    queued(bench.user, desk, 1)
    doomed = queued(bench.user, desk, 2, Priority.BATCH)
    taken(connection)
    services.kill(run_id=doomed, actor=bench.user, at=now())
    assert taken(connection) == doomed


def test_workers_that_take_at_the_same_time_never_pass_a_bound_together(bench: Bench) -> None:
    desk, bot = agent("desk", max_active=5), agent("bot")
    for number in range(20):
        queued(bench.user, desk, number)
        queued(bench.user, bot, number)
    together = threading.Barrier(8)

    def worker(name: str) -> list[UUID]:
        address = pool.conninfo()
        with psycopg.connect(address, autocommit=True) as own:
            together.wait()
            found = [taken(own, name) for _ in range(6)]
        return [each for each in found if each]

    with ThreadPoolExecutor(8) as workers:
        every = [run for found in workers.map(worker, "abcdefgh") for run in found]
    assert max(Counter(every).values()) == 1, "no run was taken twice"
    assert Counter(Run.objects.exclude(lease_owner="").values_list("agent__name", flat=True)) == {
        "desk": 5,
        "bot": 20,
    }


def test_the_run_that_waits_longest_is_taken_by_its_age_now_and_then(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk = agent("desk")
    old = queued(bench.user, desk, 0, Priority.BATCH)
    for number in range(20):
        queued(bench.user, desk, number + 1)
    room = SlotRoom()
    order = []
    for _ in range(queue_order.BY_AGE):
        by_age = room.taken % queue_order.BY_AGE == queue_order.BY_AGE - 1
        found = run_queue.take(connection, "one", room.has, by_age=by_age)
        assert found is not None
        room.enter(found.queued.priority, found.queued.principal)
        order.append(found.lease.run)
    assert order[-1] == old
    assert old not in order[:-1]


def test_a_worker_that_took_a_run_goes_on_until_none_is_left(bench: Bench) -> None:
    desk = agent("desk")
    runs = [queued(bench.user, desk, number) for number in range(3)]
    assert worker_process.take_up(runs[-1])
    assert {*Run.objects.values_list("status", flat=True)} == {RunStatus.COMPLETED}
    order = Run.objects.order_by("started_at").values_list("pk", flat=True)
    assert list(order) == runs
    assert not worker_process.take_up(runs[-1]), "a message that came late says nothing"


def test_the_watchdog_asks_for_no_run_that_a_bound_keeps_waiting(
    bench: Bench, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[UUID] = []

    def advance(run: UUID) -> bool:
        asked.append(run)
        return True

    monkeypatch.setattr(nudge, "advance", advance)
    monkeypatch.setattr(nudge, "queued", lambda: 0)
    desk = agent("desk", max_active=2)
    runs = [queued(bench.user, desk, number) for number in range(4)]
    taken(connection)
    asked.clear()
    assert watchdog.watch() == 1
    assert asked == [runs[1]]


def test_a_run_keeps_in_its_journal_and_row_whether_people_wait_for_it(bench: Bench) -> None:
    run = Run.objects.get(pk=queued(bench.user, agent("desk", priority="batch")))
    assert run.priority == Priority.INTERACTIVE, "whoever starts it has the last word"
    by_agent = services.start(agent=run.agent, goal="g", principal=bench.user, at=now())
    assert by_agent.priority == Priority.BATCH
    assert stored(by_agent)[0].record.data["priority"] == "batch"


def test_a_look_at_ten_thousand_queued_runs_reads_few_rows(
    bench: Bench, connection: psycopg.Connection[Any]
) -> None:
    desk, bot, ben = agent("desk"), agent("bot"), operator("ben")
    crowd(bench.user, desk, 5_000)
    crowd(ben, bot, 5_000)
    person = queued(bench.user, bot, 1)
    connection.execute("ANALYZE runs_run")
    plan = connection.execute(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {run_queue.WAITING}", {"each": 2, "most": 64}
    ).fetchone()
    assert plan is not None
    assert most_rows(plan[0][0]["Plan"]) <= 64, "no part of it reads more, whatever is queued"
    assert taken(connection) == person


def most_rows(node: dict[str, Any]) -> int:
    """The most rows that any part of the plan gave or threw away, over all its rounds."""
    rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return max([int(rows), *(most_rows(each) for each in node.get("Plans", ()))])


def test_work_goes_on_while_a_call_keeps_one_run_busy(bench: Bench) -> None:
    bench.tool("stare", bench.forever)
    desk = agent("desk")
    busy = bench.start(calling("stare") + answering())
    waits = queued(bench.user, desk, 1)
    thread = bench.playing(busy)
    assert bench.tools["stare"].begun.wait(10)
    assert worker_process.take_up(waits)
    assert bench.look(busy).status == RunStatus.RUNNING
    services.kill(run_id=busy.pk, actor=bench.user, at=now())
    handles.held()[0].halt()
    thread.join(10)
    assert bench.look(busy).status == RunStatus.STOPPED
