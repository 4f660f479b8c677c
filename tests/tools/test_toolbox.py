"""Which tools a run gets, by its snapshot."""

import pytest

from runs.engine.ports import is_incomplete
from runs.engine.vocabulary import Effect
from runs.tools import build, registry
from runs.tools.broken_tools import NOTED, BrokenTool


async def test_names_and_patterns_choose_tools() -> None:
    box = await build({"tools": ["get_order", "*_tickets", "no_such_tool"]})
    assert [spec.name for spec in box.specs()] == ["get_order", "list_tickets", "search_tickets"]
    assert box.find("issue_refund") is None


async def test_a_run_is_told_of_the_broken_tools_that_its_agent_would_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = BrokenTool("pay_bill", "it has no docstring", "/srv/shop/tools.py", 3)
    registry.discover()
    monkeypatch.setattr(NOTED, "found", [broken])
    box = await build({"tools": ["get_order", "pay_bill"]})
    assert box.find("get_order")
    assert is_incomplete(box)
    assert box.missing == ("pay_bill is left out: it has no docstring (tools.py:3).",)
    other = await build({"tools": ["get_order"]})
    assert is_incomplete(other)
    assert other.missing == ()


async def test_an_agent_without_tools_has_none() -> None:
    assert (await build({})).specs() == ()


async def test_a_recording_brings_its_own_tools() -> None:
    trace = {
        "goal": "look",
        "steps": [{"kind": "tool", "tool": "seen", "args": {}, "result": "then"}],
    }
    box = await build({"tools": ["get_order"], "recording": trace})
    assert [spec.name for spec in box.specs()] == ["seen"]


async def test_every_demo_tool_says_honestly_what_it_does() -> None:
    """Whoever changes the world can say whether it happened, or is one of the few that cannot and
    is not called idempotent.
    """
    of_the_demo = [
        name
        for name, declared in registry.discover().items()
        if declared.function.__module__.startswith("runs.demo.")
    ]
    box = await build({"tools": of_the_demo})
    assert len(box.specs()) >= 25
    for spec in box.specs():
        assert spec.schema["additionalProperties"] is False
        assert spec.has_undo == (spec.effect is Effect.REVERSIBLE), spec.name
        if spec.effect is not Effect.READ:
            assert spec.scope, spec.name
            assert spec.has_lookup or spec.name in {"charge_card", "fetch_url"}, spec.name
    unsure = {spec.name for spec in box.specs() if not (spec.has_lookup or spec.idempotent)}
    assert unsure == {"charge_card", "fetch_url"}
