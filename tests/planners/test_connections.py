"""The provider planner when the line itself goes wrong: dropped, hung, nonsense; and what a kill
does to it.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest

from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, Speaker, ToolCall, Usage
from tests.patience import PATIENCE
from tests.planners.asking import GOAL, planner, request
from tests.planners.wire import DROP, HANG, Cut, answer, asks_for, completion, serving, used

MINI = "openai:gpt-4o-mini"


async def error_of(
    *answers: bytes | Cut | None, name: str = MINI, **snapshot: object
) -> PlannerError:
    async with serving(*answers) as wire:
        with pytest.raises(PlannerError) as caught:
            await planner(name, wire.base_url, **snapshot).decide(request())
        assert len(wire.requests) == 1
        return caught.value


@pytest.mark.parametrize("name", [MINI, "anthropic:claude-haiku-4-5"])
async def test_a_dropped_connection_is_worth_a_retry(name: str) -> None:
    error = await error_of(DROP, name=name)
    assert (error.fault, error.unanswered) == (PlannerFault.TRANSIENT, True)
    assert error.message.startswith("The connection to 127.0.0.1 failed: ")


async def test_an_answer_that_breaks_off_is_worth_a_retry() -> None:
    error = await error_of(Cut(answer(completion({"content": "Done."}, used(1, 1)))[:-20]))
    assert error.fault is PlannerFault.TRANSIENT


async def test_nobody_listening_is_worth_a_retry() -> None:
    async with serving() as wire:
        gone = wire.base_url
    with pytest.raises(PlannerError, match=r"The connection to 127\.0\.0\.1 failed") as caught:
        await planner(MINI, gone).decide(request())
    assert (caught.value.fault, caught.value.unanswered) == (PlannerFault.TRANSIENT, False)


@pytest.mark.parametrize("name", [MINI, "anthropic:claude-haiku-4-5"])
async def test_a_cancelled_call_closes_its_connection(name: str) -> None:
    async with serving(HANG) as wire:
        asking = asyncio.create_task(planner(name, wire.base_url).decide(request()))
        await asyncio.wait_for(wire.asked.wait(), PATIENCE)
        assert not wire.left.is_set()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(wire.left.wait(), PATIENCE)


async def test_connections_are_kept_for_the_next_call() -> None:
    done = answer(completion({"content": "Done."}, used(1, 1)))
    async with serving(done, done, done) as wire:
        for _ in range(3):
            await planner(MINI, wire.base_url).decide(request())
        assert (wire.connections, len(wire.requests)) == (1, 3)


async def test_retry_after_may_be_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    error = await error_of(
        answer({"error": {"message": "slow"}}, "429 Too Many Requests", retry_after=soon)
    )
    assert error.retry_after is not None
    assert 50 < error.retry_after <= 60


async def test_retry_after_may_be_in_milliseconds() -> None:
    error = await error_of(
        answer({"error": {"message": "slow"}}, "429 Too Many Requests", retry_after_ms="250")
    )
    assert error.retry_after == 0.25


async def test_an_account_without_quota_is_not_asked_again() -> None:
    error = await error_of(
        answer(
            {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}},
            "429 Too Many Requests",
        )
    )
    assert error.fault is PlannerFault.FATAL
    assert "no credit or quota left (429): You exceeded your quota." in error.message


@pytest.mark.parametrize(
    "body",
    [
        answer(b"<html>It works!</html>", content_type="text/html"),
        answer(b"{}"),
        answer(b"[1, 2"),
        answer({**completion({"content": "x"}, None), "choices": []}),
        answer(completion({"content": '<tool_call>\n{"name": "get_order"}'}, used(9, 9))),
    ],
)
async def test_an_answer_that_is_none_is_malformed(body: bytes) -> None:
    assert (await error_of(body)).fault is PlannerFault.MALFORMED


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>It works!</html>", "text/html; charset=utf-8", "a web page; is the base URL righ"),
        (b'data: {"choices": []}\n\ndata: [DONE]\n\n', "text/event-stream", "it is a stream, whi"),
        (b" \n", "application/json", "it is empty"),
        (b"[1, 2", "application/json", "it is no JSON"),
    ],
)
async def test_what_came_in_place_of_an_answer_is_said(body: bytes, kind: str, words: str) -> None:
    assert words in (await error_of(answer(body, content_type=kind))).message


async def test_words_in_place_of_an_answer_are_told() -> None:
    error = await error_of(answer({"detail": "This model has been retired."}))
    assert error.fault is PlannerFault.MALFORMED
    assert error.message.endswith("it has no choices, and says: This model has been retired.")


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
async def test_an_address_that_sends_elsewhere_is_not_followed_and_not_asked_again(
    status: str,
) -> None:
    moved = answer(b"<html>Moved</html>", status, location="http://127.0.0.1:9/v1")
    error = await error_of(moved)
    assert (error.fault, error.known_usage) == (PlannerFault.FATAL, Usage())
    assert f"it answers {status[:3]} and sends whoever asks elsewhere" in error.message


async def test_an_upstreams_trouble_in_a_choice_is_the_trouble_that_it_names() -> None:
    failed = {"error": {"code": 529, "message": "Overloaded"}, "message": {"content": ""}}
    error = await error_of(answer({"choices": [failed]}))
    assert (error.fault, error.trouble) == (PlannerFault.TRANSIENT, "529")
    assert error.message.endswith("Overloaded")


@pytest.mark.parametrize(
    ("message", "finish", "words"),
    [
        ({"content": "Half of "}, "content_filter", "The model declined to answer. It said: “Half"),
        ({}, "content_filter", "The provider's content filter held the model's answer back."),
        ({"refusal": "I will not."}, "stop", "It said: “I will not.”"),
    ],
)
async def test_a_refusal_keeps_the_words_that_it_came_with(
    message: dict[str, str], finish: str, words: str
) -> None:
    error = await error_of(answer(completion(message, used(7, 3), finish=finish)))
    assert error.fault is PlannerFault.REFUSED
    assert words in error.message
    assert error.usage is not None
    assert (error.usage.tokens_in, error.usage.tokens_out) == (7, 3)


async def test_an_answer_that_is_cut_off_says_at_how_many_tokens_and_on_what() -> None:
    spent = {**used(5, 500), "completion_tokens_details": {"reasoning_tokens": 500}}
    error = await error_of(answer(completion({"content": ""}, spent, finish="length")))
    assert error.fault is PlannerFault.CUT_OFF
    assert "cut off at 500 tokens" in error.message
    assert "all of them went into thinking" in error.message


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (
            "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens",
            64_000,
        ),
        (
            "max_tokens is too large: 32000. This model supports at most 16384 completion tokens",
            16_384,
        ),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8_192),
        ("`max_tokens` must be less than or equal to `16,384`", 16_384),
    ],
)
async def test_an_answer_limit_that_the_model_does_not_take_is_named(words: str, most: int) -> None:
    error = await error_of(answer({"error": {"message": words}}, "400 Bad Request"))
    assert (error.fault, error.answer_limit) == (PlannerFault.ANSWER_LIMIT, most)


@pytest.mark.parametrize(
    ("body", "status", "trouble"),
    [
        ({"error": {"message": "Overloaded"}}, "529 Overloaded", "529"),
        ([{"error": {"code": 503, "message": "try later"}}], "503 Service Unavailable", "503"),
    ],
)
async def test_an_outage_says_who_is_away_and_what_the_matter_is(
    body: object, status: str, trouble: str
) -> None:
    error = await error_of(answer(body, status))
    assert (error.fault, error.trouble) == (PlannerFault.TRANSIENT, trouble)
    assert error.provider.startswith("127.0.0.1:")
    assert error.known_usage == Usage(), "a status in place of an answer costs nothing"
    assert error.message.endswith(("Overloaded", "try later"))


async def test_a_broken_connection_may_have_cost_something() -> None:
    error = await error_of(DROP)
    assert (error.trouble, error.usage) == ("no connection", None)


async def test_nobody_listening_costs_nothing() -> None:
    async with serving() as wire:
        gone = wire.base_url
    with pytest.raises(PlannerError) as caught:
        await planner(MINI, gone).decide(request())
    assert (caught.value.trouble, caught.value.known_usage) == ("no connection", Usage())


async def test_a_quota_that_says_when_it_is_filled_again_is_waited_for() -> None:
    words = "You exceeded your current quota. Please retry in 34.07s."
    error = await error_of(answer({"error": {"message": words}}, "429 Too Many Requests"))
    assert (error.fault, error.retry_after) == (PlannerFault.RATE_LIMITED, 34.07)


async def test_a_gateways_quota_in_a_rate_limits_clothes_is_not_asked_again() -> None:
    words = "litellm.RateLimitError: insufficient_quota: check your plan and billing details"
    error = await error_of(answer({"error": {"message": words}}, "429 Too Many Requests"))
    assert error.fault is PlannerFault.FATAL
    assert "no credit or quota left" in error.message


async def test_a_key_that_the_provider_quotes_back_is_blotted_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-very-secret")
    body = answer({"error": {"message": "Key sk-very-secret is expired."}}, "401 Unauthorized")
    async with serving(body) as wire:
        asking = planner(MINI, wire.base_url, key_variable="GATEWAY_API_KEY")
        with pytest.raises(PlannerError) as caught:
            await asking.decide(request())
        assert b"sk-very-secret" in wire.requests[0]
    assert caught.value.message == "127.0.0.1 refused the API key (401): Key [key] is expired."
    assert caught.value.__cause__ is None
    assert "sk-very-secret" not in f"{asking!r} {caught.value!r}"


async def test_cached_tokens_are_counted_and_cost_less() -> None:
    async with serving(
        answer(completion({"content": "x"}, used(10_000, 1_000, cached=2_000)))
    ) as wire:
        usage = (await planner(MINI, wire.base_url).decide(request())).usage
    assert usage == Usage(10_000, 1_000, Decimal("0.00195"), cached=2_000, saved=Decimal("0.00015"))


async def test_anthropics_cached_tokens_are_part_of_the_input() -> None:
    body = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "x"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 1_000,
            "cache_read_input_tokens": 9_000,
            "cache_creation_input_tokens": 0,
            "output_tokens": 100,
        },
    }
    async with serving(answer(body)) as wire:
        usage = (await planner("anthropic:claude-haiku-4-5", wire.base_url).decide(request())).usage
    assert usage == Usage(10_000, 100, Decimal("0.0024"), cached=9_000, saved=Decimal("0.0081"))


@pytest.mark.parametrize(
    "told",
    [
        None,
        used(0, 0),
        {"prompt_tokens": None, "completion_tokens": None},
        {"prompt_tokens": -5, "completion_tokens": -1},
        {"prompt_tokens": "many", "completion_tokens": True},
        {"prompt_tokens": 10**12, "completion_tokens": 10**12},
        [],
    ],
)
async def test_usage_that_cannot_be_believed_is_estimated_with_its_price_and_said_to_be(
    told: Any,
) -> None:
    said = "The lamp is on its way. " * 20
    body = {**completion({"content": said}, None), "usage": told}
    async with serving(answer(body)) as wire:
        usage = (await planner(MINI, wire.base_url).decide(request())).usage
        sent = len(wire.requests[0].partition(b"\r\n\r\n")[2])
    assert usage.estimated
    assert usage.tokens_in == sent // 3 + 8
    assert usage.tokens_out == len(said.strip()) // 3 + 8
    assert usage.usd == (usage.tokens_in * Decimal("0.15") + usage.tokens_out * Decimal("0.6")) / (
        1_000_000
    )


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("", {}),
        ("  ", {}),
        ('{"order": 7}', {"order": 7}),
        ("[1]", "[1]"),
        ("null", {}),
        ('{"order": NaN}', '{"order": NaN}'),
        ('{"order"', '{"order"'),
        ("[" * 100_000, "[" * 100_000),
    ],
)
async def test_arguments_that_are_no_json_object_stay_text(sent: str, received: object) -> None:
    async with serving(
        answer(completion(asks_for(("x", "get_order", sent)), used(1, 1), finish="tool_calls"))
    ) as wire:
        assert (await planner(MINI, wire.base_url).decide(request())).calls[0].args == received


async def test_ids_that_a_server_gives_twice_are_told_apart() -> None:
    twice = asks_for(("call_0", "get_order", "{}"), ("call_0", "get_order", '{"order": 7}'))
    async with serving(answer(completion(twice, used(1, 1), finish="tool_calls"))) as wire:
        calls = (await planner(MINI, wire.base_url).decide(request(step=4))).calls
    assert calls == (
        ToolCall("call_4_1", "get_order", {}),
        ToolCall("call_4_2", "get_order", {"order": 7}),
    )


async def test_a_lone_surrogate_does_not_break_the_request() -> None:
    async with serving(answer(completion({"content": "x"}, used(1, 1)))) as wire:
        await planner(MINI, wire.base_url).decide(
            request(*GOAL, ContextMessage(Speaker.USER, "broken \ud800 text"))
        )
        assert wire.body()["messages"][-1]["content"] == "broken ? text"


@pytest.mark.parametrize(
    ("model", "field"), [("llama3", "max_tokens"), ("openai/gpt-5-mini", "max_completion_tokens")]
)
async def test_the_most_tokens_of_an_answer_are_said_in_the_word_the_model_knows(
    model: str, field: str
) -> None:
    async with serving(answer(completion({"content": "x"}, used(1, 1)))) as wire:
        await planner(f"openai:{model}", wire.base_url).decide(request(max_tokens_out=321))
        assert wire.body()[field] == 321
