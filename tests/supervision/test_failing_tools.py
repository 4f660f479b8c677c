"""Tools that fail: a breaker that all runs share, opened by garbage that calls itself fine; retries
that never become the storm.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.json_value import Json
from policies import current
from policies.circuit import breaker_cache
from policies.circuit.models import Breaker, BreakerPolicy
from policies.circuit.rules import BreakerPhase
from policies.retries.models import RetryPolicy
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect, RunStatus, StopReason, Verdict
from runs.models import Run
from tests.runtime.conftest import Bench, answering, calling, stored

BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
DOWN = "503 Service Unavailable"
NONE = answering("no rates today")


@pytest.fixture(autouse=True)
def _fresh(house: Bench) -> Iterator[None]:
    breaker_cache.forget()
    RetryPolicy.objects.filter(name="every-tool").update(base_seconds=0.001, cap_seconds=0.001)
    current.refresh()
    yield
    breaker_cache.forget()


def asking(*orders: int) -> str:
    return "".join(calling("get_rates", f"{{ order_id = {order} }}") for order in orders)


async def garbage(args: Mapping[str, Json], context: ToolContext) -> Json:
    """What a proxy says with status 200 when the service behind it is gone."""
    return {"status": 200, "body": BAD_GATEWAY}


async def down(args: Mapping[str, Json], context: ToolContext) -> Json:
    raise ToolError(DOWN)


def of_kind(run: Run, kind: str) -> list[Any]:
    return [row.record for row in stored(run) if row.record.kind == kind]


def retried_by(**facts: Any) -> None:
    RetryPolicy.objects.filter(name="every-tool").update(**facts)
    current.refresh()


def without_breaker() -> None:
    BreakerPolicy.objects.update(enabled=False)
    current.refresh()


def test_garbage_behind_a_200_opens_the_breaker(house: Bench) -> None:
    house.tool("get_rates", garbage)
    run = house.play(house.start(asking(1, 2, 3, 4) + NONE))
    verdicts = {
        (record.outcome, record.verdict, record.rule) for record in of_kind(run, "call.returned")
    }
    assert verdicts == {("ok", Verdict.FAILED, "page_inside")}
    assert Breaker.objects.get().phase == BreakerPhase.OPEN
    [opened] = [
        row.record
        for row in journal.read(connection, HOUSE_KEY)
        if row.record.kind == "breaker.opened"
    ]
    assert (opened.tool, opened.actor) == ("get_rates", "supervisor")


def test_other_runs_are_refused_in_words_and_the_tool_is_left_in_peace(house: Bench) -> None:
    tool = house.tool("get_rates", garbage)
    house.play(house.start(asking(1, 2, 3, 4) + NONE))
    made = len(tool.keys)
    second = house.play(house.start(asking(8, 9) + NONE))
    assert second.status == RunStatus.COMPLETED
    assert len(tool.keys) == made == 5
    refusals = of_kind(second, "call.refused")
    assert [record.rule for record in refusals] == ["breaker:every-tool"] * 2
    assert (
        refusals[0]
        .data["sentence"]
        .startswith("get_rates is cut off because 5 of 5 calls in 60 s failed, the last one: ")
    )
    assert "502 Bad Gateway" in refusals[0].data["sentence"]


def test_an_agent_that_asks_for_what_does_not_exist_closes_no_tool_to_others(house: Bench) -> None:
    async def get_order(args: Mapping[str, Json], context: ToolContext) -> Json:
        raise ToolError(f"There is no order {args['order_id']}.")

    tool = house.tool("get_order", get_order)
    script = "".join(
        calling("get_order", f"{{ order_id = {number} }}") for number in (9_104, 9_114, 9_140)
    )
    runs = [house.play(house.start(script + NONE)) for _ in range(3)]
    assert [
        (run.status, of_kind(run, "call.refused"), of_kind(run, "call.retried")) for run in runs
    ] == [(RunStatus.COMPLETED, [], [])] * 3
    assert len(tool.keys) == 9


def test_another_tool_goes_on_meanwhile(house: Bench) -> None:
    house.tool("get_rates", garbage)
    house.tool("get_order")
    house.play(house.start(asking(1, 2, 3, 4) + NONE))
    run = house.play(house.start(calling("get_order") + NONE))
    assert (run.status, of_kind(run, "call.refused")) == (RunStatus.COMPLETED, [])


def test_a_storm_of_retries_is_held_to_the_tools_budget_of_a_minute(house: Bench) -> None:
    """Eight runs with four failing calls each would try 64 times more; the tool has seven retries
    and a tenth of its calls.
    """
    without_breaker()
    retried_by(attempts=3, floor=7, share_percent=10)
    tool = house.tool("get_rates", down)
    runs = [
        house.play(house.start(asking(*range(4 * index, 4 * index + 4)) + NONE))
        for index in range(8)
    ]
    first = sum(len(of_kind(run, "call.intended")) for run in runs)
    retries = sum(len(of_kind(run, "call.retried")) for run in runs)
    assert len(tool.keys) == first + retries
    assert first >= 20
    assert 7 <= retries <= 7 + first * 0.1
    told = [record.data["retry"] for run in runs for record in of_kind(run, "call.returned")]
    assert "It is not tried again: get_rates has used up its retries of this minute." in told


def test_a_runs_own_retries_have_an_end_that_ends_it(house: Bench) -> None:
    without_breaker()
    retried_by(attempts=3, per_run=3, floor=100)
    tool = house.tool("get_rates", down)
    run = house.play(house.start(asking(*range(9)) + NONE))
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.RETRY_LIMIT_REACHED)
    assert "The run has used up its 3 retries." in run.stop_detail
    assert len(of_kind(run, "call.retried")) == 3
    assert len(tool.keys) == 5


def test_what_may_have_happened_is_never_tried_again_by_itself(house: Bench) -> None:
    async def cut_off(args: Mapping[str, Json], context: ToolContext) -> Json:
        raise ToolError("connection reset by peer")

    tool = house.tool("get_rates", cut_off, effect=Effect.REVERSIBLE, idempotent=False)
    run = house.play(house.start(asking(1) + NONE))
    assert (run.status, len(tool.keys)) == (RunStatus.COMPLETED, 1)


def test_a_call_that_works_at_the_second_attempt_is_one_success_for_the_planner(
    house: Bench,
) -> None:
    answers = iter([False, True])

    async def moody(args: Mapping[str, Json], context: ToolContext) -> Json:
        if not next(answers):
            raise ToolError(DOWN)
        return {"usd": 4.9}

    tool = house.tool("get_rates", moody)
    run = house.play(house.start(asking(1) + answering("it costs {{get_rates.usd}}")))
    assert of_kind(run, "run.completed")[0].data["final"] == "it costs 4.9"
    assert len(set(tool.keys)) == 1
    assert len(tool.keys) == 2
