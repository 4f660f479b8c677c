"""What a budget says of a call: every outcome whole, in the words and with the facts that are
kept.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from policies.budgets import check, words
from policies.budgets.check import Bucket
from policies.budgets.rules import (
    Amounts,
    BudgetAction,
    BudgetRule,
    BudgetScope,
    BudgetWindow,
    Measure,
)
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from tests.core.budgets_in_memory import budget, want

DAY = datetime(2026, 3, 14, tzinfo=UTC)
TEN = budget("10", version=4)
COULD_TAKE = "this call could take"


def bucket(limit: BudgetRule, **facts: Any) -> Bucket:
    return Bucket(limit, "", DAY if limit.shared else None, **facts)


def weighed(limit: BudgetRule, spent: str = "0", *, fits: bool = False, **facts: Any) -> Decision:
    asked = want(facts.pop("estimate", "0.25"), model=facts.pop("model", ""))
    return check.weighed(bucket(limit), asked, Decimal(spent), Decimal("0.5"), fits)


class TestAnAnswer:
    def test_is_yes_where_it_fits(self) -> None:
        assert weighed(TEN, fits=True) == ALLOWED

    def test_is_no_with_all_that_was_known(self) -> None:
        assert weighed(TEN, "9.40") == Decision(
            DecisionKind.STOP,
            "budget:day-usd",
            4,
            "$9.90 of today's $10.00 are spent or reserved; this call could cost $0.25.",
            {
                "limit": "day",
                "budget": "day-usd",
                "version": 4,
                "holder": "",
                "window": "day",
                "measure": "usd",
                "amount": "10",
                "spent": "9.4",
                "reserved": "0.5",
                "need": "0.25",
                "ends": "2026-03-15T00:00:00+00:00",
            },
            StopReason.BUDGET_EXCEEDED,
        )

    def test_names_whose_bucket_it_is(self) -> None:
        each = replace(TEN, scope=BudgetScope.USER, each=True)
        held = Bucket(each, "17", DAY, "olga")
        found = check.weighed(held, want(), Decimal(10), Decimal(0), fits=False)
        assert (found.facts["holder"], found.facts["called"]) == ("17", "olga")
        assert "today's $10.00 for olga" in found.sentence
        assert "called" not in weighed(TEN).facts

    @pytest.mark.parametrize(
        ("action", "kind", "reason"),
        [
            (BudgetAction.STOP, DecisionKind.STOP, StopReason.BUDGET_EXCEEDED),
            (BudgetAction.PAUSE, DecisionKind.PAUSE, StopReason.BUDGET_EXCEEDED),
            (BudgetAction.DOWNGRADE, DecisionKind.STOP, StopReason.BUDGET_EXCEEDED),
        ],
    )
    def test_stops_or_pauses_as_the_budget_says(
        self, action: BudgetAction, kind: DecisionKind, reason: StopReason
    ) -> None:
        found = weighed(replace(TEN, action=action), "10")
        assert (found.kind, found.reason) == (kind, reason)

    @pytest.mark.parametrize(
        ("spent", "fits", "model", "kind"),
        [
            ("7.49", True, "", DecisionKind.ALLOW),
            ("7.50", True, "", DecisionKind.ALLOW_WITH_CAPS),
            ("7.50", True, "small", DecisionKind.ALLOW),
            ("1", False, "", DecisionKind.ALLOW_WITH_CAPS),
            ("10", False, "small", DecisionKind.STOP),
        ],
    )
    def test_goes_on_with_a_cheaper_model_from_its_line_on(
        self, spent: str, fits: bool, model: str, kind: DecisionKind
    ) -> None:
        cheaper = replace(TEN, action=BudgetAction.DOWNGRADE, model="small")
        found = weighed(cheaper, spent, fits=fits, model=model)
        assert found.kind is kind
        if kind is DecisionKind.ALLOW_WITH_CAPS:
            assert (found.reason, found.facts["downgrade"]) == (None, "small")
            assert found.sentence.endswith("from 80 % on, runs go on with small.")

    @pytest.mark.parametrize(
        ("gone", "reached"), [("0", False), ("7.99", False), ("8", True), ("20", True)]
    )
    def test_reaches_its_line_at_that_very_share(self, gone: str, reached: bool) -> None:
        assert check.reached(TEN, Decimal(gone)) is reached
        assert not check.reached(replace(TEN, amount=Decimal(0)), Decimal(0))

    def test_of_an_unknown_price_says_where_to_write_it(self) -> None:
        found = weighed(TEN, estimate=None, fits=True)
        assert (found.kind, found.facts["need"]) == (DecisionKind.STOP, None)
        assert found.sentence == (
            "Nobody knows what this model costs, so it cannot be held to today's $10.00: write its"
            " prices on the agent's page (price in, price out), or say in the budget day-usd what"
            " an unknown price counts as."
        )

    @pytest.mark.parametrize(
        ("kinds", "harshest"),
        [
            ([], DecisionKind.ALLOW),
            ([BudgetAction.PAUSE, BudgetAction.STOP], DecisionKind.STOP),
            ([BudgetAction.DOWNGRADE, BudgetAction.PAUSE], DecisionKind.PAUSE),
            ([BudgetAction.DOWNGRADE], DecisionKind.ALLOW_WITH_CAPS),
        ],
    )
    def test_of_several_is_the_one_that_leaves_the_least(
        self, kinds: list[BudgetAction], harshest: DecisionKind
    ) -> None:
        found = [weighed(replace(TEN, action=each, model="small"), "10") for each in kinds]
        assert check.harshest([ALLOWED, *found]).kind is harshest


class TestAlone:
    def alone(
        self, limit: BudgetRule, so_far: str = "0", unknown: str = "0", **facts: Any
    ) -> Decision:
        asked = want(facts.pop("estimate", "1"), so_far, **facts)
        return check.alone(bucket(limit), asked, Amounts(usd=Decimal(unknown)))

    @pytest.mark.parametrize(
        ("window", "so_far", "unknown", "allowed"),
        [
            (BudgetWindow.CALL, "99", "99", True),
            (BudgetWindow.RUN, "9", "0", True),
            (BudgetWindow.RUN, "9.01", "0", False),
            (BudgetWindow.RUN, "8", "1", True),
            (BudgetWindow.RUN, "8", "1.01", False),
        ],
    )
    def test_a_call_and_a_run_are_held_to_what_they_take(
        self, window: BudgetWindow, so_far: str, unknown: str, allowed: bool
    ) -> None:
        assert self.alone(budget("10", window=window), so_far, unknown).allowed is allowed

    @pytest.mark.parametrize(("seconds", "allowed"), [(59, True), (60, False), (61, False)])
    def test_the_time_of_a_run_is_over_at_its_end(self, seconds: int, allowed: bool) -> None:
        limit = budget("60", window=BudgetWindow.RUN, measure=Measure.SECONDS)
        found = self.alone(limit, seconds=seconds)
        assert found.allowed is allowed
        if not allowed:
            assert (found.reason, found.facts["limit"]) == (StopReason.TIMEOUT, "deadline")

    @pytest.mark.parametrize(
        ("window", "measure", "word"),
        [
            (BudgetWindow.RUN, Measure.USD, "usd"),
            (BudgetWindow.RUN, Measure.STEPS, "steps"),
            (BudgetWindow.RUN, Measure.SECONDS, "deadline"),
            (BudgetWindow.DAY, Measure.SECONDS, "day"),
            (BudgetWindow.CALL, Measure.USD, "call"),
        ],
    )
    def test_each_limit_has_one_word(
        self, window: BudgetWindow, measure: Measure, word: str
    ) -> None:
        assert check.limit(budget("1", window=window, measure=measure)) == word


class TestWords:
    @pytest.mark.parametrize(
        ("measure", "number", "figure", "amount"),
        [
            (Measure.USD, "10", "$10.00", "$10.00"),
            (Measure.TOKENS, "10000", "10,000", "10,000 tokens"),
            (Measure.STEPS, "50", "50", "50 steps"),
            (Measure.STEPS, "1.5", "1.5", "1.5 steps"),
            (Measure.SECONDS, "3600", "1 h", "1 h of running time"),
            (Measure.SECONDS, "45", "45 s", "45 s of running time"),
        ],
    )
    def test_a_figure_has_its_unit(
        self, measure: Measure, number: str, figure: str, amount: str
    ) -> None:
        assert words.figure(measure, Decimal(number)) == figure
        assert words.amount(measure, Decimal(number)) == amount

    @pytest.mark.parametrize(
        ("facts", "holder", "said"),
        [
            ({}, "x", ""),
            ({"scope": BudgetScope.AGENT, "who": "desk"}, "", " for desk"),
            ({"scope": BudgetScope.AGENT, "who": "desk ops"}, "", " for desk, ops"),
            (
                {"scope": BudgetScope.AGENT, "who": "desk ops", "each": True},
                "",
                " for each of desk, ops",
            ),
            ({"scope": BudgetScope.AGENT, "who": "*"}, "", " for all agents"),
            ({"scope": BudgetScope.USER, "who": "*", "each": True}, "", " for each user"),
            (
                {"scope": BudgetScope.USER, "who": "17", "called": (("17", "olga"),)},
                "",
                " for olga",
            ),
            ({"scope": BudgetScope.USER, "who": "17", "each": True}, "olga", " for olga"),
        ],
    )
    def test_a_budget_is_somebodys(self, facts: dict[str, Any], holder: str, said: str) -> None:
        assert words.whose(replace(TEN, **facts), holder) == said

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            ({}, "$1.00 of today's $10.00 are spent or reserved; this call could cost $2.00."),
            (
                {"window": BudgetWindow.CALL},
                "This call could cost $2.00; one call may take $10.00 at most.",
            ),
            (
                {"window": BudgetWindow.RUN},
                "$1.00 of this run's $10.00 are spent; this call could cost $2.00.",
            ),
            ({"measure": Measure.STEPS}, "1 of today's 10 steps are taken or reserved."),
            (
                {"measure": Measure.SECONDS, "window": BudgetWindow.RUN},
                "1 s of this run's 10 s of running time are used.",
            ),
            (
                {"measure": Measure.SECONDS},
                f"1 s of today's 10 s of running time are used or reserved; {COULD_TAKE} 2 s.",
            ),
            (
                {"measure": Measure.TOKENS, "window": BudgetWindow.MONTH},
                "1 of this month's 10 tokens are used or reserved; this call could take 2.",
            ),
        ],
        ids=["day", "call", "run", "steps", "time of a run", "time of a day", "tokens"],
    )
    def test_a_call_that_does_not_fit_is_told_why(
        self, facts: dict[str, Any], sentence: str
    ) -> None:
        limit = replace(TEN, **facts)
        assert words.does_not_fit(limit, "", Decimal(1), Decimal(2)) == sentence

    @pytest.mark.parametrize(
        ("action", "said"),
        [
            (BudgetAction.STOP, "stops"),
            (BudgetAction.PAUSE, "pauses"),
            (BudgetAction.DOWNGRADE, "goes on with small, then stops"),
        ],
    )
    def test_what_follows_is_told(self, action: BudgetAction, said: str) -> None:
        assert words.consequence(action, "small") == said

    def test_a_line_that_is_crossed_is_told(self) -> None:
        found = check.Crossing(bucket(TEN), 80, Decimal(7), Decimal(1))
        assert found.sentence == (
            "$8.00 of today's $10.00 are spent or reserved: the line at 80 % is crossed."
        )
