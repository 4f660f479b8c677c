"""Which budgets hold whom, for how long, and what they say: periods, words, checks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import figures
from policies.budgets import check, periods, words
from policies.budgets.check import Want
from policies.budgets.rules import (
    SHARED,
    Amounts,
    BudgetAction,
    BudgetRule,
    BudgetScope,
    BudgetWindow,
    Measure,
    Unpriced,
    applicable,
    measured,
)
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from tests.core.budgets_in_memory import NOON, budget, want

LOCAL = timezone(timedelta(hours=5, minutes=30))
instants = st.floats(1.7e9, 1.95e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def said(
    limit: BudgetRule, wanted: Want, spent: str = "0", reserved: str = "0", *, fits: bool = False
) -> Decision:
    bucket = check.bucket_of(limit, "refund-desk", "olga", wanted.at)
    return check.weighed(bucket, wanted, Decimal(spent), Decimal(reserved), fits)


def alone(limit: BudgetRule, wanted: Want, unknown: Amounts = Amounts()) -> Decision:  # noqa: B008
    # frozen
    return check.alone(check.bucket_of(limit, "refund-desk", "olga", wanted.at), wanted, unknown)


def test_a_day_begins_at_midnight_in_utc_whatever_the_clock_on_the_wall_says() -> None:
    early = datetime(2026, 3, 15, 3, 0, tzinfo=LOCAL)
    assert periods.begin(BudgetWindow.DAY, early) == datetime(2026, 3, 14, tzinfo=UTC)
    assert periods.begin(BudgetWindow.HOUR, early) == datetime(2026, 3, 14, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_month_ends_where_the_next_one_begins(last: datetime, first: datetime) -> None:
    assert periods.end(BudgetWindow.MONTH, periods.begin(BudgetWindow.MONTH, last)) == first
    assert (
        periods.begin(BudgetWindow.MONTH, last) != periods.begin(BudgetWindow.MONTH, first) == first
    )


@given(at=instants, window=st.sampled_from(sorted(SHARED)))
def test_every_instant_lies_in_exactly_one_period(at: datetime, window: BudgetWindow) -> None:
    begun = periods.begin(window, at)
    ended = periods.end(window, begun)
    assert begun <= at < ended
    assert periods.begin(window, ended) == ended
    assert periods.begin(window, ended - timedelta(microseconds=1)) == begun


def test_budgets_hold_whom_their_names_and_patterns_fit() -> None:
    everybody = budget(id=1)
    desks = budget(id=2, scope=BudgetScope.AGENT, who="refund-* triage")
    anna = budget(id=3, scope=BudgetScope.USER, who="anna")
    nobody = budget(id=4, scope=BudgetScope.AGENT, who="")
    all_of_them = (everybody, desks, anna, nobody)
    assert applicable(all_of_them, "refund-desk", "olga") == (everybody, desks)
    assert applicable(all_of_them, "research", "anna") == (everybody, anna)


def test_a_bucket_is_shared_unless_it_is_said_to_be_for_each() -> None:
    shared = budget(scope=BudgetScope.USER, who="*")
    each = budget(scope=BudgetScope.USER, who="*", each=True)
    assert (shared.holder("desk", "anna"), each.holder("desk", "anna")) == ("", "anna")
    assert budget(scope=BudgetScope.AGENT, who="*", each=True).holder("desk", "anna") == "desk"


def test_a_shared_budget_says_what_is_left_and_what_the_call_could_cost() -> None:
    drawn = said(budget("10", name="house-day", version=3), want("0.25"), "9.60", "0.30")
    assert (
        drawn.sentence
        == "$9.90 of today's $10.00 are spent or reserved; this call could cost $0.25."
    )
    assert (drawn.rule, drawn.version, drawn.kind, drawn.reason) == (
        "budget:house-day",
        3,
        DecisionKind.STOP,
        StopReason.BUDGET_EXCEEDED,
    )


@pytest.mark.parametrize(
    ("limit", "spent", "sentence"),
    [
        (
            budget("10000", measure=Measure.TOKENS, window=BudgetWindow.HOUR),
            "9900",
            "9,900 of this hour's 10,000 tokens are used or reserved; this call could take 250.",
        ),
        (
            budget("100", measure=Measure.STEPS),
            "100",
            "100 of today's 100 steps are taken or reserved.",
        ),
        (
            budget("3600", measure=Measure.SECONDS, window=BudgetWindow.MONTH),
            "3590.5",
            (
                "59 min 50 s of this month's 1 h of running time are used or reserved; this call"
                " could take 30 s."
            ),
        ),
        (
            budget("5", scope=BudgetScope.AGENT, who="refund-desk bug-*"),
            "5",
            (
                "$5.00 of today's $5.00 for refund-desk, bug-* are spent or reserved; this call"
                " could cost $0.00125."
            ),
        ),
        (
            budget("5", scope=BudgetScope.USER, who="*", each=True),
            "5",
            "$5.00 of today's $5.00 for olga are spent or reserved; this call could cost $0.00125.",
        ),
    ],
)
def test_each_measure_has_its_own_words(limit: BudgetRule, spent: str, sentence: str) -> None:
    assert said(limit, want("0.00125", takes=250), spent).sentence == sentence


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        ("0", "$0.00"),
        ("0.25", "$0.25"),
        ("0.1", "$0.10"),
        ("1234.5", "$1,234.50"),
        ("0.000123456", "$0.000123"),
        ("-2", "-$2.00"),
    ],
)
def test_money_shows_cents_and_what_is_less_than_cents(usd: str, shown: str) -> None:
    assert figures.exact_money(Decimal(usd)) == shown


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"scope": BudgetScope.USER, "who": "anna bert"}, " for anna, bert"),
        ({"scope": BudgetScope.USER, "who": "anna bert", "each": True}, " for each of anna, bert"),
        ({"scope": BudgetScope.AGENT, "who": "*"}, " for all agents"),
        ({"scope": BudgetScope.AGENT, "who": "*", "each": True}, " for each agent"),
    ],
)
def test_a_budget_says_whose_it_is(facts: dict[str, Any], said: str) -> None:
    assert words.whose(budget(**facts)) == said
    if facts.get("each"):
        assert words.whose(budget(**facts), "anna") == " for anna"


def test_one_call_may_not_take_more_than_a_call_may() -> None:
    limit = budget("0.10", window=BudgetWindow.CALL, action=BudgetAction.PAUSE)
    drawn = alone(limit, want("0.25", "400"))
    assert drawn.sentence == "This call could cost $0.25; one call may take $0.10 at most."
    assert (drawn.kind, drawn.facts["limit"]) == (DecisionKind.PAUSE, "call")
    assert alone(limit, want("0.10", "400")).allowed


def test_a_run_is_held_to_what_it_has_spent_and_what_nobody_knows_of() -> None:
    limit = budget("1", window=BudgetWindow.RUN)
    assert alone(limit, want("0.25", "0.75")).allowed
    drawn = alone(limit, want("0.25", "0.60"), Amounts(usd=Decimal("0.16")))
    assert drawn.sentence == "$0.76 of this run's $1.00 are spent; this call could cost $0.25."
    assert drawn.facts["limit"] == "usd"


def test_the_time_of_a_run_is_its_deadline() -> None:
    limit = budget("600", window=BudgetWindow.RUN, measure=Measure.SECONDS)
    assert alone(limit, want(seconds=599)).allowed
    drawn = alone(limit, want(seconds=600))
    assert (drawn.sentence, drawn.facts["limit"]) == (
        "10 min of this run's 10 min of running time are used.",
        "deadline",
    )


def test_an_unknown_price_is_refused_with_where_to_write_it() -> None:
    drawn = said(budget(name="house-day"), want(None, None))
    assert not drawn.allowed
    assert "on the agent's page (price in, price out)" in drawn.sentence
    assert "budget house-day" in drawn.sentence
    assert drawn.facts["need"] is None


def test_an_unknown_price_may_count_as_nothing_or_as_a_fallback_when_the_budget_says_so() -> None:
    amounts = Amounts(tokens=150_000, usd=None)
    assert measured(budget(unpriced=Unpriced.ZERO), amounts) == 0
    assert measured(budget(unpriced=Unpriced.FALLBACK, fallback=Decimal(10)), amounts) == Decimal(
        "1.5"
    )
    assert measured(budget(), amounts) is None


def test_what_is_smaller_than_money_is_counted_in_is_rounded_up() -> None:
    assert measured(budget(), Amounts(usd=Decimal("0.0000000001"))) == Decimal("0.000000001")


def test_from_its_line_on_a_budget_sends_runs_to_a_cheaper_model() -> None:
    limit = budget("10", action=BudgetAction.DOWNGRADE, model="openai:small", downgrade_at=80)
    assert said(limit, want(model="openai:large"), "7.99", fits=True).allowed
    drawn = said(limit, want(model="openai:large"), "8", fits=True)
    assert (drawn.kind, drawn.facts["downgrade"]) == (DecisionKind.ALLOW_WITH_CAPS, "openai:small")
    assert (
        drawn.sentence
        == "$8.00 of today's $10.00 are spent or reserved; from 80 % on, runs go on with"
        " openai:small."
    )


def test_on_the_cheaper_model_the_amount_is_still_a_wall() -> None:
    limit = budget("10", action=BudgetAction.DOWNGRADE, model="openai:small")
    assert said(limit, want(model="openai:small"), "9", fits=True).allowed
    drawn = said(limit, want(model="openai:small"), "9.99")
    assert (drawn.kind, "downgrade" in drawn.facts) == (DecisionKind.STOP, False)


def test_a_downgrade_without_a_model_leaves_the_usual_model_in_place_of_the_better_one() -> None:
    limit = budget("10", action=BudgetAction.DOWNGRADE)
    better = replace(want(model="openai:large"), usual="openai:small")
    drawn = said(limit, better, "8", fits=True)
    assert (drawn.kind, drawn.facts["downgrade"]) == (DecisionKind.ALLOW_WITH_CAPS, "openai:small")
    assert "runs go on with openai:small." in drawn.sentence
    usual = replace(want(model="openai:small"), usual="openai:small")
    assert said(limit, usual, "9", fits=True).allowed
    assert said(limit, usual, "10").kind is DecisionKind.STOP


def test_a_downgrade_with_neither_model_stops() -> None:
    drawn = said(budget("10", action=BudgetAction.DOWNGRADE), want(), "10")
    assert drawn.kind is DecisionKind.STOP


@pytest.mark.parametrize(
    ("action", "gone", "room"),
    [
        (BudgetAction.STOP, None, True),
        (BudgetAction.PAUSE, "10", True),
        (BudgetAction.DOWNGRADE, None, False),
        (BudgetAction.DOWNGRADE, "0", True),
        (BudgetAction.DOWNGRADE, "7.99", True),
        (BudgetAction.DOWNGRADE, "8", False),
        (BudgetAction.DOWNGRADE, "10", False),
    ],
)
def test_only_a_budget_that_downgrades_and_is_heard_of_says_whether_there_is_room(
    action: BudgetAction, gone: str | None, room: bool
) -> None:
    limit = budget("10", action=action, model="openai:small")
    assert check.has_room(limit, None if gone is None else Decimal(gone)) is room


def test_of_nothing_there_is_never_room() -> None:
    assert not check.has_room(budget("0", action=BudgetAction.DOWNGRADE), Decimal(0))


def test_of_several_budgets_the_harshest_decides() -> None:
    pauses = said(budget(name="pauses", action=BudgetAction.PAUSE), want(), "10")
    stops = said(budget(name="stops"), want(), "10")
    small = said(budget(name="smaller", action=BudgetAction.DOWNGRADE, model="m"), want(), "10")
    assert check.harshest([ALLOWED, small, pauses, stops]).rule == "budget:stops"
    assert check.harshest([ALLOWED, small, pauses]).rule == "budget:pauses"
    assert check.harshest([ALLOWED]) is ALLOWED


def test_the_facts_of_a_refusal_are_exact_and_plain() -> None:
    drawn = said(budget("10.50", name="house-day", version=2), want("0.000000001"), "9.6", "0.9")
    assert drawn.facts == {
        "limit": "day",
        "budget": "house-day",
        "version": 2,
        "holder": "",
        "window": "day",
        "measure": "usd",
        "amount": "10.5",
        "spent": "9.6",
        "reserved": "0.9",
        "need": "0.000000001",
        "ends": "2026-03-15T00:00:00+00:00",
    }
    assert datetime(2026, 3, 14, tzinfo=UTC) == periods.begin(BudgetWindow.DAY, NOON)
