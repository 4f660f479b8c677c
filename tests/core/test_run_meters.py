"""Meters: what is spent, what is held for the call in flight, what is left; never more than all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import RunPhase, RunStatus
from runs.models import Run
from runs.reading import meters

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
amounts = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=4)


def run(**facts: Any) -> Run:
    limits: dict[str, Any] = {
        "max_steps": 50,
        "max_tokens": 1000,
        "max_usd": Decimal(2),
        "max_seconds": 60,
        "usd": Decimal(0),
        "reserved_usd": Decimal(0),
        "status": RunStatus.RUNNING,
    }
    return Run(**{**limits, **facts})


def test_a_recording_that_plays_has_no_limit_and_says_so() -> None:
    free = run(max_tokens=10**15, max_usd=Decimal(1_000_000), tokens_in=5, tokens_out=7)
    found = [meters.tokens(free), meters.cost(free)]
    assert [each.limit for each in found] == ["no limit", "no limit"]
    assert found[0].said == "12, no limit"
    assert meters.cost(run()).limit == "$2.00"


@given(spent=amounts, reserved=amounts, limit=amounts)
def test_a_meter_is_never_fuller_than_full(
    spent: Decimal, reserved: Decimal, limit: Decimal
) -> None:
    found = meters.meter("Cost", spent, reserved, limit, "a", "b")
    assert 0 <= float(found.spent) <= 100
    assert 0 <= float(found.reserved) <= 100
    assert float(found.spent) + float(found.reserved) <= 100.1


@pytest.mark.parametrize(
    ("spent", "level"),
    [(0, ""), (79.9, ""), (80, "near"), (94.9, "near"), (95, "over"), (100, "over"), (250, "over")],
)
def test_its_colour_changes_at_80_and_at_95_percent(spent: float, level: str) -> None:
    assert meters.meter("Cost", spent, 0, 100, "a", "b").level == level


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(1, 4, 25.0), (0, 0, 100.0), (5, 0, 100.0), (-3, 10, 0.0), (30, 10, 100.0)],
)
def test_a_part_of_a_whole_in_percent(part: float, whole: float, percent: float) -> None:
    assert meters.percent(part, whole) == percent


def test_a_figure_is_said_in_words_with_its_limit() -> None:
    assert meters.cost(run(usd=Decimal("0.5"))).said == "$0.50 of $2.00"


def test_what_is_reserved_for_the_call_in_flight_is_drawn_beside_what_is_spent() -> None:
    found = meters.cost(run(usd=Decimal("0.5"), reserved_usd=Decimal("0.25")))
    assert (found.spent, found.reserved) == ("25.0", "12.5")


def test_a_price_nobody_knows_is_said_and_not_counted_as_nothing() -> None:
    found = meters.cost(run(usd_unknown=True, tokens_in=100))
    assert found.figure == "no known price"
    assert found.note == "its model has no known price, so the USD limit cannot be checked"
    assert found.said == f"no known price of $2.00; {found.note}"


def test_where_some_calls_had_a_price_the_sum_is_at_least_that() -> None:
    found = meters.cost(run(usd_unknown=True, usd=Decimal("0.5"), tokens_in=100))
    assert (found.figure, found.note) == ("$0.50", "at least: some calls had no known price")


def test_before_the_first_call_nothing_is_unknown() -> None:
    assert meters.cost(run(usd_unknown=True)).figure == "$0.00"


def test_a_step_that_is_planned_is_held_until_it_is_there() -> None:
    assert meters.steps(run(step=5, phase=RunPhase.PLANNING)).reserved == "2.0"
    assert meters.steps(run(step=5, phase=RunPhase.CALLING)).reserved == "0.0"


def test_tokens_are_those_sent_and_those_that_came_back() -> None:
    found = meters.tokens(run(tokens_in=300, tokens_out=100, reserved_tokens=50))
    assert (found.figure, found.limit, found.spent, found.reserved) == (
        "400",
        "1,000",
        "40.0",
        "5.0",
    )


def test_the_running_time_goes_on_while_the_clock_runs() -> None:
    found = run(active_seconds=10.0, clock_since=NOW - timedelta(seconds=5))
    assert meters.running_time(found, NOW) == 15.0
    shown = meters.deadline(found, NOW)
    assert (shown.figure, shown.limit, shown.spent) == ("0:15", "1:00", "25.0")
    assert shown.tick == "2026-11-20T15:46:45.000Z"
    assert shown.note == ""


@pytest.mark.parametrize("status", [RunStatus.WAITING, RunStatus.PAUSED])
def test_while_a_run_stands_its_time_stands_and_says_so(status: RunStatus) -> None:
    shown = meters.deadline(run(status=status, active_seconds=10.0, clock_since=None), NOW)
    assert (shown.figure, shown.tick, shown.note) == ("0:10", "", meters.STANDS)
    assert shown.said == f"0:10 of 1:00; {meters.STANDS}"


def test_while_a_run_whose_worker_was_lost_waits_for_another_its_time_stands() -> None:
    lost = run(
        active_seconds=10.0,
        clock_since=NOW - timedelta(seconds=9),
        phase_at=NOW - timedelta(seconds=6),
        lost_after="ended: SIGKILL",
        lease_expires_at=NOW,
    )
    shown = meters.deadline(lost, NOW)
    assert (shown.figure, shown.tick, shown.note) == ("0:13", "", meters.STANDS)
    lost.lease_owner = "host:1/b"
    assert meters.deadline(lost, NOW).figure == "0:19"


def test_a_clock_that_began_after_now_counts_nothing_back() -> None:
    early = run(active_seconds=10.0, clock_since=NOW + timedelta(seconds=5))
    assert meters.running_time(early, NOW) == 10.0


def test_a_run_has_four_meters_in_the_same_order_always() -> None:
    assert [each.label for each in meters.all_of(run(), NOW)] == [
        "Steps",
        "Tokens",
        "Cost",
        "Running time",
    ]
