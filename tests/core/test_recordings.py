"""Recordings: one decision for each recorded tool call, in order, and its recorded result."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from console.json_value import Json
from runs import planners
from runs.engine.engine_errors import ToolError
from runs.engine.ports import PlannerTurn, PlanRequest, ToolContext, Usage
from runs.engine.vocabulary import Effect, Verdict
from runs.planners import recorded_planner


class NoContext:
    def messages(self) -> list[Any]:
        raise AssertionError("a recording needs no context")


def said(text: str, actor: str = "agent") -> dict[str, Json]:
    return {
        "kind": "message",
        "actor": actor,
        "tool": None,
        "args": None,
        "result": text,
        "is_error": None,
    }


def called(tool: Json, args: Json, result: Json, **more: Json) -> dict[str, Json]:
    return {
        "kind": "tool",
        "actor": "agent",
        "tool": tool,
        "args": args,
        "result": result,
        "is_error": False,
        **more,
    }


TRACE: dict[str, Json] = {
    "trace_id": "t/1",
    "source": "bench",
    "model": "gpt-x",
    "goal": "Change my flight.",
    "steps": [
        said("Hello.", "user"),
        said("Let me see."),
        called("get_user", {"id": "u1"}, '{"name": "Sofia"}', tokens_in=70, tokens_out=5),
        called("Supervisor Agent", None, "503", is_error=True),
        called("toggle", [1, 2], "done", actor="user"),
        said("All changed."),
        said("Thanks!", "user"),
    ],
}


def decided(step: int, trace: dict[str, Json] = TRACE) -> PlannerTurn:
    planner = planners.build({"recording": trace})
    return asyncio.run(
        planner.decide(PlanRequest("r", step, "g", 1, "c", NoContext(), (), 100, None))
    )


def context(step: int) -> ToolContext:
    return ToolContext(
        "r", step, "anna", f"{step}.1", "key", "c", datetime(2026, 11, 20, tzinfo=UTC)
    )


def test_each_recorded_call_is_a_decision_and_the_words_before_it_its_thought() -> None:
    first, second, third = (decided(step) for step in (1, 2, 3))
    assert [
        (call.id, call.tool, call.args) for each in (first, second, third) for call in each.calls
    ] == [
        ("trace-2", "get_user", {"id": "u1"}),
        ("trace-3", "Supervisor Agent", {}),
        ("trace-4", "toggle", {"value": [1, 2]}),
    ]
    assert first.thought == "Hello.\n\nLet me see."
    assert second.thought == ""


def test_what_was_said_after_the_last_call_is_the_final_answer() -> None:
    assert decided(4).final == "All changed.\n\nThanks!"


def test_a_recording_without_calls_or_words_still_ends() -> None:
    assert decided(1, {"steps": [said("Hi.")]}).final == "Hi."
    assert decided(1, {"steps": []}).final == recorded_planner.SILENT
    assert decided(2, {"steps": [called("t", {}, "x")]}).final == recorded_planner.SILENT


def test_tokens_are_as_recorded_and_no_money_is_spent() -> None:
    assert decided(1).usage == Usage(70, 5, Decimal(0))
    assert decided(2).usage == Usage(0, 0, Decimal(0))


def test_each_call_returns_what_it_returned_then() -> None:
    toolbox = recorded_planner.toolbox(TRACE)
    tool = toolbox.find("get_user")
    assert tool is not None
    assert asyncio.run(tool.call({"id": "u1"}, context(1))) == '{"name": "Sofia"}'
    assert asyncio.run(tool.check({}, "", context(1))) is Verdict.SUCCEEDED


def test_a_recorded_error_comes_back_as_a_failure_with_its_words() -> None:
    tool = recorded_planner.toolbox(TRACE).find("Supervisor Agent")
    assert tool is not None
    with pytest.raises(ToolError, match="503"):
        asyncio.run(tool.call({}, context(2)))


def test_a_call_that_was_not_recorded_at_that_step_fails() -> None:
    tool = recorded_planner.toolbox(TRACE).find("get_user")
    assert tool is not None
    for step in (0, 2, 99):
        with pytest.raises(ToolError, match="no call of get_user"):
            asyncio.run(tool.call({}, context(step)))


def test_recorded_tools_are_reads_that_take_anything() -> None:
    specs = recorded_planner.toolbox(TRACE).specs()
    assert [spec.name for spec in specs] == ["get_user", "Supervisor Agent", "toggle"]
    assert all(
        spec.effect is Effect.READ and spec.idempotent and spec.schema == {"type": "object"}
        for spec in specs
    )


def test_a_tool_without_a_name_gets_one() -> None:
    trace = {"steps": [called(None, {}, {"a": 1})]}
    assert decided(1, trace).calls[0].tool == recorded_planner.UNNAMED
    tool = recorded_planner.toolbox(trace).find(recorded_planner.UNNAMED)
    assert tool is not None
    assert asyncio.run(tool.call({}, context(1))) == '{"a": 1}'
