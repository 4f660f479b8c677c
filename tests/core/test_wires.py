"""What is read off an answer as servers really spell it, in both wire formats."""

import json
from typing import Any

import pytest

from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import Usage
from runs.planners import answer, anthropic_wire, call_arguments, openai_wire
from runs.planners.answer import ModelAnswer
from runs.planners.faults import NotTheFormat
from runs.planners.finish_words import Finish
from tests.core.wire_talk import CALL, FUNCTION, NAMED, anthropic, openai, turned

OBJECT = {"name": "get_order", "arguments": {"order": 7}}


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"id": "x", "type": "function", "function": FUNCTION}]},
        {"tool_calls": [{"function": FUNCTION}]},
        {"tool_calls": [{"id": None, "function": OBJECT}]},
        {"tool_calls": [OBJECT]},
        {"tool_calls": {"function": FUNCTION}},
        {"content": None, "function_call": FUNCTION},
        {"content": "", "tool_calls": [], "function_call": OBJECT},
        {"tool_calls": [{"function": {"name": "get_order", "parameters": {"order": 7}}}]},
        {"tool_calls": [None, "noise", {"function": FUNCTION}]},
        {"tool_calls": [{"function": {**FUNCTION, "name": "functions.get_order"}}]},
        {"tool_calls": [{"function": {**FUNCTION, "name": "default_api:get_order"}}]},
        {"tool_calls": [{"function": {**FUNCTION, "name": "functions.get_order:0"}}]},
        {"tool_calls": [{"id": "x", "function": FUNCTION}, {"id": "x", "function": FUNCTION}]},
        {
            "tool_calls": [
                {"id": "x", "index": 0, "function": FUNCTION},
                {"id": "x", "index": 1, "function": FUNCTION},
            ]
        },
        {"tool_calls": [{"function": {**FUNCTION, "name": "get_order<|channel|>commentary"}}]},
        {"tool_calls": [{"function": {**FUNCTION, "name": " get_order\n"}}]},
    ],
)
def test_a_call_is_a_call_however_a_compatible_server_spells_it(message: Any) -> None:
    for finish in ("tool_calls", "stop", "function_call", None, ""):
        assert turned(openai(message, finish_reason=finish)).calls == (CALL,)


def test_calls_that_were_written_as_one_are_those_calls() -> None:
    uses = [
        {"recipient_name": "functions.get_order", "parameters": {"order": number}}
        for number in (7, 8)
    ]
    function = {"name": "multi_tool_use.parallel", "arguments": json.dumps({"tool_uses": uses})}
    found = turned(openai({"tool_calls": [{"function": function}]})).calls
    assert [(each.tool, each.args) for each in found] == [
        ("get_order", {"order": 7}),
        ("get_order", {"order": 8}),
    ]


@pytest.mark.parametrize("args", ["{", "{}", '{"tool_uses": []}', '{"tool_uses": 7}', "[]"])
def test_one_that_stands_for_none_is_left_for_the_gate_to_refuse(args: str) -> None:
    function = {"name": "multi_tool_use.parallel", "arguments": args}
    (found,) = turned(openai({"tool_calls": [{"function": function}]})).calls
    assert found.tool == "multi_tool_use.parallel"


def test_calls_of_two_ids_or_of_none_are_two_however_alike() -> None:
    for calls in (
        [{"id": "x", "function": FUNCTION}, {"id": "y", "function": FUNCTION}],
        [{"function": FUNCTION}, {"function": FUNCTION}],
        [{"id": "x", "function": FUNCTION}, {"id": "x", "function": {**FUNCTION, "name": "b"}}],
    ):
        assert len(openai({"tool_calls": calls}).calls) == 2


def test_a_block_that_a_gateway_gave_twice_is_one_call() -> None:
    block = {"type": "tool_use", "id": "t", "name": "get_order", "input": {"order": 7}}
    assert turned(anthropic(block, dict(block), stop_reason="tool_use")).calls == (CALL,)
    assert len(anthropic(block, {**block, "id": "u"}).calls) == 2


def test_a_refusal_among_the_parts_is_one() -> None:
    parts = [{"type": "refusal", "refusal": "I will not."}]
    with pytest.raises(PlannerError, match=r"declined to answer\. It said: “I will not\.”"):
        turned(openai({"content": parts}))


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        (None, {}),
        ("", {}),
        ({}, {}),
        ('{"order": 7}', {"order": 7}),
        ('"{\\"order\\": 7}"', {"order": 7}),
        ('"seven"', '"seven"'),
        ([7], "[7]"),
        (7, "7"),
        ('{"order": Infinity}', '{"order": Infinity}'),
        ([], {}),
        ("[]", {}),
        ("null", {}),
        ('{}{"order": 7}', {"order": 7}),
        ('{"order": 7}{"order": 7}', {"order": 7}),
        ('{"order": 7}\n{"order": 8}', '{"order": 7}\n{"order": 8}'),
        ('{"order": 7}<|im_end|>', {"order": 7}),
        ('{"order": 7}\n</tool_call>', {"order": 7}),
        ('```json\n{"order": 7}\n```', {"order": 7}),
        ('{"order": 7} and nothing else', '{"order": 7} and nothing else'),
        ('{"order": 7', '{"order": 7'),
    ],
)
def test_arguments_are_an_object_where_one_was_meant_and_the_text_else(
    raw: Any, taken: object
) -> None:
    assert call_arguments.read(raw) == taken


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Done.", "Done."),
        (" Done.\n", "Done."),
        ([{"type": "text", "text": "Do"}, {"type": "text", "text": "ne."}], "Done."),
        ([{"text": "Done."}], "Done."),
        (["Done."], "Done."),
        ("<think>Hm.</think>Done.", "Done."),
        ("<thinking>\nHm.\n</thinking>\n\nDone.", "Done."),
        ("Hm.</think>Done.", "Done."),
        ("[THINK]Hm.[/THINK]Done.", "Done."),
        ("◁think▷Hm.◁/think▷Done.", "Done."),
        ("<|START_THINKING|>Hm.<|END_THINKING|>Done.", "Done."),
        ("Done.<|im_end|>", "Done."),
        ("Done.<|return|>", "Done."),
        ("Done.\n</s> <|endoftext|>\n", "Done."),
        (
            "<|channel|>analysis<|message|>Hm.<|start|>assistant<|channel|>final<|message|>Done.",
            "Done.",
        ),
        ("analysisHm.assistantfinalDone.", "Done."),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, "Done."], "Done."),
    ],
)
def test_what_was_said_is_told_from_what_was_thought(content: Any, said: str) -> None:
    found = turned(openai({"content": content}, finish_reason="stop"))
    assert (found.final, found.thought) == (said, "")
    assert found.thinking in ("", "Hm.")


@pytest.mark.parametrize("opening", ["<think>", "[THINK]", "<|channel|>analysis<|message|>"])
def test_thinking_that_never_ends_is_no_answer(opening: str) -> None:
    with pytest.raises(PlannerError, match="empty"):
        turned(openai({"content": f"{opening}Hm. Perhaps the lamp"}, finish_reason="stop"))


def test_words_that_only_look_like_marks_stay() -> None:
    for said in ("The analysis is done.", "The template ends with <|name|>", "a </s> b"):
        assert turned(openai({"content": said}, finish_reason="stop")).final == said


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("stop", Finish.DONE),
        ("end_turn", Finish.DONE),
        ("STOP", Finish.DONE),
        ("eos", Finish.DONE),
        (None, Finish.DONE),
        (7, Finish.DONE),
        ("length", Finish.LENGTH),
        ("MAX_TOKENS", Finish.LENGTH),
        ("model_length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
        ("SAFETY", Finish.FILTERED),
        ("refusal", Finish.FILTERED),
        ("model_context_window_exceeded", Finish.WINDOW),
        ("IMAGE_SAFETY", Finish.FILTERED),
        ("sensitive", Finish.FILTERED),
        ("guardrail_intervened", Finish.FILTERED),
        ("insufficient_system_resource", Finish.BUSY),
        ("network_error", Finish.BUSY),
        ("pause_turn", Finish.PAUSED),
        ("error", Finish.ERROR),
        ("MALFORMED_FUNCTION_CALL", Finish.ERROR),
        ("UNEXPECTED_TOOL_CALL", Finish.ERROR),
        ("canceled", Finish.ERROR),
        ("truncated", Finish.LENGTH),
        ("max_new_tokens", Finish.LENGTH),
        ("context_length", Finish.WINDOW),
        ("tool_calls", Finish.CALLED),
        ("TOOL_CALL", Finish.CALLED),
        ("function_call", Finish.CALLED),
        ("tool_use", Finish.CALLED),
        ("tool-calls", Finish.CALLED),
        ("toolUse", Finish.CALLED),
        ("content-filter", Finish.FILTERED),
        ("ERROR_TOXIC", Finish.FILTERED),
        ("maxTokens", Finish.LENGTH),
        ("FinishReason.MAX_TOKENS", Finish.LENGTH),
        ("ERROR_LIMIT", Finish.WINDOW),
        ("malformed_model_output", Finish.ERROR),
        ("FINISH_REASON_STOP", Finish.DONE),
    ],
)
def test_the_end_of_an_answer_is_understood_however_it_is_spelled(
    word: Any, finish: Finish
) -> None:
    assert openai({"content": "x"}, finish_reason=word).finish is finish
    assert anthropic({"type": "text", "text": "x"}, stop_reason=word).finish is finish


@pytest.mark.parametrize(
    ("finish", "fault"),
    [
        (Finish.LENGTH, PlannerFault.CUT_OFF),
        (Finish.FILTERED, PlannerFault.REFUSED),
        (Finish.ERROR, PlannerFault.MALFORMED),
        (Finish.PAUSED, PlannerFault.MALFORMED),
        (Finish.WINDOW, PlannerFault.OVERFLOW),
        (Finish.BUSY, PlannerFault.TRANSIENT),
    ],
)
def test_an_answer_that_did_not_come_to_its_end_is_none_and_is_paid_for(
    finish: Finish, fault: PlannerFault
) -> None:
    with pytest.raises(PlannerError) as caught:
        answer.turn(
            ModelAnswer(said="Half a", finish=finish), 1, NAMED, Usage(9, 8), "m", "maker", 8
        )
    assert (caught.value.fault, caught.value.usage) == (fault, Usage(9, 8))
    assert finish is Finish.WINDOW or "Half a" in caught.value.message, "its words are kept"


@pytest.mark.parametrize("word", ["tool_calls", "function_call", "tool_use"])
def test_words_that_announce_a_call_and_hold_none_are_no_final_answer(word: str) -> None:
    said = "I refund it now."
    for found in (
        openai({"content": said, "tool_calls": []}, finish_reason=word),
        openai({"content": said, "tool_calls": [GHOST]}, finish_reason=word),
        anthropic({"type": "text", "text": said}, stop_reason=word),
    ):
        with pytest.raises(PlannerError, match=f"holds none. It said: “{said}”") as caught:
            turned(found)
        assert caught.value.fault is PlannerFault.MALFORMED


GHOST = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}


def test_a_call_without_a_name_and_without_arguments_is_none() -> None:
    found = turned(openai({"content": "Done.", "tool_calls": [GHOST]}, finish_reason="stop"))
    assert (found.final, found.calls) == ("Done.", ())
    beside = {"content": "Hm.", "tool_calls": [GHOST, {"id": "a", "function": FUNCTION}]}
    (call,) = turned(openai(beside)).calls
    assert call == CALL


def test_words_and_calls_that_a_gateway_puts_into_two_choices_are_one_answer() -> None:
    words = {"message": {"content": "I look it up."}, "finish_reason": "tool_calls"}
    calls = {
        "message": {"content": None, "tool_calls": [{"id": "a", "function": FUNCTION}]},
        "finish_reason": "tool_calls",
    }
    for choices in ([words, calls], [calls, words]):
        found = turned(openai_wire.answer({"choices": choices}))
        assert (found.thought, found.calls, found.final) == ("I look it up.", (CALL,), None)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (502, PlannerFault.TRANSIENT),
        (429, PlannerFault.TRANSIENT),
        ("overloaded", PlannerFault.TRANSIENT),
        (400, PlannerFault.MALFORMED),
        ("?", PlannerFault.MALFORMED),
    ],
)
@pytest.mark.parametrize("word", ["error", "stop", "tool_calls", None])
def test_an_answer_that_a_providers_trouble_broke_off_is_waited_for_with_its_words(
    word: Any, code: Any, fault: PlannerFault
) -> None:
    error = {"code": code, "message": "Upstream died"}
    with pytest.raises(PlannerError, match="It said: “Upstream died”") as caught:
        turned(openai({"content": "Half of"}, finish_reason=word, error=error))
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    "reply",
    [{}, [], "x", None, {"choices": None}, {"choices": []}, {"choices": [None]}],
)
def test_what_is_no_chat_completion_is_said_to_be_none(reply: Any) -> None:
    with pytest.raises(NotTheFormat):
        openai_wire.answer(reply)
    with pytest.raises(NotTheFormat):
        anthropic_wire.answer(reply)
