"""How an agent wants its model asked, and what it may not ask for."""

from decimal import Decimal
from typing import Any

import pytest

from runs.planners import model_settings, posting, stated_errors
from runs.planners.endpoint import HOMES, Endpoint, WireFormat
from runs.planners.model_settings import ModelSettings

GIVEN = {"TEAM_API_KEY": "very-secret", "SECRET_KEY": "ours"}


def test_an_agent_that_says_nothing_leaves_everything_to_its_model() -> None:
    assert model_settings.settings({}) == ModelSettings()


def test_settings_are_read_off_an_agents_snapshot() -> None:
    found = model_settings.settings(
        {
            "reasoning_effort": "low",
            "temperature": "0.30",
            "max_tokens_field": "max_tokens",
            "parallel_calls": 1,
            "prompt_caching": False,
            "key_header": "x-key",
            "extra_headers": {"x-team": "refunds"},
            "extra_body": {"top_p": 0.9},
        }
    )
    assert found == ModelSettings(
        "low",
        Decimal("0.30"),
        "max_tokens",
        one_call=True,
        caching=False,
        key_header="x-key",
        headers={"x-team": "refunds"},
        body={"top_p": 0.9},
    )
    assert not model_settings.settings({"parallel_calls": 8}).one_call


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, ""),
        ({"x-team": "refunds"}, ""),
        ({"x-portkey-api-key": "$TEAM_API_KEY"}, ""),
        ({"x-portkey-api-key": "pk-123"}, "Keys are never stored"),
        ({"Authorization": "Bearer x"}, "Keys are never stored"),
        ({"Cookie": "a=b"}, "Keys are never stored"),
        ({"x-team": "$SECRET_KEY"}, "Signalbox's own"),
        ({"x-team": "$HOME_ADDRESS"}, "may not be handed on"),
        ({"x team": "a"}, "no header"),
        ({"x-team": 7}, "no header"),
        ({"x-team": "a\r\nx-admin: yes"}, "cannot be set here"),
        ({"Host": "other"}, "cannot be set here"),
        ({"Content-Length": "0"}, "cannot be set here"),
        ([], "object of texts"),
        ("x", "object of texts"),
    ],
)
def test_headers_are_refused_that_would_store_a_key_or_break_a_request(
    headers: Any, sentence: str
) -> None:
    said = model_settings.header_problem(headers, GIVEN)
    assert sentence in said
    assert bool(said) == bool(sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, ""),
        ({"top_p": 0.9}, ""),
        ({"messages": []}, "messages cannot be set here"),
        ({"model": "x", "stream": True}, "model, stream cannot be set here"),
        ([1], "Further fields are an object"),
    ],
)
def test_further_fields_may_not_change_what_is_sent_or_to_whom(body: Any, sentence: str) -> None:
    said = model_settings.body_problem(body)
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_a_header_holds_the_value_of_a_variable_only_while_a_request_is_made() -> None:
    wanted = {"x-key": "$TEAM_API_KEY", "x-team": "refunds", "x-own": "$SECRET_KEY", "x-no": "$NO"}
    sent = {"x-key": "very-secret", "x-team": "refunds"}
    assert model_settings.filled(wanted, GIVEN, "models.example") == sent
    bound = GIVEN | {"SIGNALBOX_HANDS_ON": "TEAM_API_KEY@models.example"}
    assert model_settings.filled(wanted, bound, "models.example") == sent
    assert model_settings.filled(wanted, bound, "evil.example") == {"x-team": "refunds"}


@pytest.mark.parametrize(
    ("wire", "base", "url"),
    [
        (WireFormat.OPENAI, "http://h/v1", "http://h/v1/chat/completions"),
        (WireFormat.OPENAI, "http://h/v1/", "http://h/v1/chat/completions"),
        (WireFormat.OPENAI, "http://h/openai", "http://h/openai/chat/completions"),
        (
            WireFormat.OPENAI,
            "https://x/v1?api-version=2024-10-21",
            "https://x/v1/chat/completions?api-version=2024-10-21",
        ),
        (
            WireFormat.OPENAI,
            "https://a.openai.azure.com/openai/deployments/prod?api-version=1",
            "https://a.openai.azure.com/openai/deployments/prod/chat/completions?api-version=1",
        ),
        (WireFormat.OPENAI, "http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        (
            WireFormat.ANTHROPIC,
            HOMES[WireFormat.ANTHROPIC],
            "https://api.anthropic.com/v1/messages",
        ),
        (WireFormat.ANTHROPIC, "http://h/v1", "http://h/v1/messages"),
        (WireFormat.ANTHROPIC, "http://h/v1/messages", "http://h/v1/messages"),
        (WireFormat.ANTHROPIC, "http://h/anthropic/", "http://h/anthropic/v1/messages"),
    ],
)
def test_requests_go_to_the_address_that_was_meant(wire: WireFormat, base: str, url: str) -> None:
    assert posting.address(Endpoint(wire, "m", base, "k")) == url


@pytest.mark.parametrize(
    ("wire", "base", "named", "headers"),
    [
        (WireFormat.OPENAI, "http://h/v1", "", {"authorization": "Bearer k"}),
        (WireFormat.OPENAI, "https://a.openai.azure.com/openai/v1", "", {"api-key": "k"}),
        (WireFormat.OPENAI, "https://azure.com.evil/v1", "", {"authorization": "Bearer k"}),
        (WireFormat.OPENAI, "http://h/v1", "x-gateway-key", {"x-gateway-key": "k"}),
        (WireFormat.ANTHROPIC, "http://h", "", {"x-api-key": "k"}),
        (WireFormat.ANTHROPIC, "http://h", "authorization", {"authorization": "k"}),
    ],
)
def test_the_key_travels_in_the_header_that_the_other_side_reads(
    wire: WireFormat, base: str, named: str, headers: dict[str, str]
) -> None:
    assert posting.key_headers(Endpoint(wire, "m", base, "k"), named) == headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": {"code": 429, "message": "slow"}}, 429),
        ({"error": {"code": "503"}}, 503),
        ({"error": {"type": "overloaded_error"}}, 529),
        ({"type": "error", "error": {"type": "rate_limit_error"}}, 429),
        ([{"error": {"status": "x", "code": 400}}], 400),
        ({"error": "Provider returned error"}, 500),
        ({"type": "error", "message": "?"}, 500),
        ({"object": "error", "message": "busy", "code": 503}, 503),
        ({"code": "Throttling", "message": "slow"}, 429),
        ({"statusCode": 503, "message": "Service Unavailable"}, 503),
        ({"error": {"status": "UNAVAILABLE"}}, 503),
        ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "slow"}}, 429),
        ({"choices": [], "base_resp": {"status_code": 1008, "status_msg": "no money"}}, 402),
        ({"base_resp": {"status_code": 1033, "status_msg": "?"}}, 500),
        ({"choices": [{"message": {"content": ""}}], "error": {"code": 500}}, 500),
        ({"choices": [{"message": {"content": ""}, "error": {"code": 502}}]}, 502),
        ({"choices": [{"message": None, "error": {"code": 429}}]}, 429),
    ],
)
def test_an_error_that_says_200_is_taken_for_what_it_is(body: Any, status: int) -> None:
    error = stated_errors.within(body)
    assert error is not None
    assert stated_errors.status_of(error) == status


SAID = {
    "choices": [{"message": {"content": "Half"}, "error": {"code": 502}}],
    "code": 200,
    "base_resp": {"status_code": 0, "status_msg": "success"},
}


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"choices": [1], "error": None}, {"content": [1], "error": {"a": 1}}, "x", SAID],
)
def test_an_answer_is_no_error(body: Any) -> None:
    assert stated_errors.within(body) is None
