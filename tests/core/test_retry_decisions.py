"""Whether a failed call is made again, and when: its cause, the decision, the wait."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.call_counts import EMPTY, Counts
from policies.decision import Decision, DecisionKind, StopReason
from policies.retries import failure as failures
from policies.retries import rules
from policies.retries.failure import Cause, Failure
from policies.retries.rules import Afterwards, RetryRule, ToolFacts
from policies.verdicts import Outcome, Verdict

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
READ = ToolFacts("get_rates", "read", idempotent=False)
KEYED = ToolFacts("pay", "irreversible", idempotent=True)
BARE = ToolFacts("pay", "irreversible", idempotent=False)
CHANGING = ToolFacts("set_price", "reversible", idempotent=False)


class TestTheCause:
    def test_of_what_succeeded_or_was_cancelled_is_none(self) -> None:
        assert Failure(Outcome.ERROR, Verdict.SUCCEEDED).cause is Cause.NONE
        assert Failure(Outcome.CANCELLED, Verdict.FAILED, error="503").cause is Cause.NONE
        assert Failure(Outcome.OK, Verdict.UNKNOWN, error="503").cause is Cause.NONE

    def test_of_a_timeout_is_passing_whatever_it_says(self) -> None:
        assert Failure(Outcome.TIMEOUT, Verdict.UNKNOWN, error="404").cause is Cause.PASSING

    def test_of_an_error_without_a_word_is_passing_and_of_a_result_is_broken(self) -> None:
        assert Failure(Outcome.ERROR, Verdict.UNKNOWN, error="odd").cause is Cause.PASSING
        assert Failure(Outcome.OK, Verdict.FAILED, result="odd").cause is Cause.BROKEN

    @pytest.mark.parametrize(("rule", "cause"), failures.RULES.items())
    def test_of_a_result_follows_from_what_the_truth_rules_found(
        self, rule: str, cause: Cause
    ) -> None:
        assert Failure(Outcome.OK, Verdict.FAILED, rule, result="odd").cause is cause

    @pytest.mark.parametrize("rule", sorted(failures.PROGRAM))
    def test_of_a_program_that_ended_badly_is_its_callers(self, rule: str) -> None:
        assert Failure(Outcome.OK, Verdict.FAILED, rule, result="odd").cause is Cause.CALLER
        busy = Failure(Outcome.OK, Verdict.FAILED, rule, result="the server is busy")
        assert busy.cause is Cause.BUSY

    def test_keeps_what_the_call_asks_for(self) -> None:
        found = failures.failure_of(
            outcome="error", verdict="failed", rule="transport", error="429, wait 9",
            result=None, sentence="The call failed.", at=AT,
        )  # fmt: skip
        assert found == Failure(
            "error", "failed", "transport", "429, wait 9", None, 9.0, "The call failed."
        )


POLICY = RetryRule("mild", 4, attempts=3, base=2, cap=30, patience=60, per_run=5)
PASSING = Failure(Outcome.TIMEOUT, Verdict.UNKNOWN)
BUSY = Failure(Outcome.ERROR, Verdict.FAILED, error="429")


def decided(
    failure: Failure = PASSING,
    tool: ToolFacts = READ,
    *,
    attempt: int = 1,
    retries: int = 0,
    policy: RetryRule | None = POLICY,
    left: float = 1,
    open_for: float | None = None,
) -> Decision:
    return rules.decide(attempt, retries, failure, tool, policy, 0.5, left, open_for)


def denied(sentence: str) -> Decision:
    return Decision(DecisionKind.DENY, "retry:mild", 4, sentence)


class TestADecision:
    def test_to_try_again_says_when(self) -> None:
        assert decided() == Decision(
            DecisionKind.ALLOW, "retry:mild", 4, "Attempt 2 of 3 in 2.0 s.", {"wait": 2.0}
        )
        asked = Failure(Outcome.TIMEOUT, Verdict.UNKNOWN, retry_after=60)
        assert decided(asked, attempt=2).facts == {"wait": 60 + 0.5 * 2 * 2**2}

    def test_that_attempts_are_used_up_tells_the_planner(self) -> None:
        assert decided(attempt=3) == denied("3 attempts were made.")
        once = RetryRule("mild", 4, attempts=1)
        assert decided(policy=once) == denied("It is not tried again.")

    def test_that_the_runs_retries_are_used_up_stops_it(self) -> None:
        assert decided(retries=4).allowed
        assert decided(retries=5) == Decision(
            DecisionKind.STOP,
            "retry:mild",
            4,
            "The run has used up its 5 retries.",
            reason=StopReason.RETRY_LIMIT_REACHED,
        )

    def test_on_what_follows_is_the_policys(self) -> None:
        stops = RetryRule("mild", 4, used_up=Afterwards.STOP, run_used_up=Afterwards.PLANNER)
        assert decided(attempt=3, policy=stops).kind is DecisionKind.STOP
        assert decided(retries=20, policy=stops) == denied("The run has used up its 20 retries.")

    def test_on_a_tool_that_is_cut_off_tells_the_planner(self) -> None:
        assert decided(open_for=0.0) == denied("It is not tried again now: get_rates is cut off.")

    def test_on_a_wait_longer_than_patience_tells_the_planner(self) -> None:
        asked = Failure(Outcome.TIMEOUT, Verdict.UNKNOWN, retry_after=61.4)
        assert decided(asked) == denied(
            "get_rates asks to wait 61 s, longer than the 60 s that retries wait."
        )

    def test_on_a_tool_without_budget_tells_the_planner(self) -> None:
        assert decided(left=0.99) == denied(
            "It is not tried again: get_rates has used up its retries of this minute."
        )

    @pytest.mark.parametrize(
        ("failure", "tool", "worth"),
        [
            (PASSING, READ, True),
            (PASSING, KEYED, True),
            (PASSING, BARE, False),
            (PASSING, CHANGING, False),
            (BUSY, READ, True),
            (BUSY, KEYED, True),
            (BUSY, BARE, False),
            (BUSY, CHANGING, True),
            (Failure(Outcome.ERROR, Verdict.FAILED, error="404"), READ, False),
            (Failure(Outcome.ERROR, Verdict.FAILED, error="401"), READ, False),
            (Failure(Outcome.CANCELLED, Verdict.UNKNOWN), READ, False),
        ],
    )
    def test_on_what_is_not_worth_it_is_no(
        self, failure: Failure, tool: ToolFacts, worth: bool
    ) -> None:
        assert rules.worth(failure, tool) is worth
        assert decided(failure, tool).allowed is worth
        assert rules.wants(1, 0, failure, tool, POLICY) is worth
        assert decided(failure, tool, policy=None) == rules.NO_RETRY

    def test_draws_on_the_tools_budget_only_when_it_would_be_a_yes(self) -> None:
        patient = Failure(Outcome.TIMEOUT, Verdict.UNKNOWN, retry_after=60)
        long = Failure(Outcome.TIMEOUT, Verdict.UNKNOWN, retry_after=60.1)
        assert rules.wants(1, 0, patient, READ, POLICY)
        assert not rules.wants(1, 0, long, READ, POLICY)
        assert not rules.wants(3, 0, PASSING, READ, POLICY)
        assert not rules.wants(1, 5, PASSING, READ, POLICY)
        assert not rules.wants(1, 0, PASSING, READ, None)


class TestAWait:
    @pytest.mark.parametrize(
        ("attempt", "bound"), [(1, 4), (2, 8), (3, 16), (4, 30), (30, 30), (5_000, 30)]
    )
    def test_is_below_a_bound_that_doubles_up_to_the_cap(self, attempt: int, bound: float) -> None:
        assert rules.wait(attempt, PASSING, POLICY, 1.0) == bound
        assert rules.wait(attempt, PASSING, POLICY, 0.0) == 0

    @given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.floats(0, 1e6))
    def test_is_never_shorter_than_what_was_asked_for(
        self, attempt: int, die: float, asked: float
    ) -> None:
        failure = Failure(Outcome.ERROR, Verdict.FAILED, retry_after=asked)
        assert asked <= rules.wait(attempt, failure, POLICY, die) <= asked + POLICY.cap


class TestATools:
    @pytest.mark.parametrize(
        ("calls", "retries", "left"),
        [(0, 0, 10), (5, 0, 11), (100, 0, 30), (104, 4, 26), (10, 10, 0), (13, 12, 0), (30, 14, 0)],
    )
    def test_budget_of_retries_is_a_floor_and_a_share_of_first_calls(
        self, calls: int, retries: int, left: int
    ) -> None:
        assert rules.budget(Counts(good=calls, retries=retries), RetryRule()) == left

    def test_counts_are_of_the_last_seconds_only(self) -> None:
        window = EMPTY.counted(AT, 60, good=2).counted(AT + timedelta(seconds=30), 60, bad=1)
        now = AT + timedelta(seconds=59)
        assert window.counts(now, 60).calls == 3
        assert window.counts(now, 60).bad == 1
        assert window.counts(now, 20).calls == 0
        assert window.counts(AT + timedelta(seconds=75), 60).calls == 1
        assert window.counts(AT + timedelta(seconds=600), 60).calls == 0


@given(
    st.text(max_size=200),
    st.one_of(
        st.text(max_size=60),
        st.dictionaries(
            st.sampled_from(["status", "message", "retry_after", "error"]),
            st.none() | st.integers() | st.floats() | st.text(max_size=30),
            max_size=4,
        ),
    ),
)
def test_whatever_came_back_a_failure_has_a_cause_and_a_wait_that_can_be_waited(
    error: str, result: Any
) -> None:
    found = failures.failure_of(
        outcome="error", verdict="failed", rule="", error=error, result=result, sentence="", at=AT
    )
    assert found.cause in Cause
    assert found.retry_after is None or 0 <= found.retry_after < 10**11
