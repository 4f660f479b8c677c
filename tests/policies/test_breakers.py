"""Breakers shared by all workers, on a real database: one probe, late words, dead callers."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

from console.journal import pool
from policies import current
from policies.circuit import admission, breaker_cache
from policies.circuit.models import BreakerPolicy
from policies.circuit.rules import BreakerPhase
from policies.decision import Decision
from policies.retries.failure import failure_of
from tests.patience import PATIENCE, ended
from tests.policies.broken_tools import (
    AT,
    GARBAGE,
    TOOL,
    after,
    connected,
    events,
    fail,
    go,
    permit,
    report,
    row,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    breaker_cache.forget()
    current.forget()
    yield
    admission.stop()
    pool.close()


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
