"""A request that does not fit the model's window: known by the provider's own words, and the end of
the run as just that.
"""

from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError

from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.vocabulary import StopReason
from runs.planners.endpoint import Endpoint, WireFormat
from runs.planners.faults import planner_error
from tests.core.runs_in_memory import world

ENDPOINT = Endpoint(WireFormat.OPENAI, "some-model", "http://127.0.0.1/v1", "sk-secret")
OVERFLOWS: list[tuple[int, Any]] = [
    (
        400,
        {
            "error": {
                "code": "context_length_exceeded",
                "type": "invalid_request_error",
                "message": "Nein.",
            }
        },
    ),
    (
        400,
        {
            "message": (
                "This model's maximum context length is 8192 tokens. However, your messages"
                " resulted in 9001 tokens."
            )
        },
    ),
    (
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "prompt is too long: 210000 tokens > 200000 maximum",
            },
        },
    ),
    (
        400,
        {
            "error": {
                "message": (
                    "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000"
                )
            }
        },
    ),
    (
        413,
        {
            "type": "error",
            "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"},
        },
    ),
    (
        400,
        {
            "error": {
                "code": 400,
                "type": "exceed_context_size_error",
                "message": "the request exceeds the available context size",
            }
        },
    ),
    (
        400,
        {
            "object": "error",
            "message": "The decoder prompt (length 5000) exceeds max_model_len",
            "code": 400,
        },
    ),
]


@pytest.mark.parametrize(("status", "body"), OVERFLOWS)
def test_providers_say_it_in_many_ways(status: int, body: Any) -> None:
    found = planner_error(ModelHTTPError(status, "some-model", body), ENDPOINT)
    assert found.fault is PlannerFault.OVERFLOW
    assert found.message.startswith("The context is too long for some-model")


VENDORS = {
    "The input token count (40000) exceeds the maximum number of tokens allowed (32768).": 32_768,
    "Prompt contains 40000 tokens, too large for model with 32768 maximum context length": 32_768,
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - got 5000": 4_081,
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.": 131_072,
    "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 and 20": 4_096,
    "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000": 4_095,
    "Range of input length should be [1, 30720]": 30_720,
    "Your request exceeded model token limit: 8192 (requested: 9000)": 8_192,
    "the model is loaded with context length of only 4096 tokens": 4_096,
    "The input (40000 tokens) is longer than the model's context length (32768 tokens).": 32_768,
    "request (9517 tokens) exceeds the available context size (8192 tokens)": 8_192,
    "The prompt is too long: 131080, model maximum context length: 131071": 131_071,
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096.": 4_096,
    "prompt token count of 150000 exceeds the limit of 128000": 128_000,
    "Input length 5000 exceeds maximum allowed token length of 4096": 4_096,
    "the number of input tokens 5000 cannot exceed the total tokens limit 4096": 4_096,
    "litellm.ContextWindowExceededError: litellm.BadRequestError: VertexAIException": None,
    "Prompt 超长": None,
    "Prompt exceeds max length": None,
    "Input is too long for requested model.": None,
    "Please reduce the length of the messages or completion.": None,
    "The input was rejected, please shorten your input.": None,
}


@pytest.mark.parametrize("status", [200, 400, 422, 500])
@pytest.mark.parametrize("words", VENDORS)
def test_every_vendor_s_words_teach_the_window_whatever_status_they_come_with(
    words: str, status: int
) -> None:
    for body in ({"error": {"message": words}}, {"message": words}, {"detail": words}, words):
        found = planner_error(ModelHTTPError(status, "some-model", body), ENDPOINT)
        assert (found.fault, found.window) == (PlannerFault.OVERFLOW, VENDORS[words])


@pytest.mark.parametrize(
    "words",
    [
        "Invalid value for temperature",
        "The tool context is not valid JSON",
        "max_tokens must be positive",
        "The input exceeds the maximum number of images",
        "The prompt is not text. A token limit is set",
    ],
)
def test_other_refusals_are_not_taken_for_it(words: str) -> None:
    assert (
        planner_error(
            ModelHTTPError(400, "some-model", {"error": {"message": words}}), ENDPOINT
        ).fault
        is PlannerFault.FATAL
    )


def test_too_many_tokens_a_minute_are_not_too_many_for_the_window() -> None:
    body = {
        "error": {
            "message": "Request too large: too many tokens per min. Limit 30000, requested 40000."
        }
    }
    assert (
        planner_error(ModelHTTPError(429, "some-model", body), ENDPOINT).fault
        is not PlannerFault.OVERFLOW
    )


def test_a_request_larger_than_a_whole_minutes_limit_never_fits() -> None:
    words = (
        "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000,"
        " Requested 47212. The input or output tokens must be reduced in order to run successfully."
    )
    body = {"error": {"message": words, "type": "tokens", "code": "rate_limit_exceeded"}}
    found = planner_error(ModelHTTPError(429, "some-model", body), ENDPOINT)
    assert (found.fault, found.window) == (PlannerFault.OVERFLOW, 30_000)


def test_the_run_stops_as_exhausted_is_asked_once_only_and_paid_nothing_for_it() -> None:
    play = world(
        [
            PlannerError(
                PlannerFault.OVERFLOW,
                "The context is too long for some-model (400): prompt is too long",
            )
        ]
    )
    end = play.live()
    assert end.stop_reason is StopReason.CONTEXT_EXHAUSTED
    assert end.plan_failures == 1
    assert "prompt is too long" in end.stop_detail
    assert end.usd == 0
