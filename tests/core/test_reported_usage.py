"""Which counts of a provider are believed, and what stands in the place of those that are not."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.planners.reported import (
    Reported,
    Sizes,
    anthropic_usage,
    believed,
    count,
    estimated,
    openai_usage,
)

QUARTER = Decimal("0.25")
SIZES = Sizes(sent=6_000, received=300, most_out=500)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "prompt_tokens completion_tokens total_tokens input_tokens output_tokens cached_tokens"
    " prompt_tokens_details cache_read_input_tokens cache_creation_input_tokens".split()
)


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (7, 7),
        (0, 0),
        (7.0, 7),
        ("7", 7),
        (" 7 ", 7),
        (-1, None),
        (7.5, None),
        (True, None),
        (None, None),
        ("many", None),
        ("-7", None),
        (float("nan"), None),
        (float("inf"), None),
        ([7], None),
        ("9" * 30, None),
    ],
)
def test_a_count_is_a_whole_number_that_is_not_negative(value: Any, counted: int | None) -> None:
    assert count(value) == counted


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (None, None),
        ([], None),
        ({"prompt_tokens": 10, "completion_tokens": 4}, Reported(10, 4)),
        ({"input_tokens": 10, "output_tokens": 4}, Reported(10, 4)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Reported(10, 4, cached=8, reasoning=3),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "prompt_cache_hit_tokens": 6},
            Reported(10, 4, cached=6),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}, Reported(10, 4)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 44}, Reported(10, 34)),
        ({"prompt_tokens": 10, "total_tokens": 14}, Reported(10, 4)),
        ({"total_tokens": 14}, Reported()),
        ({"inputTokens": 10, "outputTokens": 4}, Reported(10, 4)),
        (
            {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 20},
            Reported(10, 10),
        ),
        (
            {
                "input_tokens": 10,
                "output_tokens": 4,
                "input_tokens_details": {"cached_tokens": 8},
                "output_tokens_details": {"reasoning_tokens": 3},
            },
            Reported(10, 4, cached=8, reasoning=3),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "cache_read_input_tokens": 90},
            Reported(100, 4, cached=90),
        ),
        (
            {"prompt_tokens": 100, "completion_tokens": 4, "cache_read_input_tokens": 90},
            Reported(100, 4, cached=90),
        ),
        (
            {
                "inputTokens": 100,
                "outputTokens": 4,
                "cacheReadInputTokens": 50,
                "cacheWriteInputTokens": 5,
                "totalTokens": 159,
            },
            Reported(155, 4, cached=50, written=5),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 4, "cost": 0.25}, Reported(10, 4, usd=QUARTER)),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "cost": {"total_cost": "0.25"}},
            Reported(10, 4, usd=QUARTER),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 4, "cost_in_usd_ticks": 2_500_000_000},
            Reported(10, 4, usd=QUARTER),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 4, "cost": 0}, Reported(10, 4)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "cost": "free"}, Reported(10, 4)),
        ({"prompt_tokens": 10, "completion_tokens": 4, "cost": -1}, Reported(10, 4)),
    ],
)
def test_chat_completions_count_in_many_words(usage: Any, found: Reported | None) -> None:
    assert openai_usage(usage) == found


def test_the_messages_format_counts_cached_tokens_beside_the_others() -> None:
    told = {
        "input_tokens": 1,
        "cache_read_input_tokens": 90,
        "cache_creation_input_tokens": 9,
        "output_tokens": 4,
    }
    assert anthropic_usage(told) == Reported(100, 4, cached=90, written=9)
    assert anthropic_usage({"output_tokens": 4}) == Reported(None, 4)
    assert anthropic_usage("none") is None


@pytest.mark.parametrize(
    ("told", "tokens_in", "tokens_out", "guessed"),
    [
        (Reported(2_000, 90), 2_000, 90, False),
        (Reported(2_000, 0), 2_000, 108, True),
        (Reported(0, 90), 2_008, 90, True),
        (Reported(0, 0), 2_008, 108, True),
        (Reported(), 2_008, 108, True),
        (None, 2_008, 108, True),
        (Reported(2_000, 10**9), 2_000, 108, True),
        (Reported(10**9, 90), 2_008, 90, True),
    ],
)
def test_each_side_is_believed_or_estimated_by_itself(
    told: Reported | None, tokens_in: int, tokens_out: int, guessed: bool
) -> None:
    found = believed(told, SIZES)
    assert (found.tokens_in, found.tokens_out, found.estimated) == (tokens_in, tokens_out, guessed)


def test_no_tokens_are_believed_of_an_answer_that_holds_nothing() -> None:
    assert believed(Reported(50, 0), Sizes(600, 0, 500)) == Reported(50, 0)


def test_far_too_few_tokens_for_a_long_context_are_not_believed() -> None:
    long = Sizes(sent=90_000, received=300, most_out=500)
    assert believed(Reported(1, 90), long).tokens_in == 30_008
    assert believed(Reported(20_000, 90), long) == Reported(20_000, 90)


def test_more_cached_tokens_than_were_sent_are_as_many_as_were_sent() -> None:
    found = believed(Reported(2_000, 90, cached=9_000, written=500, reasoning=900), SIZES)
    assert (found.cached, found.written, found.reasoning) == (2_000, 0, 90)
    assert believed(Reported(0, 90, cached=9_000), SIZES).cached == 0


@given(st.dictionaries(NAMES, ANYTHING) | ANYTHING, st.integers(0, 10**6), st.integers(0, 10**6))
def test_whatever_a_provider_reports_there_is_a_count_that_limits_can_hold(
    usage: Any, sent: int, received: int
) -> None:
    sizes = Sizes(sent + 1, received, 2_000)
    for told in (openai_usage(usage), anthropic_usage(usage)):
        found = believed(told, sizes)
        assert found.tokens_in is not None
        assert found.tokens_out is not None
        assert 0 < found.tokens_in <= sizes.sent + 1_000_000
        assert 0 <= found.tokens_out <= max(received, 2_000) + 100_000
        assert found.cached + found.written <= found.tokens_in
        assert bool(found.tokens_out) or not received


def test_an_estimate_is_rather_too_high_than_too_low() -> None:
    assert estimated(0) == 0
    assert estimated(300) == 108
