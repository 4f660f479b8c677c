"""Which tools a run gets, by its snapshot."""

import pytest

from runs.engine.vocabulary import Effect
from runs.tools import build, registry
from runs.tools.registry import tool
from tests.tools.calling import context, named


@pytest.fixture
def _leaking(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.discover()
    monkeypatch.setattr(registry, "REGISTRY", dict(registry.REGISTRY))
    monkeypatch.setenv("LEAKED_KEY", "sk-very-secret")

    @tool(effect=Effect.READ)
    def leak(how: str) -> str:
        """Tell what must not be told."""
        if how == "raise":
            raise ValueError("the key is sk-very-secret")
        return f"the key is sk-{how}-secret"


async def test_names_and_patterns_choose_tools() -> None:
    box = await build({"tools": ["get_order", "*_tickets", "no_such_tool"]})
    assert [spec.name for spec in box.specs()] == ["get_order", "list_tickets", "search_tickets"]
    assert box.find("issue_refund") is None


async def test_an_agent_without_tools_has_none() -> None:
    assert (await build({})).specs() == ()


async def test_a_recording_brings_its_own_tools() -> None:
    trace = {"goal": "look", "steps": [{"kind": "tool", "tool": "seen", "args": {}, "result": "then"}]}
    box = await build({"tools": ["get_order"], "recording": trace})
    assert [spec.name for spec in box.specs()] == ["seen"]


@pytest.mark.usefixtures("_leaking")
async def test_an_agents_secrets_never_come_back_from_a_tool() -> None:
    leak = await named("leak", key_variable="LEAKED_KEY")
    assert await leak.call({"how": "very"}, context()) == "the key is [LEAKED_KEY]"
    with pytest.raises(Exception, match=r"ValueError: the key is \[LEAKED_KEY\]") as caught:
        await leak.call({"how": "raise"}, context())
    assert "sk-very-secret" not in repr(caught.value)


@pytest.mark.usefixtures("_leaking")
async def test_other_agents_results_are_left_alone() -> None:
    leak = await named("leak")
    with pytest.raises(ValueError, match="sk-very-secret"):
        await leak.call({"how": "raise"}, context())


async def test_every_demo_tool_says_honestly_what_it_does() -> None:
    """Whoever changes the world can say whether it happened, or is one of the few that cannot and is not called idempotent."""
    box = await build({"tools": ["*"]})
    assert len(box.specs()) >= 25
    for spec in box.specs():
        assert spec.schema["additionalProperties"] is False
        assert spec.has_undo == (spec.effect is Effect.REVERSIBLE), spec.name
        if spec.effect is not Effect.READ:
            assert spec.scope, spec.name
            assert spec.has_lookup or spec.name in {"charge_card", "fetch_url"}, spec.name
    unsure = {spec.name for spec in box.specs() if not (spec.has_lookup or spec.idempotent)}
    assert unsure == {"charge_card", "fetch_url"}
