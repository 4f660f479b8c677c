"""Whole runs by a provider's model, through everything that goes wrong on the way: a third party's
mock, over real HTTP.
"""

import socket
import threading
from decimal import Decimal

import pytest
from llmock.scenarios import Fail, Reply, ToolCall, ToolFault
from llmock.testing import LLMockServer

from runs import services
from runs.engine.vocabulary import RunStatus, StopReason
from tests.patience import PATIENCE, ended
from tests.planners.relay import DROP, Act, relaying
from tests.runtime.conftest import Bench, kinds, now, stored

MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
PER_MILLION = {"openai": (Decimal("0.15"), Decimal("0.6")), "anthropic": (Decimal(1), Decimal(5))}
ASK = Reply(tool_calls=(ToolCall("look", {"order": 7}),))


def rough_road() -> list[Act]:
    return [
        (ASK,),
        (Fail(429, retry_after=1),),
        (Fail(500),),
        (ASK, ToolFault("malformed_arguments")),
        DROP,
        (Reply(text="All done."),),
    ]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_run_gets_through_everything_with_the_tokens_and_the_cost_that_were_reported(
    bench: Bench, llmock_server: LLMockServer, wire: str
) -> None:
    bench.tool("look")
    with relaying(llmock_server, wire, rough_road()) as relay:
        run = bench.play(bench.start("", planner=f"{wire}:{MODELS[wire]}", base_url=relay.base_url))
    assert (run.status, run.stop_reason) == (RunStatus.COMPLETED, StopReason.COMPLETED)
    assert relay.requests == 6
    failures = [
        row.record.data["fault"] for row in stored(run) if row.record.kind == "step.plan_failed"
    ]
    assert failures == ["rate_limited", "transient", "transient"]
    spent_in = sum(
        usage.get("prompt_tokens", 0) + usage.get("input_tokens", 0) for usage in relay.reported
    )
    spent_out = sum(
        usage.get("completion_tokens", 0) + usage.get("output_tokens", 0)
        for usage in relay.reported
    )
    assert len(relay.reported) == 3
    # of the request whose connection was dropped nobody knows what it cost: its estimate counts
    (dropped,) = [row.record for row in stored(run) if row.record.data.get("estimated")]
    assert run.tokens_in == spent_in + dropped.tokens_in
    assert run.tokens_out == spent_out + dropped.tokens_out
    dear_in, dear_out = PER_MILLION[wire]
    spent = (dear_in * spent_in + dear_out * spent_out) / 1_000_000
    assert run.usd == spent + (dropped.usd or 0)
    assert run.estimated
    assert not run.usd_unknown


def test_malformed_arguments_are_refused_and_the_model_reads_why(
    bench: Bench, llmock_server: LLMockServer
) -> None:
    look = bench.tool("look")
    with relaying(
        llmock_server,
        "openai",
        [(ASK, ToolFault("malformed_arguments")), (ASK,), (Reply(text="Done."),)],
    ) as relay:
        run = bench.play(bench.start("", planner="openai:gpt-4o-mini", base_url=relay.base_url))
    assert run.status == RunStatus.COMPLETED
    assert kinds(run).count("call.refused") == 1
    assert len(look.keys) == 1


def test_a_key_that_is_refused_stops_the_run_with_a_sentence(
    bench: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "openai", [(Fail(401),)]) as relay:
        run = bench.play(bench.start("", planner="openai:gpt-4o-mini", base_url=relay.base_url))
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.PLANNER_FAILURE)
    assert run.stop_detail == "127.0.0.1 refused a request without a key (401): Unauthorized."


def test_a_kill_while_the_model_thinks_closes_the_request(bench: Bench) -> None:
    asked, left = threading.Event(), threading.Event()

    def think() -> None:
        connection, _ = listener.accept()
        connection.settimeout(PATIENCE)
        with connection:
            connection.recv(65_536)
            asked.set()
            while connection.recv(65_536):
                pass
        left.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thinking = threading.Thread(target=think, daemon=True)
        thinking.start()
        run = bench.start(
            "",
            planner="openai:gpt-4o-mini",
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1",
        )
        worker = bench.playing(run)
        assert asked.wait(PATIENCE)
        services.kill(run_id=run.id, actor=bench.user, at=now())
        assert left.wait(PATIENCE)
        ended(worker)
    assert bench.look(run).stop_reason == StopReason.USER_KILLED
