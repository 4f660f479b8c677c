"""A tool call that came as text is told from an answer that is one."""

import time

import pytest

from runs.planners.call_as_text import is_one

OFFERED = ("get_order", "issue_refund")


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "get_order", "arguments": {"order": 7}}</tool_call>',
        'I will look.\n<tool_call>\n{"name": "get_order", "arguments": {}}\n</tool_call>',
        '<|python_tag|>{"name": "get_order", "parameters": {"order": 7}}',
        '<function=get_order>{"order": 7}</function>',
        '[TOOL_CALLS][{"name": "get_order", "arguments": {"order": 7}}]',
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_order:0",
        '<|channel|>commentary to=functions.get_order <|message|>{"order": 7}',
        "```tool_code\nget_order(order=7)\n```",
        '{"name": "get_order", "arguments": {"order": 7}}',
        '{"name": "get_order", "parameters": {}}',
        '```json\n{"name": "get_order", "arguments": {"order": 7}}\n```',
        '[{"name": "get_order", "arguments": {}}, {"name": "issue_refund", "arguments": {}}]',
        '{"type": "function", "function": {"name": "get_order", "arguments": "{}"}}',
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_order",
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_order">',
        '<minimax:tool_call>\n<invoke name="get_order">',
        '<TOOLCALL>[{"name": "get_order", "arguments": {}}]</TOOLCALL>',
        "<|tool_call_start|>[get_order(order=7)]<|tool_call_end|>",
        '<|start|>assistant<|channel|>commentary to=functions.get_order<|message|>{"order": 7}',
        'commentary to=functions.get_order json{"order": 7}',
        'I look.\n\n```json\n{"name": "get_order", "arguments": {"order": 7}}\n```\nThen I go on.',
        'I will call it now:\n{"name": "get_order", "parameters": {"order": 7}}',
        'Now:\n{\n  "name": "get_order",\n  "arguments": {\n    "order": 7\n  }\n}\n',
        'Thought: the order first.\nAction: get_order\nAction Input: {"order": 7}',
        "get_order(order=7)",
        '[get_order(order=7), issue_refund(order=7, amount="5")]',
    ],
)
def test_a_call_as_text_is_told(text: str) -> None:
    assert is_one(text, OFFERED)


@pytest.mark.parametrize(
    "text",
    [
        "All done: order 7 is refunded.",
        "I called get_order, whose answer had no arguments.",
        "Write `<tool_call>` where the call begins.",
        '{"name": "Ada", "arguments": ["for", "against"]}',
        '{"name": "get_order"}',
        '{"order": 7, "refunded": true}',
        "[1, 2, 3]",
        "{not JSON",
        "",
        "Action: refund\nAction Input: none",
        "done(7)",
        'The call was:\n```json\n{"order": 7}\n```',
        '```json\n{"name": "Ada", "arguments": []}\n```',
    ],
)
def test_an_answer_is_none(text: str) -> None:
    assert not is_one(text, OFFERED)


def test_a_tool_that_was_never_offered_makes_no_call_of_an_answer_in_json() -> None:
    assert not is_one('{"name": "get_order", "arguments": {}}', ())


def test_what_is_nested_without_end_is_read_as_an_answer() -> None:
    assert not is_one("[" * 50_000, OFFERED)
    assert not is_one("[\n" * 50_000, OFFERED)


def test_a_long_answer_is_looked_through_in_time() -> None:
    began = time.process_time()
    for text in ("```json\n" * 12_000, "{\n" * 50_000, "a(" * 50_000, "Action: " * 12_000):
        assert not is_one(text, OFFERED)
    assert time.process_time() - began < 1
