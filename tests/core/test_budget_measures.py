"""What a budget measures and who decides: the store, the stakes, the budget that answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import stakes
from policies import authority
from policies.authority import Person, Question, RunPosition, Subject, Verb
from policies.budgets import allowance, check, escrow_sql, periods
from policies.budgets.escrow_entry import EscrowAnswer, EscrowEntry
from policies.budgets.rules import (
    Amounts,
    BudgetWindow,
    Measure,
    Unpriced,
    measured,
)
from tests.core.budgets_in_memory import NOON, budget

DAY = datetime(2026, 3, 14, tzinfo=UTC)
TEN = budget("10", version=4)


class TestMeasuring:
    used = Amounts(steps=2, tokens=3_000, usd=Decimal("0.1"), seconds=Decimal(9))

    @pytest.mark.parametrize(
        ("measure", "number"),
        [
            (Measure.STEPS, "2"), (Measure.TOKENS, "3000"), (Measure.USD, "0.1"),
            (Measure.SECONDS, "9"),
        ],
    )  # fmt: skip
    def test_takes_what_the_budget_counts(self, measure: Measure, number: str) -> None:
        assert measured(budget("1", measure=measure), self.used) == Decimal(number)

    @pytest.mark.parametrize(
        ("unpriced", "number"),
        [(Unpriced.REFUSE, None), (Unpriced.ZERO, "0"), (Unpriced.FALLBACK, "0.006")],
    )
    def test_takes_for_an_unknown_price_what_the_budget_says(
        self, unpriced: Unpriced, number: str | None
    ) -> None:
        limit = budget("1", unpriced=unpriced, fallback=Decimal(2))
        found = measured(limit, replace(self.used, usd=None))
        assert found == (None if number is None else Decimal(number))

    def test_rounds_money_up_to_what_it_is_counted_in(self) -> None:
        tiny = replace(self.used, usd=Decimal("1e-12"))
        assert measured(TEN, tiny) == Decimal("1e-9")

    @pytest.mark.parametrize(
        ("number", "text"),
        [("10", "10"), ("10.50", "10.5"), ("1E+3", "1000"), ("0.000000001", "0.000000001")],
    )
    def test_keeps_numbers_exact_and_plain(self, number: str, text: str) -> None:
        assert check.plain(Decimal(number)) == text

    @pytest.mark.parametrize("window", [BudgetWindow.CALL, BudgetWindow.RUN])
    def test_knows_no_period_of_a_call_or_a_run(self, window: BudgetWindow) -> None:
        with pytest.raises(ValueError, match=f"a {window} has no beginning of its own"):
            periods.begin(window, NOON)
        with pytest.raises(ValueError, match=f"a {window} has no end of its own"):
            periods.end(window, NOON)


class TestTheStore:
    entry = EscrowEntry(
        budget=1, holder="17", begun=DAY, total=Decimal("0.10"), mark=None, kept=Decimal(0),
        estimate=None, typical=Decimal("0.25"), ahead=7, until=NOON, at_risk=Decimal("0.375"),
        unpriced=2,
    )  # fmt: skip

    def test_is_sent_numbers_as_text_that_lose_no_digit(self) -> None:
        assert escrow_sql.columns(self.entry) == {
            "budget_id": 1,
            "holder": "17",
            "starts_at": "2026-03-14T00:00:00+00:00",
            "total": "0.10",
            "mark": None,
            "kept": "0",
            "estimate": None,
            "typical": "0.25",
            "ahead": 7,
            "until": "2026-03-14T12:30:00+00:00",
            "at_risk": "0.375",
            "unpriced": 2,
        }
        known = replace(self.entry, mark=Decimal("1.5"), estimate=Decimal("0.30"))
        assert escrow_sql.columns(known)["mark"] == "1.5"
        assert escrow_sql.columns(known)["estimate"] == "0.30"

    def test_answers_with_what_was_granted(self) -> None:
        row = (1, "17", DAY, "2.5", Decimal(1), Decimal(2), 50, True, False, "more")
        assert escrow_sql.reservation(row) == EscrowAnswer(
            (1, "17", DAY), Decimal("2.5"), Decimal(1), Decimal(2), 50, fits=True, superseded=False
        )

    @pytest.mark.parametrize(
        ("spent", "reserved", "warned", "lines"),
        [
            ("4.99", "0", 0, []), ("4", "1", 0, [50]), ("10", "0", 0, [50, 80, 95]),
            ("10", "0", 50, [80, 95]), ("9.5", "0", 80, [95]), ("9.5", "0", 95, []),
        ],
    )  # fmt: skip
    def test_tells_each_line_that_was_reached_and_not_told(
        self, spent: str, reserved: str, warned: int, lines: list[int]
    ) -> None:
        answer = EscrowAnswer(
            (1, "", DAY), Decimal(1), Decimal(spent), Decimal(reserved), warned, fits=True,
            superseded=False,
        )  # fmt: skip
        assert allowance.crossed(TEN, answer) == lines


class TestStakes:
    @pytest.mark.parametrize(
        ("value", "figure"),
        [
            (180, 180.0), ("180.50", 180.5), (Decimal(3), 3.0), (True, 0.0), (-5, 0.0), (0, 0.0),
            (None, 0.0), ("much", 0.0), ([], 0.0), (float("nan"), 0.0), (float("inf"), 0.0),
            (1e15, 0.0), (10**400, 0.0),
        ],
    )  # fmt: skip
    def test_are_figures_that_read_like_money(self, value: Any, figure: float) -> None:
        assert stakes.amount({"amount": value, "note": 10**9}) == figure

    def test_are_the_largest_of_several(self) -> None:
        assert stakes.amount({"amount": 5, "total_amount": 9}) == 9.0
        assert stakes.amount({}) == 0.0

    @pytest.mark.parametrize(
        ("args", "effect", "left", "urgency"),
        [
            ({"amount": 600}, "read", 600, 1.0),
            ({"amount": 600}, "read", 1, 10.0),
            ({"amount": 600}, "read", -5, 10.0),
            ({}, "irreversible", 60, 1 / 60),
            ({}, "reversible", 60, 0.1 / 60),
            ({}, "read", 60, 0.01 / 60),
            ({"amount": 604_800}, "read", None, 1.0),
        ],
    )
    def test_press_the_more_the_less_time_is_left(
        self, args: dict[str, Any], effect: str, left: float | None, urgency: float
    ) -> None:
        expires = None if left is None else NOON + timedelta(seconds=left)
        assert stakes.urgency(stakes.amount(args), effect, expires, NOON) == pytest.approx(urgency)

    @given(st.dictionaries(st.text(max_size=9), st.floats() | st.text(max_size=9) | st.integers()))
    def test_of_any_arguments_are_a_finite_figure(self, args: dict[str, Any]) -> None:
        assert 0 <= stakes.amount(args) < 1e15
        assert stakes.urgency(stakes.amount(args), "read", NOON, NOON) > 0


class TestWhoDecides:
    nobody = Person("1", approver=False)
    operator = Person("1", operator=True)

    def test_is_nobody_without_a_right(self) -> None:
        plain = Person("1")
        assert (plain.approver, plain.groups) == (True, frozenset())
        rights = (plain.everywhere, plain.operator, plain.budget_guard, plain.puller)
        assert rights == (False,) * 4

    def test_asks_one_of_the_group_where_nothing_else_is_said(self) -> None:
        asked = Question(Subject.CALL, "approver")
        assert (asked.quorum, asked.alone, asked.four_eyes, asked.starter) == (1, True, False, "")
        assert RunPosition("running").control == ""

    @pytest.mark.parametrize(
        ("verb", "person", "may"),
        [
            (Verb.PAUSE, operator, True), (Verb.PAUSE, nobody, False),
            (Verb.KILL, operator, True), (Verb.KILL, nobody, False),
            (Verb.REQUEUE, operator, True), (Verb.REQUEUE, nobody, False),
            (Verb.EXTEND, operator, False), (Verb.EXTEND, Person("1", budget_guard=True), True),
            (Verb.RELEASE, operator, False), (Verb.RELEASE, Person("1", puller=True), True),
            (Verb.DECIDE, operator, False), (Verb.SETTLE, operator, True),
            (Verb.SETTLE, nobody, False), (Verb.RAISE, operator, False),
        ],
    )  # fmt: skip
    def test_is_told_by_the_verb_where_nothing_is_asked(
        self, verb: Verb, person: Person, may: bool
    ) -> None:
        assert (authority.refused(verb, person, RunPosition("running")) is None) is may

    @pytest.mark.parametrize(
        ("question", "said"),
        [
            (Question(Subject.CALL, "approver"), "An approver decides"),
            (Question(Subject.CALL, "viewer"), "A viewer decides"),
            (Question(Subject.CALL, "finance"), "Somebody of “finance” decides"),
            (Question(Subject.CALL, "finance", 2), "2 of “finance” decide"),
        ],
    )
    def test_is_said_by_the_group_that_is_asked(self, question: Question, said: str) -> None:
        assert authority.whom(question) == said

    @pytest.mark.parametrize(
        ("run", "sentence"),
        [
            (RunPosition("paused"), None),
            (RunPosition("running", "pause"), None),
            (RunPosition("paused", "kill"), authority.KILLED),
            (RunPosition("running"), "Only a paused run can be resumed; this one is running."),
        ],
    )
    def test_may_resume_what_is_paused(self, run: RunPosition, sentence: str | None) -> None:
        found = authority.refused(Verb.RESUME, self.operator, run)
        assert (found.sentence if found else None) == sentence

    def test_may_settle_an_undo_of_a_run_that_is_killed(self) -> None:
        killed = RunPosition("running", "kill")
        found = authority.refused(Verb.SETTLE, self.operator, killed)
        assert found is not None
        assert found.sentence == authority.KILLED
        undoing = RunPosition("compensating", "kill")
        assert authority.refused(Verb.SETTLE, self.operator, undoing) is None

    @pytest.mark.parametrize("subject", sorted(authority.HOLDING))
    def test_ends_a_pause_that_asks_people_only_by_their_answer(self, subject: Subject) -> None:
        approver = Person("2", frozenset({"approver"}))
        paused = RunPosition("paused")
        alone = Question(subject, "approver")
        assert authority.refused(Verb.RESUME, self.nobody, paused, alone) is not None
        found = authority.refused(Verb.RESUME, approver, paused, alone)
        assert (found is None) is (subject is not Subject.ACCEPTANCE)
        many = authority.refused(Verb.RESUME, approver, paused, replace(alone, alone=False))
        assert many is not None
