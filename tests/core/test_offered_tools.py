"""A tool that a provider will not have costs that tool, a little at a time, and not the run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from policies.outages.rules import Patience
from runs.engine import plan_failures
from runs.engine.engine_errors import AWAY, NOT_THE_MODELS, PlannerError, PlannerFault
from runs.engine.ports import ToolSpec
from runs.engine.tokens import rendered
from runs.planners import conversation
from runs.planners.offered_tools import OfferedTools, too_many, tool_meant
from tests.core.folding import BUSY

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOOLS = tuple(
    ToolSpec(name, f"Does {name}", {"type": "object", "properties": {"x": {"type": "string"}}})
    for name in ("shop.look", "shop.look_up", "pay", "mail.send")
)
NAMED = conversation.names(TOOLS)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Invalid schema for function 'shop_look_up': schema must have type 'object'", 1),
        ("tools.3.custom.input_schema: JSON schema is invalid", 3),
        ("Invalid value: 'tools[2].function.parameters'", 2),
        ("* GenerateContentRequest.tools[0].function_declarations[2].parameters: bad", 0),
        ("Failed to compile grammar for tool pay: unsupported pattern", 2),
        ("the function `shop_look` has parameters that are none", 0),
        ("tools.9.input_schema: there is no such tool", None),
        ("messages.3: unexpected role", None),
        ("temperature must be below 2, pay attention", None),
    ],
)
def test_the_tool_that_a_refusal_means_is_found(text: str, tool: int | None) -> None:
    assert tool_meant(text, TOOLS, NAMED) == (None if tool is None else TOOLS[tool])


def test_first_it_is_described_in_words_and_then_not_at_all() -> None:
    offered, text = OfferedTools(), "tools.2.input_schema: invalid"
    assert offered.of(TOOLS) == TOOLS
    assert offered.refused(text, TOOLS, NAMED) == "pay is described to it in words from now on."
    told = offered.of(TOOLS)[2]
    assert told.schema == {"type": "object"}
    assert rendered(dict(TOOLS[2].schema)) in told.description
    assert offered.refused(text, offered.of(TOOLS), NAMED) == "pay is not offered to it any more."
    assert [tool.name for tool in offered.of(TOOLS)] == ["shop.look", "shop.look_up", "mail.send"]


def test_a_refusal_that_means_no_tool_changes_nothing() -> None:
    offered = OfferedTools()
    assert offered.refused("the model is gone", TOOLS, NAMED) == ""
    assert offered.of(TOOLS) == TOOLS


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 3",
            3,
        ),
        ("You can use at most 2 tools in a request", 2),
        ("cannot have more than 3 functions", 3),
        ("at most 128 tools", None),
        ("at most 0 tools", None),
    ],
)
def test_a_provider_that_takes_fewer_tools_gets_the_first_ones(text: str, most: int | None) -> None:
    assert too_many(text, len(TOOLS)) == most
    offered = OfferedTools()
    offered.refused(text, TOOLS, NAMED)
    assert len(offered.of(TOOLS)) == (most or len(TOOLS))


def refused_after(failures: int) -> plan_failures.Fate:
    error = PlannerError(PlannerFault.SCHEMA, "pay is described to it in words from now on.")
    return plan_failures.fate(replace(BUSY, plan_failures=failures), error, Patience(), NOW)


def test_it_is_asked_again_at_once_and_not_for_ever() -> None:
    assert refused_after(0).retry_at == NOW
    assert refused_after(20).retry_at == NOW
    assert refused_after(plan_failures.SCHEMA_ATTEMPTS).retry_at is None


def test_what_a_provider_will_not_read_is_no_useless_answer_of_the_model() -> None:
    assert PlannerFault.SCHEMA in NOT_THE_MODELS
    assert PlannerFault.SCHEMA not in AWAY
