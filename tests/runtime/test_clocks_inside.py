"""A run's own time holds also inside a question to its planner, a call and a wait."""

import asyncio
import time
from collections.abc import Mapping

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from console.json_value import Json
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect, RunStatus, StopReason, Waiting
from tests.patience import forever
from tests.planners.relay import relaying
from tests.planners.wire import HANG, serving
from tests.runtime.conftest import Bench, answering, calling, kinds

SOON = 20.0
"""Seconds after which a clock has not held: far more than the second or two that a run is given."""


async def slow(args: Mapping[str, Json], context: ToolContext) -> Json:
    await forever()


def test_a_planner_that_does_not_answer_ends_with_the_runs_own_time(bench: Bench) -> None:
    async def played() -> None:
        async with serving(HANG) as wire:
            run = bench.start(
                "", planner="openai:gpt-4o-mini", base_url=wire.base_url, max_seconds=2
            )
            began = time.monotonic()
            ended = await asyncio.to_thread(bench.play, run)
            assert time.monotonic() - began < SOON
            await asyncio.wait_for(wire.left.wait(), SOON)
            assert (ended.status, ended.stop_reason) == (RunStatus.STOPPED, StopReason.TIMEOUT)
            assert "2 s limit reached before its first step." in ended.stop_detail
            assert "no answer since" in ended.stop_detail

    asyncio.run(played())


@pytest.mark.parametrize("effect", [Effect.READ, Effect.IRREVERSIBLE])
def test_a_call_ends_with_the_runs_own_time(bench: Bench, effect: Effect) -> None:
    bench.tool("look", slow, effect=effect, timeout=300)
    began = time.monotonic()
    run = bench.play(bench.start(calling("look") + answering(), max_seconds=2))
    assert time.monotonic() - began < SOON
    if effect is Effect.READ:
        assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.TIMEOUT)
        return
    assert (run.status, run.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert "The run's own time was over." in run.stop_detail


def test_a_call_that_takes_longer_than_its_tool_may_is_not_put_down_to_the_runs_own_time(
    bench: Bench,
) -> None:
    bench.tool("look", slow, effect=Effect.IRREVERSIBLE, timeout=0.3)
    run = bench.play(bench.start(calling("look") + answering(), max_seconds=600))
    assert (run.status, run.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert "No answer within 0.3 s." in run.stop_detail
    assert "own time" not in run.stop_detail


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_provider_that_wants_to_be_asked_after_the_runs_time_ends_it_at_once(
    bench: Bench, llmock_server: LLMockServer, wire: str
) -> None:
    model = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}[wire]
    with relaying(llmock_server, wire, [(Fail(429, retry_after=7_200),)]) as relay:
        run = bench.play(
            bench.start("", planner=f"{wire}:{model}", base_url=relay.base_url, max_seconds=60)
        )
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.TIMEOUT)
    assert "asks to wait 2 h, and" in run.stop_detail
    assert kinds(run)[-2:] == ["step.plan_failed", "run.stopped"]
    assert relay.requests == 1
