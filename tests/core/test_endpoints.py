"""Which endpoint an agent means, whose key goes there, and what stands in the way."""

import asyncio
import subprocess
import sys

import pytest

from runs import planners
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, PlanRequest
from runs.planners.endpoint import HOMES, NO_KEY, EndpointError, WireFormat, endpoint
from tests.patience import PATIENCE


class NoContext:
    def messages(self) -> list[ContextMessage]:
        return []


KEYS = {
    "OPENAI_API_KEY": "sk-secret",
    "ANTHROPIC_API_KEY": "ak-secret",
    "GATEWAY_API_KEY": "gw-secret",
}


@pytest.mark.parametrize(
    ("wire", "key"), [(WireFormat.OPENAI, "sk-secret"), (WireFormat.ANTHROPIC, "ak-secret")]
)
def test_the_usual_key_goes_to_the_providers_own_address(wire: WireFormat, key: str) -> None:
    found = endpoint({"planner": f"{wire}:some-model"}, KEYS)
    assert (found.base_url, found.key, found.home, found.name) == (
        HOMES[wire],
        key,
        True,
        f"{wire}:some-model",
    )


def test_the_usual_key_is_not_sent_to_an_address_on_the_agents_page() -> None:
    assert (
        endpoint({"planner": "openai:llama3", "base_url": "http://localhost:11434/v1"}, KEYS).key
        == NO_KEY
    )


def test_the_key_the_agent_names_is_sent_to_its_address() -> None:
    assert (
        endpoint(
            {
                "planner": "openai:x",
                "base_url": "https://gateway.example/v1",
                "key_variable": "GATEWAY_API_KEY",
            },
            KEYS,
        ).key
        == "gw-secret"
    )


def test_an_address_in_the_environment_gets_the_usual_key_and_the_agents_own_wins_over_it() -> None:
    environment = {**KEYS, "OPENAI_BASE_URL": "https://proxy.example/v1"}
    assert endpoint({"planner": "openai:x"}, environment).base_url == "https://proxy.example/v1"
    assert endpoint({"planner": "openai:x"}, environment).key == "sk-secret"
    assert (
        endpoint({"planner": "openai:x", "base_url": "http://own/v1"}, environment).base_url
        == "http://own/v1"
    )


def test_a_model_may_have_colons_in_its_name() -> None:
    assert (
        endpoint({"planner": "openai:qwen2.5:7b", "base_url": "http://localhost/v1"}, {}).model
        == "qwen2.5:7b"
    )


@pytest.mark.parametrize(
    ("snapshot", "sentence"),
    [
        (
            {"planner": "openai:gpt-5-mini"},
            (
                "The environment variable OPENAI_API_KEY, which holds the key for"
                " openai:gpt-5-mini, is not set"
            ),
        ),
        ({"planner": "anthropic:claude"}, "The environment variable ANTHROPIC_API_KEY"),
        (
            {"planner": "openai:x", "base_url": "http://h/v1", "key_variable": "NO_API_KEY"},
            "The environment variable NO_API_KEY",
        ),
        (
            {"planner": "openai:x", "base_url": "localhost:11434"},
            "does not begin with http:// or https://",
        ),
        ({"planner": "openai:"}, "'openai:' is not known"),
        ({"planner": "oracle"}, "'oracle' is not known"),
        ({}, "'' is not known"),
    ],
)
def test_what_stands_in_the_way_is_said_in_a_sentence(
    snapshot: dict[str, str], sentence: str
) -> None:
    with pytest.raises(EndpointError, match=sentence):
        endpoint(snapshot, {})


def test_a_missing_key_is_a_problem_before_the_run_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    problem = planners.problem({"planner": "openai:gpt-5-mini"})
    assert problem is not None
    assert "OPENAI_API_KEY" in problem
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert planners.problem({"planner": "openai:gpt-5-mini"}) is None


def test_a_key_is_not_shown() -> None:
    found = endpoint({"planner": "openai:x"}, KEYS)
    assert "sk-secret" not in repr(found)
    assert found.without_key("Incorrect key sk-secret.") == "Incorrect key [key]."


def test_asking_for_problems_and_playing_scripts_imports_no_provider_library() -> None:
    heavy = ("pydantic_ai", "openai", "anthropic", "genai_prices", "httpx2")
    code = f"""
import sys
from runs import planners
planners.problem({{"planner": "openai:gpt-5-mini"}})
planners.build({{"planner": "scripted", "script": "[[step]]\\nfinal = 'x'"}})
planners.build({{"recording": {{"steps": []}}}})
print([name for name in {heavy} if name in sys.modules])
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        ).stdout.strip()
        == "[]"
    )


def test_a_worker_without_the_key_stops_the_run_with_the_sentence_instead_of_failing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_API_KEY", raising=False)
    planner = planners.build({"planner": "openai:x", "key_variable": "NO_API_KEY"})
    assert planner.model == "openai:x"
    asked = PlanRequest("r", 1, "g", 1, "c", NoContext(), (), 100, None)
    with pytest.raises(PlannerError, match="The environment variable NO_API_KEY") as caught:
        asyncio.run(planner.decide(asked))
    assert caught.value.fault is PlannerFault.FATAL
