"""The refund desk through LiteLLM's proxy, a gateway that puts what it gets into other words on the
way there and back: each wire that it speaks to us, before each wire that it speaks to a provider.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from tests.counterparts import desk, environments, programs
from tests.counterparts.test_llmock_desk import scripted
from tests.runtime.conftest import kinds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]
PIN = "litellm[proxy]==1.100.5"
KEY = "sk-gateway-of-the-tests"
BEHIND = {"openai": "openai/gpt-4o-mini", "anthropic": "anthropic/claude-haiku-4-5-20251001"}
BEFORE = {"openai": "/v1", "anthropic": ""}


@contextmanager
def litellm(folder: Path, mock: LLMockServer) -> Iterator[str]:
    """The gateway's address; its models are named for the wire behind them."""
    settings = {
        "model_list": [
            {
                "model_name": f"desk-{wire}",
                "litellm_params": {
                    "model": model,
                    "api_base": mock.base_url(wire),
                    "api_key": "sk-behind",
                },
            }
            for wire, model in BEHIND.items()
        ],
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": KEY},
    }
    file = folder / "litellm.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML too
    program = environments.python(PIN).with_name("litellm")
    port = programs.free_port()
    with programs.program(
        [str(program), "--config", str(file), "--host", "127.0.0.1", "--port", str(port)],
        folder / "litellm.log",
        port,
        "/health/liveliness",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_TELEMETRY="False",
    ):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GATEWAY_API_KEY", KEY)
    return "GATEWAY_API_KEY"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("behind", BEHIND)
def test_litellm_finishes_the_refund_desk(
    case: desk.Case,
    llmock_server: LLMockServer,
    key: str,
    tmp_path: Path,
    before: str,
    behind: str,
) -> None:
    llmock_server.state.scenarios.add(*map(scripted, case.turns()))
    with litellm(tmp_path, llmock_server) as gateway:
        address = gateway + BEFORE[before]
        begun = desk.begun(case, f"{before}:desk-{behind}", address, key_variable=key)
        run, asked = desk.played(begun)
    desk.settled(case, run, asked)


def test_litellm_passes_a_providers_faults_on_and_the_refund_desk_is_finished(
    case: desk.Case, llmock_server: LLMockServer, key: str, tmp_path: Path
) -> None:
    faults = [Fail(429, retry_after=1), Fail(500), Fail(503)]
    llmock_server.state.scenarios.add(*faults, *map(scripted, case.turns()))
    with litellm(tmp_path, llmock_server) as gateway:
        begun = desk.begun(case, "openai:desk-openai", f"{gateway}/v1", key_variable=key)
        run, asked = desk.played(begun)
    desk.settled(case, run, asked)
    assert kinds(run).count("step.plan_failed") == 3
