"""What providers and gateways send besides the plain format: refusals in their own codes and words,
answers in envelopes, costs that they state themselves.
"""

from typing import Any

import pytest

from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import PlannerTurn, Usage
from tests.planners.asking import planner, request
from tests.planners.wire import answer, completion, serving, used

MINI = "openai:gpt-4o-mini"
DONE = completion({"content": "Done."}, used(5, 2))
LOOK = {"type": "tool_use", "id": "t", "name": "get_order", "input": {"order": 7}}


async def asked(raw: bytes, name: str = MINI) -> PlannerTurn:
    async with serving(raw) as wire:
        return await planner(name, wire.base_url).decide(request())


async def refused(status: int, body: Any, **headers: str) -> PlannerError:
    with pytest.raises(PlannerError) as caught:
        await asked(answer(body, f"{status} Said", **headers))
    return caught.value


@pytest.mark.parametrize(
    ("status", "error", "fault", "words"),
    [
        (
            400,
            {"code": "content_filter", "message": "The response was filtered."},
            PlannerFault.REFUSED,
            "The content filter of 127.0.0.1 turned the request away (400): The response was",
        ),
        (
            400,
            {"code": "invalid_prompt", "message": "Invalid prompt: it was flagged."},
            PlannerFault.REFUSED,
            "flagged",
        ),
        (
            400,
            {"innererror": {"code": "ResponsibleAIPolicyViolation"}, "message": "No."},
            PlannerFault.REFUSED,
            "No.",
        ),
        (400, {"message": "Content Exists Risk"}, PlannerFault.REFUSED, "Risk"),
        (
            403,
            {"message": "Flagged.", "metadata": {"reasons": ["x"], "flagged_input": "y"}},
            PlannerFault.REFUSED,
            "Flagged.",
        ),
        (
            403,
            {"message": "Country not supported"},
            PlannerFault.FATAL,
            "127.0.0.1 does not let a request without a key do this (403): Country not supported",
        ),
        (
            400,
            {"code": "tool_use_failed", "message": "Failed to call get_order: see schema."},
            PlannerFault.MALFORMED,
            "The model wrote a tool call that 127.0.0.1 could not read (400): Failed to",
        ),
        (
            500,
            {"message": "error parsing tool call: raw='{\"order\"', err=eof"},
            PlannerFault.MALFORMED,
            "could not read",
        ),
        (424, {"message": "The model failed."}, PlannerFault.TRANSIENT, "The model failed."),
        (498, {"message": "Flex tier capacity exceeded"}, PlannerFault.TRANSIENT, "capacity"),
        (499, {"message": "Cancelled"}, PlannerFault.TRANSIENT, "Cancelled"),
        (
            429,
            {"message": "Budget has been exceeded! Current cost: 10.2", "type": "budget_exceeded"},
            PlannerFault.FATAL,
            "The account at 127.0.0.1 has no credit or quota left (429): Budget",
        ),
        (429, {"code": "1113", "message": "余额不足"}, PlannerFault.FATAL, "no credit"),
        (
            400,
            {"type": "invalid_request_error", "message": "Your credit balance is too low"},
            PlannerFault.FATAL,
            "no credit",
        ),
        (
            400,
            {"message": "The maximum tokens you requested exceeds the model limit of 64."},
            PlannerFault.ANSWER_LIMIT,
            "gives no answer that long",
        ),
    ],
)
async def test_a_refusal_is_what_its_code_or_words_make_it(
    status: int, error: dict[str, Any], fault: PlannerFault, words: str
) -> None:
    found = await refused(status, {"error": error})
    assert found.fault is fault
    assert words in found.message


@pytest.mark.parametrize(
    "kind", ["ThrottlingException", "com.amazon.coral.service#ThrottlingException"]
)
@pytest.mark.parametrize("words", ["Too many requests, please wait.", "Too many tokens, wait."])
async def test_a_limit_that_comes_as_a_wrong_request_is_waited_for(kind: str, words: str) -> None:
    found = await refused(400, {"__type": kind, "Message": words})
    assert (found.fault, found.trouble) == (PlannerFault.RATE_LIMITED, "429")
    assert words in found.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"type": "about:blank", "title": "Model is loading", "status": 503}, "Model is loading"),
        ({"Message": "It cannot process this."}, "It cannot process this."),
        ({"errorMessage": "lambda timed out"}, "lambda timed out"),
        ({"error": "Internal Server Error", "message": "no GPU left"}, "no GPU left"),
        ({"error": "Internal Server Error", "message": ""}, "Internal Server Error"),
        ({"success": False, "errors": [{"code": 7, "message": "no route"}]}, "no route"),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": "it exploded"}}},
            "Provider returned error: it exploded",
        ),
    ],
)
async def test_a_providers_words_are_told_wherever_it_puts_them(body: Any, words: str) -> None:
    assert (await refused(503, body)).message == f"127.0.0.1 is in trouble (503): {words}"


async def test_what_a_gateway_hands_on_of_the_window_is_learned() -> None:
    raw = '{"error": {"message": "maximum context length is 32768 tokens, you sent 40000"}}'
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}
    found = await refused(400, {"error": error})
    assert (found.fault, found.window) == (PlannerFault.OVERFLOW, 32_768)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (504, {"error": {"message": "upstream timed out"}}),
        (524, b"<html>A timeout occurred</html>"),
        (408, {"error": {"message": "litellm.Timeout: APITimeoutError - Request timed out."}}),
        (200, {"error": {"code": 504, "message": "upstream timed out"}}),
        (200, {"error": {"status": "DEADLINE_EXCEEDED", "message": "Deadline expired"}}),
    ],
)
async def test_an_answer_that_somebody_waited_for_in_vain_may_have_to_be_paid(
    status: int, body: Any
) -> None:
    found = await refused(status, body)
    assert found.fault is PlannerFault.TRANSIENT
    assert found.known_usage is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_one_that_was_turned_away_costs_nothing(status: int) -> None:
    assert (await refused(status, {"error": {"message": "no"}})).known_usage == Usage()


@pytest.mark.parametrize(
    "raw",
    [
        answer(DONE, "201 Created"),
        answer([DONE]),
        answer({"result": DONE, "success": True, "errors": [], "messages": []}),
        answer(completion({"content": {"type": "text", "text": "Done."}}, used(5, 2))),
        answer(DONE, content_type="text/plain"),
    ],
)
async def test_an_answer_is_one_in_whatever_it_is_wrapped(raw: bytes) -> None:
    found = await asked(raw)
    assert found.final == "Done."
    assert (found.usage.tokens_in, found.usage.tokens_out) == (5, 2)


async def test_a_call_among_the_parts_of_what_was_said_is_one() -> None:
    said = [{"type": "text", "text": "I look."}, LOOK]
    found = await asked(answer(completion({"content": said}, used(5, 2), finish="tool_calls")))
    assert (found.thought, found.final) == ("I look.", None)
    assert [(call.tool, call.args) for call in found.calls] == [("get_order", {"order": 7})]


@pytest.mark.parametrize(("name", "usd"), [("openai:my-alias", "0.25"), (MINI, "0.00000195")])
async def test_what_a_gateway_says_that_it_cost_counts_where_no_price_is_known(
    name: str, usd: str
) -> None:
    said = {**completion({"content": "Done."}, {**used(5, 2), "cost": 0.25}), "model": ""}
    found = await asked(answer(said), name)
    assert str(found.usage.usd) == usd
    assert not found.usage.estimated
