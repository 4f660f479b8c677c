"""What a turn costs that nobody told of, and what the next one may cost in a long context."""

from dataclasses import replace
from decimal import Decimal

import pytest

from runs.engine import limits, outcomes
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.events import PlanFailed
from runs.engine.fold import folded
from runs.engine.ports import PriceTier, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import StopReason
from tests.core.runs_in_memory import START, answering, calling, leased, running, world

TIERS = (
    PriceTier(200_000, Decimal(6), Decimal(22)),
    PriceTier(400_000, Decimal(12), Decimal(30)),
)


def failed(state: RunState, error: PlannerError) -> PlanFailed:
    (event,) = outcomes.after_plan_failure(state, error, START, 1.0)
    assert isinstance(event, PlanFailed)
    return event


@pytest.mark.parametrize(
    "fault", [PlannerFault.TRANSIENT, PlannerFault.RATE_LIMITED, PlannerFault.FATAL]
)
def test_a_request_that_was_turned_away_costs_nothing(fault: PlannerFault) -> None:
    event = failed(running(), PlannerError(fault, "529"))
    assert (event.tokens_in, event.tokens_out, event.usd) == (0, 0, Decimal(0))
    assert not event.estimated


@pytest.mark.parametrize(
    "error",
    [
        PlannerError(PlannerFault.TRANSIENT, "did not answer in time", unanswered=True),
        PlannerError(PlannerFault.CANCELLED, "cancelled"),
    ],
)
def test_a_request_without_an_answer_counts_as_much_as_it_may_have_cost(
    error: PlannerError,
) -> None:
    state = running()
    event, guess = failed(state, error), limits.estimate(state)
    assert (event.tokens_in, event.tokens_out) == (guess.tokens_in, guess.tokens_out)
    assert event.usd == guess.usd
    assert event.usd
    assert event.estimated
    after = folded([event], state)
    assert after.estimated
    assert not after.usd_unknown


def test_without_a_price_such_a_request_costs_an_unknown_sum() -> None:
    state = replace(running(), price_in=None, price_out=None)
    event = failed(state, PlannerError(PlannerFault.TRANSIENT, "late", unanswered=True))
    assert event.usd is None
    assert event.tokens_in == limits.estimate(state).tokens_in


def test_what_costs_nothing_costs_nothing_unanswered_either() -> None:
    state = replace(running(), price_in=Decimal(0), price_out=Decimal(0))
    event = failed(state, PlannerError(PlannerFault.CANCELLED, "cancelled"))
    assert (event.usd, event.tokens_in) == (Decimal(0), 0)
    assert not event.estimated


def test_an_answer_that_told_its_usage_is_counted_by_it() -> None:
    told = PlannerError(PlannerFault.MALFORMED, "cut off", usage=Usage(50, 20, Decimal("0.25")))
    event = failed(running(), told)
    assert (event.tokens_in, event.tokens_out, event.usd) == (50, 20, Decimal("0.25"))
    assert not event.estimated


def test_the_next_call_is_estimated_at_the_price_of_the_context_it_is_in() -> None:
    state = replace(running(), price_tiers=TIERS, max_tokens_out=1_000, window=None)
    for context, price_in, price_out in (
        (100_000, 1, 2),
        (200_000, 1, 2),
        (200_001, 6, 22),
        (400_000, 6, 22),
        (900_000, 12, 30),
    ):
        guess = limits.estimate(replace(state, context=context))
        assert guess.usd == Decimal(context * price_in + 1_000 * price_out) / 1_000_000


def test_the_prices_of_longer_contexts_come_with_the_lease_and_stay() -> None:
    state = folded([leased(2, price_tiers=TIERS)], running())
    assert state.price_tiers == TIERS
    assert (state.price_in, state.price_out) == (Decimal(1), Decimal(2))


def test_tokens_that_were_estimated_end_a_run_at_its_limit() -> None:
    guessed = Usage(400, 100, Decimal("0.01"), estimated=True)
    turns = [replace(calling("read"), usage=guessed)] * 50
    end = world([*turns, answering()], limits={"tokens": 2_000}).live()
    assert end.stop_reason is StopReason.BUDGET_EXCEEDED
    assert 1_000 < end.tokens_in + end.tokens_out <= 2_000


def test_a_price_that_was_estimated_ends_a_run_at_its_limit() -> None:
    guessed = Usage(10, 10, Decimal("0.30"), estimated=True)
    turns = [replace(calling("read"), usage=guessed)] * 50
    end = world([*turns, answering()], limits={"usd": "1"}).live()
    assert end.stop_reason is StopReason.BUDGET_EXCEEDED
    assert Decimal("0.5") < end.usd <= 1
