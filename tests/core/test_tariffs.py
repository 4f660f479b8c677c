"""What tokens cost: by the agent's own prices, a list or a fallback; cached and long ones."""

from decimal import Decimal
from typing import Any

import pytest

from runs.engine.ports import PriceTier, Usage
from runs.planners.endpoint import HOMES, Endpoint, WireFormat
from runs.planners.prices import Tariff, tariff
from runs.planners.reported import Reported

LOCAL = Endpoint(WireFormat.OPENAI, "my-alias", "http://127.0.0.1/v1", "no-key")
MESSAGES = Endpoint(WireFormat.ANTHROPIC, "my-alias", "http://127.0.0.1", "no-key")
SONNET = Endpoint(WireFormat.ANTHROPIC, "claude-sonnet-4-5", HOMES[WireFormat.ANTHROPIC], "ak")
MINI = Endpoint(WireFormat.OPENAI, "gpt-4o-mini", HOMES[WireFormat.OPENAI], "sk")
GPT = Endpoint(WireFormat.OPENAI, "gpt-5.5", HOMES[WireFormat.OPENAI], "sk")
READ = Reported(100_000, 1_000, cached=90_000)


def usd(found: Tariff, counted: Reported, answered_by: str = "") -> Decimal | None:
    return found.usage(counted, answered_by).usd


def test_a_price_is_asked_for_at_the_context_it_is_for() -> None:
    sonnet = Tariff(SONNET)
    assert sonnet.estimate(1_000, 0) == Decimal("0.003")
    assert sonnet.estimate(50_000, 2_000) == Decimal("0.18")
    assert sonnet.estimate(250_000, 1_000) == Decimal("1.5225")
    assert sonnet.tiers() == (PriceTier(200_000, Decimal(6), Decimal("22.5")),)
    assert Tariff(GPT).tiers() == (PriceTier(272_000, Decimal(10), Decimal(45)),)
    assert Tariff(MINI).tiers() == ()
    assert Tariff(LOCAL).tiers() == ()


def test_own_prices_hold_in_contexts_of_any_length() -> None:
    own = Tariff(SONNET, price_in=Decimal(2), price_out=Decimal(4))
    assert all((tier.price_in, tier.price_out) == (Decimal(2), Decimal(4)) for tier in own.tiers())
    assert own.estimate(1_000_000, 1_000_000) == 6


@pytest.mark.parametrize(
    ("found", "cost"),
    [
        (Tariff(LOCAL, Decimal("0.25"), Decimal(0)), "0.025"),
        (Tariff(LOCAL, Decimal("0.25"), Decimal(0), Decimal("0.025")), "0.00475"),
        (Tariff(MESSAGES, Decimal("0.25"), Decimal(0)), "0.00475"),
        (Tariff(MINI, Decimal("0.25"), Decimal(0)), "0.01375"),
        (Tariff(SONNET, Decimal("0.25"), Decimal(0)), "0.00475"),
        (Tariff(LOCAL, Decimal("0.25"), Decimal(0), Decimal(0)), "0.0025"),
    ],
    ids=["no list", "third price", "messages format", "listed half", "listed tenth", "free"],
)
def test_cached_tokens_cost_the_third_price_or_the_known_proportion(
    found: Tariff, cost: str
) -> None:
    assert usd(found, READ) == Decimal(cost)


def test_tokens_written_to_a_cache_cost_more_and_that_is_no_saving() -> None:
    written = Reported(10_000, 0, written=8_000)
    usage = Tariff(SONNET).usage(written, "")
    assert usage.usd == Decimal("0.036")
    assert usage.saved == Decimal("-0.006")


def test_what_the_cache_saved_is_the_difference_to_the_full_price() -> None:
    usage = Tariff(SONNET).usage(READ, "claude-sonnet-4-5")
    assert usage == Usage(100_000, 1_000, Decimal("0.072"), cached=90_000, saved=Decimal("0.243"))


def test_reasoning_costs_what_the_answer_costs() -> None:
    thinking = Reported(1_000, 2_000, reasoning=1_900)
    assert usd(Tariff(MINI), thinking) == Decimal("0.00135")


def test_where_nobody_knows_a_price_the_fallback_counts_and_is_an_estimate() -> None:
    assert Tariff(LOCAL).usage(READ, "").usd is None
    found = Tariff(LOCAL, fallback=Decimal(5))
    usage = found.usage(READ, "")
    assert (usage.usd, usage.saved) == (Decimal("0.505"), Decimal(0))
    assert usage.estimated
    assert found.estimate(1_000, 1_000) == Decimal("0.01")
    assert not found.known
    listed = Tariff(MINI, fallback=Decimal(5)).usage(Reported(1_000, 0), "")
    assert (listed.usd, listed.estimated) == (Decimal("0.00015"), False)


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (Tariff(LOCAL), False),
        (Tariff(LOCAL, price_in=Decimal(1)), False),
        (Tariff(LOCAL, Decimal(0), Decimal(0)), True),
        (Tariff(MINI), True),
        (Tariff(MINI, price_in=Decimal(1)), True),
    ],
)
def test_half_a_price_is_none(found: Tariff, known: bool) -> None:
    assert found.known is known


def test_the_model_that_answered_is_paid_before_the_one_that_was_asked() -> None:
    assert usd(Tariff(LOCAL), Reported(1_000_000, 0), "gpt-4o-mini") == Decimal("0.15")


@pytest.mark.parametrize("value", [None, "", "0.5", 1])
def test_prices_are_read_off_a_snapshot(value: Any) -> None:
    found = tariff(LOCAL, {"price_in": value, "fallback_price": value, "window": 99})
    expected = None if value in (None, "") else Decimal(str(value))
    assert (found.price_in, found.fallback, found.window) == (expected, expected, 99)


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("openai/gpt-4o", "0.0125"),
        ("azure/gpt-4o", "0.0125"),
        ("google/gemini-2.5-pro", "0.01125"),
        ("openrouter/anthropic/claude-sonnet-4.5", "0.018"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "0.0198"),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "0.0198"),
        ("acme/gpt-4o", None),
        ("my-alias", None),
    ],
)
def test_a_model_under_its_makers_name_costs_what_the_maker_asks(
    model: str, cost: str | None
) -> None:
    at_gateway = Endpoint(WireFormat.OPENAI, model, "http://127.0.0.1/v1", "no-key")
    found = Tariff(at_gateway).estimate(1_000, 1_000)
    assert found == (None if cost is None else Decimal(cost))
