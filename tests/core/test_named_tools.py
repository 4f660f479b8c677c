"""A tool that an acceptance criterion names and its agent does not have is said."""

import pytest

from policies.gate.named_tools import warnings

TOOLS = ("get_order", "issue_refund")


def said(rule: str) -> list[str]:
    return warnings([{"name": "paid", "cel": rule}], TOOLS)


@pytest.mark.parametrize(
    "rule",
    [
        "called('isue_refund') > 0",
        'calls.exists(c, c.tool == "isue_refund")',
        "calls.all(c, 'isue_refund' != c.tool || called('isue_refund') == 1)",
    ],
)
def test_a_tool_that_the_agent_does_not_have_is_named_once_with_what_may_be_meant(
    rule: str,
) -> None:
    assert "".join(said(rule)) == (
        "Criterion “paid” names “isue_refund”, and this agent has no such tool; did you mean"
        " “issue_refund”?"
    )


def test_a_tool_that_resembles_none_is_named_alone() -> None:
    assert said("called('weather') > 0") == [
        "Criterion “paid” names “weather”, and this agent has no such tool."
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "called('issue_refund') > 0",
        "calls.exists(c, c.tool == 'get_order' && c.args.id == 'isue_refund')",
        "final.text.contains('isue_refund')",
        "called('",
    ],
)
def test_what_names_no_other_tool_is_not_warned_of(rule: str) -> None:
    assert said(rule) == []


def test_a_criterion_by_schema_names_no_tool() -> None:
    assert warnings([{"name": "paid", "schema": {"const": "isue_refund"}}], TOOLS) == []
