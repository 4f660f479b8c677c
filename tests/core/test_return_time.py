"""When a provider says that it may be asked again, in each of the ways in which they say it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.retries import hints
from runs.planners import return_time

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)


def seconds(body: Any = None, **headers: str) -> float | None:
    return return_time.seconds(dashed(headers), body, AT, limited=True)


def dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "Fri, 20 Nov 2026 14:02:30 GMT"}, 30),
        ({"retry_after_ms": "250"}, 0.25),
        ({"x_ms_retry_after_ms": "4000"}, 4),
        ({"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        ({"retry_after": "soon"}, None),
        ({"x_ratelimit_reset_requests": "1m6s"}, 66),
        ({"x_ratelimit_reset_tokens": "20ms"}, 0.02),
        ({"x_ratelimit_reset_tokens": "6m0s"}, 360),
        ({"x_ratelimit_reset": "12"}, 12),
        ({"x_ratelimit_reset": str(int(AT.timestamp()) + 40)}, 40),
        ({"x_ratelimit_reset": str(int(AT.timestamp() + 40) * 1000)}, 40),
        ({"ratelimit_reset": "50"}, 50),
        ({"anthropic_ratelimit_tokens_reset": "2026-11-20T14:02:10Z"}, 10),
        ({"anthropic_ratelimit_input_tokens_reset": "2026-11-20T14:03:00Z"}, 60),
        ({"x_ratelimit_reset_requests": "never"}, None),
        ({"retry_after": "2m"}, 120),
        ({"retry_after": str(int(AT.timestamp()) + 40)}, 40),
        (
            {"x_ratelimit_reset_tokens_minute": "33.5", "x_ratelimit_remaining_tokens_minute": "0"},
            33.5,
        ),
        ({"x_ratelimitbysize_reset": "30"}, 30),
        ({"ratelimit": '"minute";r=0;t=30, "day";r=900;t=40000'}, 30),
        ({"ratelimit": "limit=100, remaining=0, reset=30"}, 30),
        ({"ratelimit": "what"}, None),
        ({"x_ratelimit_reset": "9" * 15}, float("9" * 15) / 1_000 - AT.timestamp()),
    ],
)
def test_a_header_says_when(headers: dict[str, str], expected: float | None) -> None:
    assert seconds(**headers) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "Rate limit reached. Please try again in 6m0s."}}, 360),
        ({"error": {"message": "Please try again in 7m12s. Visit our page."}}, 432),
        ({"error": {"message": "Please try again in 1h2m3.5s"}}, 3_723.5),
        ({"error": {"message": "Please try again in 6.5s"}}, 6.5),
        ({"error": {"message": "Please retry in 34.074824224s."}}, 34.074824224),
        ({"error": {"message": "Try again in 20ms"}}, 0.02),
        ({"error": {"code": 429, "details": [{"@type": "Help"}, {"retryDelay": "34s"}]}}, 34),
        ([{"error": {"code": 429, "details": [{"retryDelay": "34.07s"}]}}], 34.07),
        ({"detail": "busy, retry after 3 seconds"}, 3),
        ({"error": {"message": "Your quota will reset after 3h5m2s."}}, 11_102),
        ({"error": {"message": "Rate limit hit. Limit resets in 43 seconds."}}, 43),
        ({"error": {"message": "Your quota resets in 5 days"}}, None),
        (
            {
                "error": {
                    "message": "Rate limit exceeded: free-models-per-day",
                    "metadata": {
                        "headers": {
                            "X-RateLimit-Remaining": "0",
                            "X-RateLimit-Reset": f"{int(AT.timestamp() + 40) * 1000}",
                        }
                    },
                }
            },
            40,
        ),
        ({"error": {"metadata": {"headers": {"Retry-After": 7}}}}, 7),
        ({"error": {"message": "Overloaded"}}, None),
        ("<html>", None),
        (None, None),
    ],
)
def test_the_body_says_when(body: Any, expected: float | None) -> None:
    assert seconds(body) == expected


def test_a_header_of_its_own_wins_over_words_and_these_over_counters() -> None:
    body = {"error": {"message": "Please try again in 9s"}}
    assert seconds(body, retry_after="3", x_ratelimit_reset="90") == 3
    assert seconds(body, x_ratelimit_reset="90") == 9


def test_of_several_limits_the_one_that_is_used_up_says_when() -> None:
    headers = {
        "x_ratelimit_remaining_requests": "499",
        "x_ratelimit_limit_requests": "500",
        "x_ratelimit_reset_requests": "120ms",
        "x_ratelimit_remaining_tokens": "40",
        "x_ratelimit_limit_tokens": "200000",
        "x_ratelimit_reset_tokens": "59s",
    }
    assert seconds(**headers) == 59


def test_the_counters_of_an_answer_that_no_limit_turned_away_say_nothing() -> None:
    counter, own = {"x-ratelimit-reset-requests": "1m6s"}, {"retry-after": "5"}
    assert return_time.seconds(counter, None, AT, limited=False) is None
    assert return_time.seconds(own, None, AT, limited=False) == 5


@given(st.integers(0, 59), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_read_however_it_is_split(hours: int, minutes: int, left: int) -> None:
    assert hints.duration(f"{hours}h{minutes}m{left}s") == hours * 3_600 + minutes * 60 + left


@given(st.text(max_size=40))
def test_whatever_stands_in_a_header_is_read_or_is_nothing(text: str) -> None:
    for name in ("retry-after", "x-ratelimit-reset", "anthropic-ratelimit-tokens-reset"):
        found = return_time.seconds({name: text}, {"error": {"message": text}}, AT, limited=True)
        assert found is None or found >= 0
