"""The provider planner against a third party's mock of the OpenAI and Anthropic wire formats, over
real HTTP.
"""

from decimal import Decimal

import pytest
from llmock.pytest_plugin import LLMock
from llmock.scenarios import Fail, Reply, ToolCall, ToolFault

from runs.engine import ports
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, Planner, Speaker, ToolSpec, Usage
from tests.planners.asking import GET_ORDER, GOAL, planner, request

MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4-5"}
PER_MILLION = {"openai": (Decimal("0.15"), Decimal("0.6")), "anthropic": (Decimal(1), Decimal(5))}

both = pytest.mark.parametrize("wire", ["openai", "anthropic"])


def asked(llmock: LLMock, wire: str, **snapshot: object) -> Planner:
    return planner(f"{wire}:{MODELS[wire]}", llmock.base_url(wire), **snapshot)


async def refused(asking: Planner) -> PlannerError:
    with pytest.raises(PlannerError) as caught:
        await asking.decide(request())
    return caught.value


@both
async def test_scripted_tool_calls_become_one_decision_with_exact_tokens_and_cost(
    llmock: LLMock, wire: str
) -> None:
    llmock.add(
        Reply(
            text="Looking.",
            tool_calls=(ToolCall("get_order", {"order": 7}), ToolCall("get_order", {"order": 8})),
        )
    )
    turn = await asked(llmock, wire).decide(request(step=3))
    assert turn.calls == (
        ports.ToolCall("call_3_1", "get_order", {"order": 7}),
        ports.ToolCall("call_3_2", "get_order", {"order": 8}),
    )
    assert (turn.thought, turn.final) == ("Looking.", None)
    assert turn.model == f"{wire}:{MODELS[wire]}"
    tokens_in, tokens_out = turn.usage.tokens_in, turn.usage.tokens_out
    assert tokens_in > 0 < tokens_out
    dear_in, dear_out = PER_MILLION[wire]
    assert turn.usage.usd == (dear_in * tokens_in + dear_out * tokens_out) / 1_000_000


@both
async def test_words_without_calls_are_the_final_answer(llmock: LLMock, wire: str) -> None:
    llmock.reply("All done.")
    turn = await asked(llmock, wire).decide(request())
    assert (turn.final, turn.calls) == ("All done.", ())


@both
async def test_a_rate_limit_says_how_long_to_wait_and_is_asked_once_only(
    llmock: LLMock, wire: str
) -> None:
    llmock.rate_limit(retry_after=3)
    error = await refused(asked(llmock, wire))
    assert (error.fault, error.retry_after) == (PlannerFault.RATE_LIMITED, 3.0)
    assert len(llmock.requests) == 1


@both
@pytest.mark.parametrize(
    ("status", "fault", "sentence"),
    [
        (500, PlannerFault.TRANSIENT, "127.0.0.1 is in trouble (500): Internal server error."),
        (502, PlannerFault.TRANSIENT, "127.0.0.1 is in trouble (502)"),
        (503, PlannerFault.TRANSIENT, "127.0.0.1 is in trouble (503)"),
        (529, PlannerFault.TRANSIENT, "127.0.0.1 is in trouble (529)"),
        (408, PlannerFault.TRANSIENT, "could not take the request (408)"),
        (400, PlannerFault.FATAL, "refused the request (400)"),
        (401, PlannerFault.FATAL, "127.0.0.1 refused a request without a key (401)"),
        (402, PlannerFault.FATAL, "no credit or quota left (402)"),
        (403, PlannerFault.FATAL, "127.0.0.1 does not let a request without a key do this (403)"),
        (404, PlannerFault.FATAL, "or the base URL is wrong (404)"),
        (413, PlannerFault.OVERFLOW, "The context is too long for"),
        (422, PlannerFault.FATAL, "refused the request (422)"),
    ],
)
async def test_a_refused_request_is_named_and_not_repeated(
    llmock: LLMock, wire: str, status: int, fault: PlannerFault, sentence: str
) -> None:
    llmock.add(Fail(status))
    error = await refused(asked(llmock, wire))
    assert error.fault is fault
    assert sentence in error.message
    assert len(llmock.requests) == 1


@both
async def test_a_context_that_is_too_long_is_said_to_be(llmock: LLMock, wire: str) -> None:
    llmock.context_overflow()
    error = await refused(asked(llmock, wire))
    assert error.fault is PlannerFault.OVERFLOW
    assert error.message.startswith(f"The context is too long for {MODELS[wire]} (400)")


async def test_malformed_arguments_are_passed_on_as_the_text_they_are(llmock: LLMock) -> None:
    llmock.add(
        Reply(tool_calls=(ToolCall("get_order", {"order": 7}),)), ToolFault("malformed_arguments")
    )
    turn = await asked(llmock, "openai").decide(request())
    assert [type(call.args) for call in turn.calls] == [str]
    assert turn.usage.tokens_in > 0


@both
async def test_a_call_of_a_tool_that_was_never_offered_keeps_its_name(
    llmock: LLMock, wire: str
) -> None:
    llmock.break_tool_call("unknown_tool")
    assert (await asked(llmock, wire).decide(request())).calls[0].tool == "llmock_unknown_tool"


@both
async def test_an_empty_answer_is_malformed_and_says_what_it_cost(
    llmock: LLMock, wire: str
) -> None:
    llmock.reply("")
    error = await refused(asked(llmock, wire))
    assert (error.fault, error.message) == (PlannerFault.MALFORMED, "The model's answer was empty.")
    assert error.usage is not None
    assert error.usage.tokens_in > 0


@both
async def test_an_answer_cut_off_at_its_most_tokens_is_no_answer(llmock: LLMock, wire: str) -> None:
    llmock.add(Reply(text="The refund is", finish_reason="length"))
    error = await refused(asked(llmock, wire))
    assert error.fault is PlannerFault.CUT_OFF
    assert "cut off at 500 tokens" in error.message
    assert "It said: “The refund is”" in error.message


@both
async def test_the_whole_conversation_is_sent_in_an_order_every_provider_takes(
    llmock: LLMock, wire: str
) -> None:
    said = ContextMessage(
        Speaker.ASSISTANT,
        "Looking.",
        calls=(
            ports.ToolCall("a", "get_order", {"order": 7}),
            ports.ToolCall("b", "get_order", '{"id"'),
            ports.ToolCall("c", "get_order", {}),
        ),
    )
    history = (
        *GOAL,
        said,
        ContextMessage(Speaker.TOOL, '{"total": 12}', call_id="a", tool="get_order"),
        ContextMessage(Speaker.USER, "Hint: be quick."),
        ContextMessage(Speaker.TOOL, "Refused: no.", call_id="b", tool="get_order"),
    )
    llmock.reply("Done.")
    await asked(llmock, wire).decide(request(*history, step=2))
    sent = llmock.last_request.body
    assert results(sent["messages"]) == [
        ("a", '{"total": 12}'),
        ("b", "Refused: no."),
        ("c", "(no result: the call was not made)"),
    ]
    assert "You are a refund desk." in str(sent.get("system") or sent["messages"][0])
    assert "Hint: be quick." in str(sent["messages"][-1])
    assert sent["max_tokens"] == 500


def results(messages: list[dict[str, object]]) -> list[tuple[str, str]]:
    """(call id, text) of each tool result sent, in either format."""
    found = []
    for message in messages:
        if message["role"] == "tool":
            found.append((str(message["tool_call_id"]), str(message["content"])))
        blocks = message["content"] if isinstance(message["content"], list) else []
        found += [
            (block["tool_use_id"], block["content"][0]["text"])
            for block in blocks
            if block["type"] == "tool_result"
        ]
    return found


@both
async def test_tool_names_that_no_provider_takes_are_sent_clean_and_come_back_as_they_are(
    llmock: LLMock, wire: str
) -> None:
    tools = tuple(ToolSpec(name, "A tool.", {}) for name in ("time.now", "time_now", "zeit/jetzt"))
    llmock.add(Reply(tool_calls=(ToolCall("time_now", {}), ToolCall("zeit_jetzt", {}))))
    turn = await asked(llmock, wire).decide(request(tools=tools))
    assert [call.tool for call in turn.calls] == ["time_now", "zeit/jetzt"]
    offered = [
        tool.get("name") or tool["function"]["name"] for tool in llmock.last_request.body["tools"]
    ]
    assert offered[1:] == ["time_now", "zeit_jetzt"]
    assert offered[0].startswith("time_now_")


@both
async def test_the_agents_own_prices_and_window_win_over_the_known_ones(
    llmock: LLMock, wire: str
) -> None:
    llmock.reply("x")
    own = asked(llmock, wire, price_in="1000000", price_out="0.0", window=99)
    usage = (await own.decide(request())).usage
    assert usage.usd == Decimal(usage.tokens_in)
    assert own.window == 99
    assert own.price(1, 1) == Decimal(1)


@both
async def test_window_and_price_are_known_for_known_models_only(llmock: LLMock, wire: str) -> None:
    known, unknown = asked(llmock, wire), planner(f"{wire}:smollm2-135m", llmock.base_url(wire))
    assert known.window in (128_000, 200_000)
    assert known.price(1_000_000, 0) == PER_MILLION[wire][0]
    assert (unknown.window, unknown.price(1, 1)) == (None, None)


@both
async def test_a_model_without_a_known_price_costs_an_unknown_sum(
    llmock: LLMock, wire: str
) -> None:
    llmock.reply("x")
    usage = (await planner(f"{wire}:smollm2-135m", llmock.base_url(wire)).decide(request())).usage
    assert usage.tokens_in > 0
    assert usage.usd is None


async def test_the_environment_gives_key_and_address(llmock: LLMock) -> None:
    llmock.reply("x")
    turn = await planner("openai:gpt-4o-mini", "").decide(request(tools=(GET_ORDER,)))
    assert turn.usage == Usage(turn.usage.tokens_in, turn.usage.tokens_out, turn.usage.usd)
    assert len(llmock.requests) == 1
