"""The refund desk on llmock, which speaks a dozen providers' formats."""

import pytest
from llmock.scenarios import Behavior, Fail, Reply, ToolCall, ToolFault
from llmock.testing import LLMockServer

from runs.models import Run
from tests.counterparts import desk
from tests.runtime.conftest import kinds

WIRES = {"openai": "openai:gpt-4o-mini", "anthropic": "anthropic:claude-haiku-4-5"}
OTHERS = {
    "groq": "openai:llama-3.3-70b",
    "mistral": "openai:mistral-large-latest",
    "together": "openai:meta-llama/Llama-3.3-70B",
    "xai": "openai:grok-4",
    "perplexity": "openai:sonar-pro",
}
"""They speak OpenAI's format, each in its own way and under a path of its own."""


def scripted(turn: desk.Turn) -> Reply:
    if isinstance(turn, str):
        return Reply(text=turn)
    return Reply(tool_calls=tuple(ToolCall(each.tool, each.args) for each in turn))


def play(case: desk.Case, server: LLMockServer, wire: str, *faults: Behavior) -> Run:
    server.state.scenarios.add(*faults, *map(scripted, case.turns()))
    run, asked = desk.played(desk.begun(case, (WIRES | OTHERS)[wire], server.base_url(wire)))
    desk.settled(case, run, asked)
    return run


@pytest.mark.parametrize(
    "wire", [*WIRES, *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)]
)
def test_llmock_finishes_the_refund_desk(
    case: desk.Case, llmock_server: LLMockServer, wire: str
) -> None:
    run = play(case, llmock_server, wire)
    assert not run.estimated
    assert "step.plan_failed" not in kinds(run)


def test_llmock_finishes_the_refund_desk_through_its_faults(
    case: desk.Case, llmock_server: LLMockServer
) -> None:
    first = scripted(case.turns()[0])
    broken = ToolFault("malformed_arguments")
    faults: list[Behavior] = [Fail(429, retry_after=1), Fail(500), Fail(503), first, broken]
    run = play(case, llmock_server, "openai", *faults)
    assert kinds(run).count("step.plan_failed") == 3
    assert "call.refused" in kinds(run)
