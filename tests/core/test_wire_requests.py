"""What is sent of a conversation in both wire formats: opaque parts, cache marks, settings."""

from decimal import Decimal
from typing import Any

import pytest

from runs.engine.ports import (
    ContextMessage,
    Opaque,
    PlanRequest,
    Speaker,
    ToolCall,
    ToolSpec,
)
from runs.planners import anthropic_wire, conversation, openai_wire
from runs.planners.answer import WireCall
from runs.planners.conversation import Conversation
from runs.planners.endpoint import HOMES, Endpoint, WireFormat
from runs.planners.model_settings import ModelSettings
from tests.core.wire_talk import CALL, FUNCTION, NAMED, anthropic, openai, turned

GET_ORDER = ToolSpec("get_order", "One order.", {"properties": {"order": {"type": "integer"}}})
LOCAL = Endpoint(WireFormat.OPENAI, "llama3", "http://localhost/v1", "no-key")
OPENAI = Endpoint(WireFormat.OPENAI, "gpt-5-mini", HOMES[WireFormat.OPENAI], "sk")
HAIKU = Endpoint(WireFormat.ANTHROPIC, "claude-haiku-4-5", HOMES[WireFormat.ANTHROPIC], "ak")
OPUS = Endpoint(WireFormat.ANTHROPIC, "claude-opus-5", HOMES[WireFormat.ANTHROPIC], "ak")


class Unseen:
    def messages(self) -> tuple[ContextMessage, ...]:
        return ()


def asked(*, tools: tuple[ToolSpec, ...] = (GET_ORDER,), most: int = 500) -> PlanRequest:
    return PlanRequest("run", 1, "goal", 5, "correlation", Unseen(), tools, most, None)


def talk(*messages: ContextMessage) -> Conversation:
    opening = (
        ContextMessage(Speaker.SYSTEM, "Be kind."),
        ContextMessage(Speaker.USER, "Refund order 7."),
    )
    return conversation.conversation((*opening, *messages))


def after_a_call(opaque: Opaque | None = None, text: str = "Looking.") -> Conversation:
    return talk(
        ContextMessage(Speaker.ASSISTANT, text, calls=(CALL,), opaque=opaque),
        ContextMessage(Speaker.TOOL, "12 dollars", call_id="call_1_1", tool="get_order"),
    )


def test_of_a_message_only_what_its_maker_alone_understands_is_kept_apart() -> None:
    found = openai(
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
            "reasoning_content": "Which order?",
            "reasoning_details": [{"type": "reasoning.encrypted", "data": "abc"}],
            "tool_calls": [
                {
                    "id": "x",
                    "type": "function",
                    "index": 0,
                    "function": FUNCTION,
                    "extra_content": {"google": {"thought_signature": "sig"}},
                }
            ],
        }
    )
    assert found.thinking == "Which order?"
    assert found.parts == {
        "message": {
            "reasoning_content": "Which order?",
            "reasoning_details": [{"type": "reasoning.encrypted", "data": "abc"}],
        },
        "calls": [{"extra_content": {"google": {"thought_signature": "sig"}}}],
    }
    assert openai({"content": "Plain.", "refusal": None, "annotations": []}).parts is None


def test_opaque_parts_go_back_to_their_maker_as_they_came() -> None:
    parts = {
        "message": {"reasoning_content": "Which order?"},
        "calls": [{"extra_content": {"google": {"thought_signature": "sig"}}}],
    }
    sent = openai_wire.messages(after_a_call(Opaque(LOCAL.maker, parts), ""), NAMED, LOCAL.maker)
    assert sent[2] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Which order?",
        "tool_calls": [
            {
                "id": "call_1_1",
                "type": "function",
                "function": FUNCTION,
                "extra_content": {"google": {"thought_signature": "sig"}},
            }
        ],
    }
    assert sent[3] == {"role": "tool", "tool_call_id": "call_1_1", "content": "12 dollars"}


def test_opaque_parts_go_to_nobody_but_their_maker() -> None:
    foreign = Opaque("anthropic", [{"type": "thinking", "thinking": "Hm.", "signature": "s"}])
    for wire, endpoint in ((openai_wire, LOCAL), (openai_wire, OPENAI), (anthropic_wire, OPUS)):
        maker = Opaque("openai:other at http://elsewhere", foreign.parts)
        sent = wire.messages(after_a_call(maker), NAMED, endpoint.maker)
        assert "Hm." not in str(sent)
        assert sent == wire.messages(after_a_call(), NAMED, endpoint.maker)


def test_makers_are_providers_at_home_and_single_models_at_gateways() -> None:
    other = Endpoint(WireFormat.OPENAI, "gpt-5", HOMES[WireFormat.OPENAI], "sk")
    assert OPENAI.maker == other.maker
    assert LOCAL.maker != Endpoint(WireFormat.OPENAI, "qwen3", LOCAL.base_url, "no-key").maker
    assert (
        LOCAL.maker != Endpoint(WireFormat.OPENAI, "llama3", "http://elsewhere/v1", "no-key").maker
    )


def test_a_turn_without_reasoning_says_so_to_a_maker_that_wants_the_field_back() -> None:
    thought = Opaque(LOCAL.maker, {"message": {"reasoning_content": "Hm."}, "calls": [{}]})
    told = talk(
        ContextMessage(Speaker.ASSISTANT, "First."),
        ContextMessage(Speaker.USER, "Go on."),
        ContextMessage(Speaker.ASSISTANT, "", calls=(CALL,), opaque=thought),
    )
    sent = openai_wire.messages(told, NAMED, LOCAL.maker)
    assert [each.get("reasoning_content") for each in sent if each["role"] == "assistant"] == [
        "",
        "Hm.",
    ]


def test_blocks_go_back_in_the_order_in_which_they_were_signed() -> None:
    found = anthropic(
        {"type": "thinking", "thinking": "Which?", "signature": "s1"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "toolu_1", "name": "get_order", "input": {"order": 7}},
        {"type": "something_new", "payload": [1]},
        stop_reason="tool_use",
    )
    made = turned(found)
    assert (made.thought, made.thinking, made.calls) == ("Looking.", "Which?", (CALL,))
    back = Opaque(OPUS.maker, found.parts)
    sent = anthropic_wire.messages(after_a_call(back), NAMED, OPUS.maker)[1]
    assert sent == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Which?", "signature": "s1"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "text", "text": "Looking."},
            {"type": "tool_use", "id": "call_1_1", "name": "get_order", "input": {"order": 7}},
            {"type": "something_new", "payload": [1]},
        ],
    }


def test_words_and_calls_that_a_person_changed_go_back_as_they_are_now() -> None:
    kept = Opaque(OPUS.maker, [{"type": "thinking", "thinking": "Hm."}, {"type": "tool_use"}])
    edited = (ToolCall("a", "get_order", {"order": 8}), ToolCall("b", "get_order", '{"ord'))
    told = talk(ContextMessage(Speaker.ASSISTANT, "Both.", calls=edited, opaque=kept))
    assert anthropic_wire.messages(told, NAMED, OPUS.maker)[1]["content"][1:] == [
        {"type": "tool_use", "id": "a", "name": "get_order", "input": {"order": 8}},
        {"type": "text", "text": "Both."},
        {"type": "tool_use", "id": "b", "name": "get_order", "input": {"unreadable": '{"ord'}},
    ]


def test_a_request_marks_where_the_unchanged_part_ends() -> None:
    body = anthropic_wire.body(HAIKU, ModelSettings(), asked(), after_a_call(), NAMED)
    marked = [block for block in walk(body) if "cache_control" in block]
    assert [block.get("text") or block["content"][0]["text"] for block in marked] == [
        "Refund order 7.",
        "12 dollars",
        "Be kind.",
    ]
    plain = anthropic_wire.body(HAIKU, ModelSettings(caching=False), asked(), talk(), NAMED)
    assert "cache_control" not in str(plain)


def test_no_request_is_marked_more_often_than_a_provider_allows() -> None:
    steps = [
        message
        for number in range(6)
        for message in (
            ContextMessage(Speaker.ASSISTANT, "", calls=(ToolCall(f"c{number}", "get_order", {}),)),
            ContextMessage(Speaker.TOOL, "x", call_id=f"c{number}", tool="get_order"),
        )
    ]
    body = anthropic_wire.body(HAIKU, ModelSettings(), asked(), talk(*steps), NAMED)
    assert str(body).count("cache_control") == 4


def walk(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in walk(inner))]
    return [found for inner in value for found in walk(inner)] if isinstance(value, list) else []


def test_settings_of_an_agent_are_said_in_the_words_of_each_wire() -> None:
    wanted = ModelSettings(
        effort="high", temperature=Decimal("0.2"), one_call=True, body={"top_p": 0.5}
    )
    spoken = openai_wire.body(OPENAI, wanted, asked(), talk(), NAMED)
    assert spoken["reasoning_effort"] == "high"
    assert (spoken["temperature"], spoken["top_p"]) == (0.2, 0.5)
    assert spoken["parallel_tool_calls"] is False
    assert spoken["max_completion_tokens"] == 500
    told = anthropic_wire.body(HAIKU, wanted, asked(most=4_000), talk(), NAMED)
    assert told["thinking"] == {"type": "enabled", "budget_tokens": 3_999}
    assert told["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "temperature" not in told
    newer = anthropic_wire.body(OPUS, wanted, asked(), talk(), NAMED)
    assert newer["output_config"] == {"effort": "high"}
    assert newer["thinking"] == {"type": "adaptive"}


def test_nothing_is_said_of_what_an_agent_leaves_to_its_model() -> None:
    body = openai_wire.body(LOCAL, ModelSettings(), asked(tools=()), talk(), NAMED)
    assert body == {
        "model": "llama3",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Refund order 7."},
        ],
        "max_tokens": 500,
    }


def test_a_model_is_not_told_to_think_where_its_last_call_came_without_its_thinking() -> None:
    wanted = ModelSettings(effort="high")
    bare = anthropic_wire.body(HAIKU, wanted, asked(most=4_000), after_a_call(), NAMED)
    assert "thinking" not in bare
    kept = Opaque(HAIKU.maker, [{"type": "thinking", "thinking": "", "signature": "s"}])
    with_it = anthropic_wire.body(HAIKU, wanted, asked(most=4_000), after_a_call(kept), NAMED)
    assert "thinking" in with_it
    too_little = anthropic_wire.body(HAIKU, wanted, asked(most=900), talk(), NAMED)
    assert "thinking" not in too_little


@pytest.mark.parametrize(
    ("endpoint", "settings", "field"),
    [
        (LOCAL, ModelSettings(), "max_tokens"),
        (OPENAI, ModelSettings(), "max_completion_tokens"),
        (LOCAL, ModelSettings(most_field="max_completion_tokens"), "max_completion_tokens"),
        (OPENAI, ModelSettings(most_field="max_tokens"), "max_tokens"),
    ],
)
def test_the_most_tokens_of_an_answer_stand_in_the_field_that_the_agent_names(
    endpoint: Endpoint, settings: ModelSettings, field: str
) -> None:
    body = openai_wire.body(endpoint, settings, asked(), talk(), NAMED)
    assert [name for name in body if name.startswith("max_")] == [field]


def test_a_call_keeps_its_name_and_odd_arguments_on_the_wire() -> None:
    assert openai({"tool_calls": [{"function": {"arguments": "{}"}}]}).calls == (
        WireCall("", "{}"),
    )
    assert anthropic({"type": "tool_use", "name": "get_order"}).calls == (
        WireCall("get_order", None),
    )
