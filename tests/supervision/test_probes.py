"""The one call that tries a failing tool, made by a real run: kept until it is made, given back
when it is not.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from policies import current
from policies.circuit import admission, breaker_cache
from policies.circuit.models import Breaker, BreakerPolicy
from policies.circuit.rules import BreakerPhase
from tests.runtime.conftest import Bench, answering, kinds, now, stored

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = '[[step]]\ncall = [{ tool = "get_order", args = {} }, { tool = "get_rates", args = {} }]\n'


@pytest.fixture(autouse=True)
def _due(house: Bench) -> Iterator[None]:
    """get_rates was cut off, and its time is over."""
    breaker_cache.forget()
    BreakerPolicy.objects.update(successes=1)
    Breaker.objects.create(
        tool="get_rates",
        phase=BreakerPhase.OPEN,
        trips=1,
        open_until=now() - timedelta(seconds=1),
        why="it failed",
    )
    current.refresh()
    yield
    admission.stop()


def test_a_probe_that_waits_for_another_call_of_its_decision_is_not_in_its_own_way(
    house: Bench,
) -> None:
    house.tool("get_order")
    tool = house.tool("get_rates")
    run = house.play(house.start(BOTH + answering()))
    assert "call.refused" not in kinds(run)
    assert len(tool.keys) == 1
    assert Breaker.objects.get(tool="get_rates").phase == BreakerPhase.CLOSED


def test_calls_beside_the_one_that_tries_a_failing_tool_wait_for_its_result(
    house: Bench,
) -> None:
    tool = house.tool("get_rates", None, idempotent=True)
    three = ", ".join(f'{{ tool = "get_rates", args = {{ n = {n} }} }}' for n in range(3))
    run = house.play(house.start(f"[[step]]\ncall = [{three}]\n" + answering()))
    assert "call.refused" not in kinds(run)
    assert len(tool.keys) == 3
    tried, *more = [row.record.at for row in stored(run) if row.record.kind == "call.intended"]
    assert all(at > tried for at in more)
    assert Breaker.objects.get(tool="get_rates").phase == BreakerPhase.CLOSED
