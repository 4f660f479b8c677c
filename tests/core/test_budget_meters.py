"""Budgets as meters on a run's page, what lets a paused run go on, and what the fleet spends a
minute.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.budgets.bucket_meters import BucketMeter
from policies.budgets.rules import (
    Amounts,
    BudgetAction,
    BudgetRule,
    BudgetScope,
    BudgetWindow,
    Measure,
)
from runs.engine.vocabulary import RunPhase, RunStatus
from runs.models import Run
from runs.reading import budget_meters, burn

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def budget(**facts: Any) -> BudgetRule:
    given: dict[str, Any] = {
        "id": 1,
        "name": "daily",
        "version": 1,
        "window": BudgetWindow.DAY,
        "measure": Measure.USD,
        "amount": Decimal(10),
    }
    return BudgetRule(**{**given, **facts})


def standing(spent: str = "0", reserved: str = "0", **facts: Any) -> BucketMeter:
    ends = facts.pop("ends", None)
    return BucketMeter(budget(**facts), "", Decimal(spent), Decimal(reserved), ends)


# where a budget stands


@pytest.mark.parametrize(
    ("spent", "reserved", "left", "line"),
    [
        ("0", "0", "10", 0),
        ("4.99", "0", "5.01", 0),
        ("5", "0", "5", 50),
        ("4", "1", "5", 50),
        ("8", "0", "2", 80),
        ("9.5", "0", "0.5", 95),
        ("12", "0", "0", 95),
    ],
)
def test_what_is_left_and_which_line_was_crossed(
    spent: str, reserved: str, left: str, line: int
) -> None:
    found = standing(spent, reserved)
    assert (found.left, found.line) == (Decimal(left), line)


def test_whose_bucket_it_is_is_read_by_name_where_there_is_one() -> None:
    assert BucketMeter(budget(), "7", Decimal(0), Decimal(0), label="anna").shown == "anna"
    assert BucketMeter(budget(), "7", Decimal(0), Decimal(0)).shown == "7"


# as a meter


@pytest.mark.parametrize(
    ("facts", "figure", "limit", "note", "warning"),
    [
        ({"spent": "1.20"}, "$1.20", "$10.00", "$8.80 left · daily", ""),
        (
            {"spent": "7", "reserved": "1"},
            "$7.00",
            "$10.00",
            "$7.00 spent · $1.00 held for calls in flight · $2.00 left · daily",
            "over 80 %",
        ),
        ({"spent": "10"}, "$10.00", "$10.00", "$0.00 left · daily", "used up"),
        (
            {"spent": "400", "measure": Measure.TOKENS, "amount": Decimal(1000)},
            "400",
            "1,000 tokens",
            "600 left · daily",
            "",
        ),
        (
            {"spent": "90", "measure": Measure.SECONDS, "amount": Decimal(3600)},
            "1 min 30 s",
            "1 h",
            "58 min 30 s left · daily",
            "",
        ),
    ],
)
def test_a_budget_says_what_is_gone_held_and_left(
    facts: dict[str, Any], figure: str, limit: str, note: str, warning: str
) -> None:
    found = budget_meters.meter(standing(**facts), "Today")
    assert (found.figure, found.limit, found.note, found.warning) == (figure, limit, note, warning)
    assert found.said.startswith(f"{figure} of {limit}, {note}")


@pytest.mark.parametrize("action", BudgetAction)
def test_only_a_budget_that_names_a_cheaper_model_leads_runs_to_one(action: BudgetAction) -> None:
    others = [standing(action=BudgetAction.STOP), standing(action=BudgetAction.PAUSE)]
    found = budget_meters.downgrades([*others, standing(action=action)])
    assert found is (action is BudgetAction.DOWNGRADE)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (BudgetAction.STOP, "a run whose call does not fit stops"),
        (BudgetAction.PAUSE, "a run whose call does not fit pauses"),
        (BudgetAction.DOWNGRADE, "a run whose call does not fit goes on with small, then stops"),
    ],
)
def test_a_meter_says_what_happens_at_its_end(action: BudgetAction, said: str) -> None:
    found = budget_meters.meter(standing(action=action, model="small"), "Today")
    assert found.said.endswith(said)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({}, "Today"),
        ({"window": BudgetWindow.RUN}, "This run"),
        (
            {"window": BudgetWindow.MONTH, "scope": BudgetScope.AGENT, "who": "refund-desk"},
            "This month for refund-desk",
        ),
        ({"scope": BudgetScope.USER, "who": "*", "each": True}, "Today for each user"),
    ],
)
def test_a_meter_is_labelled_by_its_period_and_whom_it_holds(
    facts: dict[str, Any], label: str
) -> None:
    [found] = budget_meters.shown([standing(**facts)])
    assert found.label == label


# what lets it go on


@pytest.mark.parametrize(
    ("measure", "gone", "need", "enough"),
    [
        (Measure.USD, "9.90", "0.2", "$10.10"),
        (Measure.USD, "9.9001", "0.2", "$10.11"),
        (Measure.TOKENS, "9", "4", "13"),
    ],
)
def test_a_budget_has_to_be_raised_far_enough_for_the_very_call(
    measure: Measure, gone: str, need: str, enough: str
) -> None:
    assert budget_meters.enough(standing(gone, measure=measure), Decimal(need)) == enough


def test_a_period_that_ends_is_another_way_out() -> None:
    ends = NOW + timedelta(hours=8, minutes=13)
    assert budget_meters.or_later(standing(ends=ends), NOW) == (
        ", or when the next day begins (UTC, in 8 h 13 min)"
    )
    assert budget_meters.or_later(standing(window=BudgetWindow.RUN), NOW) == ""


@pytest.mark.parametrize(
    ("text", "amount"), [("0.25", "0.25"), (None, "0"), ("", "0"), ("much", "0"), (3, "3")]
)
def test_an_amount_of_the_journal_is_nothing_where_it_is_none(text: Any, amount: str) -> None:
    assert budget_meters.decimal(text) == Decimal(amount)


# what a run counts against a budget


def run(**facts: Any) -> Run:
    given: dict[str, Any] = {"status": RunStatus.RUNNING, "usd": Decimal(0), "active_seconds": 0.0}
    return Run(**{**given, "reserved_usd": Decimal(0), **facts})


def test_a_run_counts_its_steps_tokens_money_and_whole_seconds() -> None:
    found = budget_meters.so_far(
        run(step=4, tokens_in=70, tokens_out=30, usd=Decimal("0.5"), active_seconds=9.9), NOW
    )
    assert found == Amounts(4, 100, Decimal("0.5"), Decimal(9))


def test_a_price_that_nobody_knows_is_not_counted_as_nothing() -> None:
    assert budget_meters.so_far(run(usd_unknown=True), NOW).usd is None
    assert budget_meters.so_far(run(usd_unknown=True, usd=Decimal("0.5")), NOW).usd == Decimal(
        "0.5"
    )


def test_a_call_in_flight_counts_what_is_reserved_for_it() -> None:
    found = budget_meters.in_flight(
        run(phase=RunPhase.PLANNING, reserved_tokens=800, reserved_usd=Decimal("0.02"))
    )
    assert found == Amounts(1, 800, Decimal("0.02"))


# what the fleet spends

slices = st.dictionaries(
    st.integers(0, burn.SLICES - 1),
    st.decimals(min_value="0.0001", max_value=1000, places=4),
    max_size=burn.SLICES,
)


def test_a_fleet_that_spends_nothing_draws_no_line() -> None:
    assert burn.burn({}) == burn.Burn("$0", "nothing in 10 min", "")


def test_the_rate_is_of_the_last_two_minutes_and_the_note_of_ten() -> None:
    found = burn.burn({0: Decimal(1), 5: Decimal(1), 6: Decimal(4)})
    assert (found.figure, found.note) == ("$1.00", "$6.00 in 10 min")


def test_what_was_spent_a_while_ago_is_no_rate() -> None:
    found = burn.burn({20: Decimal(4)})
    assert (found.figure, found.note) == ("$0", "$4.00 in 10 min")
    assert found.points


@given(slices)
def test_the_line_stays_in_its_box_and_runs_from_the_oldest_to_the_newest(
    spent: dict[int, Decimal],
) -> None:
    points = burn.burn(spent).points
    if not spent:
        assert points == ""
        return
    places = [tuple(map(float, point.split(","))) for point in points.split()]
    assert len(places) == burn.SLICES
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert (places[0][0], places[-1][0]) == (0.0, 100.0)
    assert all(1.0 <= y <= 25.0 for _, y in places)
    highest = max(spent, key=lambda age: spent[age])
    assert places[burn.SLICES - 1 - highest][1] == pytest.approx(1.0)
