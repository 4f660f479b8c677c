"""Breakers of one run alone: cut off, tried by one call, let through again; and no retry while cut
off.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from policies.circuit import breaker_cache
from policies.circuit.admission import ReportOutcome, probe_of
from policies.circuit.own_breakers import OwnBreakers
from policies.circuit.rules import BreakerThresholds
from policies.decision import ALLOWED, DecisionKind
from policies.retries.failure import Failure
from policies.retries.rules import RetryRule

RUN = uuid4()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = BreakerThresholds(calls=2, open_for=10, successes=1)
FAILURE = Failure("timeout", "failed")
LATER = AT + timedelta(seconds=11)


@pytest.fixture(autouse=True)
def _policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker_cache, "thresholds", lambda _tool: POLICY)


async def cut_off() -> OwnBreakers:
    breakers = OwnBreakers()
    for _ in range(2):
        assert breakers.glance("book", AT) == ALLOWED
        await breakers.report("book", "failed", AT, failure=FAILURE)
    return breakers


async def test_a_tool_that_fails_is_cut_off_and_the_others_are_not() -> None:
    breakers = await cut_off()
    found = breakers.glance("book", AT)
    assert found is not None
    assert found.kind is DecisionKind.DENY
    assert breakers.glance("read", AT) == ALLOWED
    assert OwnBreakers().glance("book", AT) == ALLOWED


async def test_one_call_tries_it_and_lets_the_others_in() -> None:
    breakers = await cut_off()
    assert breakers.glance("book", LATER) is None
    probe = await breakers.permit("book", RUN, LATER, 5.0)
    assert probe_of(probe)
    other = await breakers.permit("book", RUN, LATER, 5.0)
    assert other.kind is DecisionKind.DENY
    await breakers.withdraw("book", LATER, probe)
    again = await breakers.permit("book", RUN, LATER, 5.0)
    assert await breakers.report("book", "succeeded", LATER, again) == ReportOutcome()
    assert breakers.glance("book", LATER) == ALLOWED


async def test_a_retry_is_drawn_while_it_is_closed_and_none_while_it_is_cut_off() -> None:
    breakers, rule = OwnBreakers(), RetryRule()
    first = await breakers.report("book", "failed", AT, failure=FAILURE, retry=rule)
    assert first == ReportOutcome(granted=True)
    second = await breakers.report("book", "failed", AT, failure=FAILURE, retry=rule)
    assert (second.granted, second.open_for) == (False, 10.0)
