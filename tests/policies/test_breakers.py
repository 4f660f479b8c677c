"""Breakers shared by all workers, on a real database: one probe, late words, dead callers, hand
levers, and no query for a healthy call.
"""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from console.journal import append, libpq_wire, pool
from console.journal.records import HOUSE_KEY, JournalRecord
from console.refused import Refused
from policies import current
from policies.circuit import admission, breaker_cache, breaker_levers
from policies.circuit import rows as breaker_rows
from policies.circuit.admission import ReportOutcome
from policies.circuit.models import Breaker, BreakerPolicy
from policies.circuit.rules import BreakerPhase, Succeeded
from policies.decision import ALLOWED, Decision
from policies.retries import rows as retries
from policies.retries.failure import Failure, failure_of
from policies.retries.models import RetryPolicy
from tests.patience import PATIENCE, ended

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
GARBAGE = Failure(
    "ok", "failed", "noise", result="%%%", sentence="The result is not readable text: %%%"
)
TOOL = "get_rates"


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    breaker_cache.forget()
    current.forget()
    yield
    admission.stop()
    pool.close()


@asynccontextmanager
async def connected() -> AsyncIterator[libpq_wire.Connection]:
    async with await psycopg.AsyncConnection.connect(pool.conninfo(), autocommit=True) as made:
        yield made


def go(work: Callable[[libpq_wire.Connection], Coroutine[Any, Any, Any]]) -> Any:
    async def once() -> Any:
        async with connected() as made:
            return await work(made)

    return asyncio.run(once())


def permit(at: datetime, tool: str = TOOL, run: str = "run-1") -> Decision:
    found: Decision = go(lambda made: admission.permit(made, tool, run, at))
    return found


def report(
    verdict: str, at: datetime, given: Decision = ALLOWED, tool: str = TOOL, **facts: Any
) -> ReportOutcome:
    found: ReportOutcome = go(
        lambda made: admission.report(made, tool, verdict, at, given, **facts)
    )
    return found


def fail(times: int, at: datetime = AT, tool: str = TOOL) -> None:
    for _ in range(times):
        report("failed", at, tool=tool, failure=GARBAGE)


def row(tool: str = TOOL) -> Breaker:
    return Breaker.objects.get(tool=tool)


def events(kind: str) -> list[JournalRecord]:
    return [
        stored.record for stored in append.read(connection, HOUSE_KEY) if stored.record.kind == kind
    ]


def test_garbage_behind_a_200_opens_the_breaker_for_everybody() -> None:
    fail(4)
    assert permit(AT).allowed
    fail(1)
    refused = permit(after(1))
    assert not refused.allowed
    assert refused.rule == "breaker:every-tool"
    assert (
        refused.sentence
        == "get_rates is cut off because 5 of 5 calls in 60 s failed, the last one: The result is"
        " not readable text: %%%. It is tried again in 14 s."
    )
    assert refused.facts["retry_after"] == 14
    assert permit(after(1), "another_tool").allowed


def test_opening_and_closing_are_on_the_houses_chain() -> None:
    fail(5)
    (opened,) = events("breaker.opened")
    assert (opened.tool, opened.actor, opened.data["was"]) == (TOOL, "supervisor", "closed")
    for second in (20, 21):
        report("succeeded", after(second), permit(after(second)))
    (closed,) = events("breaker.closed")
    assert closed.data["why"] == "2 probes in a row succeeded"
    assert permit(after(22)).allowed


def test_answers_that_blame_the_caller_do_not_open_it() -> None:
    missing = failure_of(
        outcome="error",
        verdict="failed",
        rule="transport",
        error="Order 9 does not exist.",
        result=None,
        sentence="",
        at=AT,
    )
    for _ in range(20):
        report("failed", AT, failure=missing)
    assert permit(AT).allowed


def test_one_probe_goes_through_and_the_others_are_refused() -> None:
    fail(5)
    first, second = permit(after(15)), permit(after(15), run="run-2")
    assert (first.allowed, second.allowed) == (True, False)
    assert admission.probe_of(first).startswith("run-1 ")
    assert "tried with one call" in second.sentence
    assert row().phase == BreakerPhase.HALF_OPEN


def test_a_failed_probe_opens_it_for_longer() -> None:
    fail(5)
    reported = report("failed", after(16), permit(after(15)), failure=GARBAGE)
    assert reported.open_for == 30
    assert row().open_until == after(46)


def test_a_probe_that_was_not_made_is_free_for_the_next_one() -> None:
    fail(5)
    held = permit(after(15))
    go(lambda made: admission.withdraw(made, TOOL, after(15), held))
    assert permit(after(15), run="run-2").allowed


def test_a_dead_prober_blocks_nobody_for_ever_and_its_late_word_no_longer_counts() -> None:
    fail(5)
    lost = permit(after(15))
    assert not permit(after(74), run="run-2").allowed
    taken = permit(after(76), run="run-2")
    assert taken.allowed
    report("failed", after(77), lost, failure=GARBAGE)
    assert row().probe == admission.probe_of(taken)


@pytest.mark.parametrize("watching", [False, True])
def test_fifty_callers_in_two_workers_get_exactly_one_probe(watching: bool) -> None:
    tools = [f"tool_{number}" for number in range(8)]
    for tool in tools:
        fail(5, tool=tool)
    wanted = json.dumps(
        {"tools": tools, "callers": 25, "at": after(60).isoformat(), "watching": watching}
    )
    command = [sys.executable, "-W", "ignore", "-m", "tests.policies.callers", wanted]
    workers = [
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        found = [json.loads(worker.communicate(timeout=PATIENCE)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert {tool: sum(each[tool] for each in found) for tool in tools} == dict.fromkeys(tools, 1)


def test_fifty_threads_get_exactly_one_probe() -> None:
    fail(5)
    barrier, permits = threading.Barrier(50), list[Decision]()

    async def one(name: str) -> None:
        async with connected() as made:
            await asyncio.to_thread(barrier.wait, PATIENCE)
            permits.append(await admission.permit(made, TOOL, name, after(60)))

    threads = [
        threading.Thread(target=asyncio.run, args=(one(f"run-{number}"),)) for number in range(50)
    ]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert len(permits) == 50
    assert sum(each.allowed for each in permits) == 1


def test_failures_of_many_callers_at_once_are_all_counted() -> None:
    BreakerPolicy.objects.update(minimum_calls=10_000)

    async def storm() -> None:
        async def one() -> None:
            async with connected() as made:
                for _ in range(5):
                    await admission.report(made, TOOL, "failed", AT, failure=GARBAGE)

        await asyncio.gather(*(one() for _ in range(10)))

    asyncio.run(storm())
    assert sum(bad for _, _, bad, _ in row().slots) == 50


def test_a_healthy_call_asks_the_database_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    admission.start()
    assert admission.glance(TOOL, AT) == ALLOWED
    assert admission.went_well(TOOL, "succeeded", ALLOWED)

    class NoConnection:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError("a query for a healthy call")

    nowhere: Any = NoConnection()
    assert asyncio.run(admission.permit(nowhere, TOOL, "run-1", AT)).allowed
    assert asyncio.run(admission.report(nowhere, TOOL, "succeeded", AT)) == admission.NOTHING


def test_successes_counted_in_a_process_are_written_together_and_weigh_against_failures() -> None:
    admission.start()
    for _ in range(20):
        assert admission.went_well(TOOL, "succeeded", ALLOWED)
    fail(9)
    assert permit(AT).allowed, "9 of 29 are not half"
    for _ in range(7):
        admission.went_well("get_order", "succeeded", ALLOWED)
    breaker_cache.count(AT)
    assert [slot[1] for slot in row("get_order").slots] == [7]
    breaker_cache.count(AT)
    assert [slot[1] for slot in row("get_order").slots] == [7]


def test_a_watching_process_hears_of_a_breaker_that_another_one_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, refresh = threading.Event(), breaker_cache.refresh

    def looked() -> None:
        refresh()
        if breaker_cache.known(TOOL):
            heard.set()

    admission.start()
    assert admission.glance(TOOL, AT) == ALLOWED
    monkeypatch.setattr(breaker_cache, "refresh", looked)
    with connection.cursor() as cursor:  # as another process would: this one's memory is not told
        cursor.execute(breaker_rows.MAKE, {"tools": [TOOL]})
        cursor.execute(
            "UPDATE policies_breaker SET phase = 'open', open_until = %s, why = 'it failed'",
            [after(60)],
        )
    assert heard.wait(PATIENCE)
    seen = admission.glance(TOOL, AT)
    assert seen is not None
    assert not seen.allowed


def test_a_hand_forces_it_open_and_resets_it_with_its_reason_on_the_chain() -> None:
    anna = User.objects.create_user("anna")
    breaker_levers.force_open(tool=TOOL, actor=anna, at=AT, reason="The courier is migrating")
    refused = permit(after(10_000))
    assert (refused.allowed, refused.facts["retry_after"]) == (False, None)
    assert (
        refused.sentence == "get_rates was cut off by anna at 14:02 UTC: The courier is migrating."
    )
    with pytest.raises(Refused, match="forced open already"):
        breaker_levers.force_open(tool=TOOL, actor=anna, at=AT, reason="again")
    breaker_levers.reset(tool=TOOL, actor=anna, at=after(5), reason="They are done")
    assert permit(after(6)).allowed
    with pytest.raises(Refused, match="closed already"):
        breaker_levers.reset(tool=TOOL, actor=anna, at=after(7), reason="again")
    (forced,), (reset,) = events("breaker.forced"), events("breaker.reset")
    assert (forced.actor, forced.data["why"]) == ("user:anna", "The courier is migrating")
    assert (reset.actor, reset.data["was"]) == ("user:anna", "forced")


def test_a_lever_wants_a_reason_and_a_tool() -> None:
    anna = User.objects.create_user("anna")
    for tool, reason in ((TOOL, " "), ("", "why not"), ("a\0b", "why not")):
        with pytest.raises(Refused):
            breaker_levers.force_open(tool=tool, actor=anna, at=AT, reason=reason)


def test_thresholds_follow_the_first_policy_that_fits() -> None:
    BreakerPolicy.objects.create(
        name="rates", tools="get_rates quote_*", priority=10, minimum_calls=2
    )
    fail(2)
    fail(2, tool="get_order")
    assert not permit(AT).allowed
    assert permit(AT, "get_order").allowed


def test_without_a_policy_only_a_hand_opens_it() -> None:
    BreakerPolicy.objects.update(enabled=False)
    fail(30)
    assert permit(AT).allowed


def test_retries_of_a_tool_are_drawn_from_one_budget_by_all_callers() -> None:
    BreakerPolicy.objects.update(minimum_calls=10_000)
    RetryPolicy.objects.update(floor=3, share_percent=10)
    policy = retries.policy(TOOL)
    assert policy is not None

    async def storm() -> int:
        async def one() -> int:
            async with connected() as made:
                answers = [
                    await admission.report(made, TOOL, "failed", AT, failure=GARBAGE, retry=policy)
                    for _ in range(10)
                ]
            return sum(answer.granted for answer in answers)

        return sum(await asyncio.gather(*(one() for _ in range(10))))

    granted = asyncio.run(storm())
    assert 3 <= granted <= 3 + 0.1 * 100
    assert sum(drawn for *_, drawn in row().slots) == granted


def test_an_open_breaker_grants_no_retry() -> None:
    policy = retries.policy(TOOL)
    fail(4)
    reported = report("failed", AT, failure=GARBAGE, retry=policy)
    assert (reported.granted, reported.open_for) == (False, 15)


def test_successes_that_cannot_be_written_for_any_reason_are_kept_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaker_cache.went_well("look")

    def fails(*_args: object) -> object:
        raise LookupError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(breaker_cache, "thresholds", fails)
        with pytest.raises(LookupError):
            breaker_cache.count(AT)
    assert breaker_cache.uncounted("look") == Succeeded(1)


def test_successes_counted_here_survive_a_report_that_could_not_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        breaker_cache.went_well(TOOL)
    lock, write = breaker_rows.locked_on_loop, breaker_rows.write_on_loop

    async def away(*_facts: Any) -> None:
        raise psycopg.OperationalError("the database is away")

    monkeypatch.setattr(breaker_rows, "write_on_loop", away)
    with pytest.raises(psycopg.OperationalError):
        go(lambda made: admission.report(made, TOOL, "failed", AT))
    monkeypatch.setattr(breaker_rows, "write_on_loop", write)
    go(lambda made: admission.report(made, TOOL, "failed", AT))
    assert breaker_cache.uncounted(TOOL) is None
    counts = go(lambda made: lock(made, TOOL)).window.counts(AT, 60)
    assert (counts.good, counts.bad) == (3, 1)


def test_successes_counted_here_survive_a_report_that_was_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaker_cache.went_well(TOOL)

    async def cancelled(*_facts: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(breaker_rows, "locked_on_loop", cancelled)
    with pytest.raises(asyncio.CancelledError):
        go(lambda made: admission.report(made, TOOL, "failed", AT))
    assert breaker_cache.uncounted(TOOL) == Succeeded(1)
