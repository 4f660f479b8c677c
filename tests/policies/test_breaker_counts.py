"""What a breaker counts over all processes, its levers, and no query for a healthy call."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection

from console.journal import pool
from console.refused import Refused
from policies import current
from policies.circuit import admission, breaker_cache, breaker_levers
from policies.circuit import rows as breaker_rows
from policies.circuit.models import BreakerPolicy
from policies.circuit.rules import Succeeded
from policies.decision import ALLOWED
from policies.retries import rows as retries
from policies.retries.models import RetryPolicy
from tests.patience import PATIENCE
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
    with pytest.raises(Refused, match="cut off already"):
        breaker_levers.force_open(tool=TOOL, actor=anna, at=AT, reason="again")
    breaker_levers.reset(tool=TOOL, actor=anna, at=after(5), reason="They are done")
    assert permit(after(6)).allowed
    with pytest.raises(Refused, match="works already"):
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
