"""What a failed call says itself about trying again: each form of a wait, a status and a cause."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.call_counts import EMPTY, Counts
from policies.decision import Decision, DecisionKind, StopReason
from policies.retries import failure as failures
from policies.retries import hints, rules
from policies.retries.failure import Cause, Failure
from policies.retries.rules import Afterwards, RetryRule, ToolFacts
from policies.verdicts import Outcome, Verdict

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
READ = ToolFacts("get_rates", "read", idempotent=False)
KEYED = ToolFacts("pay", "irreversible", idempotent=True)
BARE = ToolFacts("pay", "irreversible", idempotent=False)
CHANGING = ToolFacts("set_price", "reversible", idempotent=False)


class TestAWaitInWords:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("retry after 5", 5),
            ("Retry-After: 5", 5),
            ("retrying in 5 s", 5),
            ("retry again in 5", 5),
            ("please try again in 5 seconds", 5),
            ("try again after about 5 secs", 5),
            ("wait 5 sec", 5),
            ("wait for at least 5s", 5),
            ("available in another 5 minutes", 300),
            ("again in 5 min", 300),
            ("back-off for 2m", 120),
            ("backoff 1.5 hours", 5400),
            ("wait 2 hrs", 7200),
            ("wait 1 h", 3600),
            ("wait 250 ms", 0.25),
            ("wait 250 milliseconds", 0.25),
            ("wait 0.125 s", 0.125),
            ("re-try in 7", 7),
        ],
    )
    def test_is_read_with_its_unit(self, text: str, seconds: float) -> None:
        assert hints.waited_in(text, AT) == pytest.approx(seconds)
        assert hints.waited_in(text.upper(), AT) == pytest.approx(seconds)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "wait",
            "wait a minute",
            "5 seconds",
            "try harder in 5 seconds",
            "waited 5 seconds",
            "try again in 3 days",
            "try again in 2 weeks",
            "available in 10 pm",
            "wait 12345678",
            "try again at 2026",
            "wait 5-10 s",
            "try again in 10:30",
            "wait 5/7",
            "try again after 20 November",
            "wait 3 May",
        ],
    )
    def test_is_no_other_number(self, text: str) -> None:
        assert hints.waited_in(text, AT) is None

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("try again at Fri, 20 Nov 2026 14:01:00 GMT", 60),
            ("retry: 20 Nov 2026 15:00:00 GMT", 3600),
            ("available 1 Dec 2026 14:00:00 GMT", 11 * 86_400),
            ("try again after 20 Nov 2026 14:01:00 GMT", 60),
            ("again after 2026-11-20T14:00:30Z", 30),
            ("again at 2026-11-20T15:00+00:30", 1800),
            ("try again 2026-11-20T14:00:00.5Z", 0.5),
            ("try again at 20 Nov 2026 13:00:00 GMT", 0),
        ],
    )
    def test_may_be_a_date_that_is_asked_for(self, text: str, seconds: float) -> None:
        assert hints.waited_in(text, AT) == seconds

    @pytest.mark.parametrize(
        "text",
        [
            "born 20 Nov 2026 14:01:00 GMT",
            "try again at 31 Feb 2026 14:01:00 GMT",
            "try again at 20 Nov 2026 25:01:00 GMT",
            "try again at 2026-02-31T14:00:00Z",
            "try again at 2026-11-20T14:00:00",
            "try again at 20 Nov 2026 14:01:00",
            "try again at 20 nov 0000 14:01:00 GMT",
        ],
    )
    def test_is_no_date_that_does_not_exist_or_is_not_asked_for(self, text: str) -> None:
        assert hints.waited_in(text, AT) is None


class TestAWaitInAField:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            (0, 0),
            (17, 17),
            (1.5, 1.5),
            ("17", 17),
            (" 17 ", 17),
            ("1.5", 1.5),
            ("250ms", 0.25),
            ("2 m", 120),
            ("1h", 3600),
            ("3 s", 3),
            ("Fri, 20 Nov 2026 14:02:00 GMT", 120),
            ("2026-11-20T14:01:00+00:00", 60),
            (10**9 - 1, 10**9 - 1),
        ],
    )
    def test_is_a_number_a_text_or_a_date(self, value: Any, seconds: float) -> None:
        assert hints.waited(value, 1.0, AT) == seconds

    @pytest.mark.parametrize(
        "value",
        [
            True,
            False,
            None,
            -1,
            -0.5,
            10**9,
            float("nan"),
            float("inf"),
            "",
            "soon",
            "1234567890",
            "-5",
            "5 days",
            "1.5.5",
            [],
            {},
            [17],
        ],
    )
    def test_is_nothing_else(self, value: Any) -> None:
        assert hints.waited(value, 1.0, AT) is None

    @pytest.mark.parametrize(("name", "factor"), hints.WAITS.items())
    def test_has_its_unit_in_its_name(self, name: str, factor: float) -> None:
        assert hints.retry_after({name.upper(): 3_000}, "", AT) == pytest.approx(3_000 * factor)

    def test_comes_before_one_in_words(self) -> None:
        assert hints.retry_after({"retry_after": 3, "message": "wait 9"}, "wait 7", AT) == 3
        assert hints.retry_after({"message": "wait 9"}, "wait 7", AT) == 7
        assert hints.retry_after({"message": "wait 9"}, "", AT) == 9
        assert hints.retry_after("wait 8", "no word of it", AT) == 8
        assert hints.retry_after({"retry_after": "soon", "detail": "wait 9"}, "", AT) == 9
        assert hints.retry_after({"body": "wait 9"}, "", AT) is None
        assert hints.retry_after(None, "", AT) is None

    def test_is_looked_for_in_three_levels_and_forty_fields_and_in_no_list(self) -> None:
        inner = {"retry_after": 3}
        assert hints.retry_after({"a": {"b": inner}}, "", AT) == 3
        assert hints.retry_after({"a": {"b": {"c": inner}}}, "", AT) is None
        assert hints.retry_after([inner], "", AT) is None
        wide = {f"x{number}": 0 for number in range(39)}
        assert hints.retry_after({**wide, **inner}, "", AT) == 3
        assert hints.retry_after({**wide, "y": 0, **inner}, "", AT) is None

    def test_is_read_in_two_thousand_characters(self) -> None:
        assert hints.retry_after(None, "x " * 997 + "wait 9", AT) == 9
        assert hints.retry_after(None, "x " * 998 + "wait 9", AT) is None
        assert hints.retry_after({"message": "x " * 998 + "wait 9"}, "", AT) is None


class TestAStatus:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            ("404", 404),
            ("404: gone", 404),
            ("[503] x", None),
            ("503, busy", 503),
            ("500 - oops", 500),
            ("(404 Not Found)", 404),
            ("HTTP 502", 502),
            ("http/1.1 429", 429),
            ("got status code: 418", 418),
            ("error 500 there", 500),
            ("response=404", 404),
            ("409 Conflict", 409),
            ("410 gone", 410),
            ("422 unprocessable", 422),
            ("500 USD is more", None),
            ("4040", None),
            ("303 see other", None),
            ("600: no", None),
            ("code 404", None),
            ("", None),
        ],
    )
    def test_of_an_error_is_its_first_word_or_named(self, error: str, status: int | None) -> None:
        assert hints.status(None, error) == status
        assert hints.status(error, "") == status

    @pytest.mark.parametrize(
        ("result", "status"),
        [
            ({"status": 404}, 404),
            ({"statusCode": "404"}, 404),
            ({"code": " 503 "}, 503),
            ({"error": {"code": 500}}, 500),
            ({"HTTP-Status": 400}, 400),
            ({"status": 599}, 599),
            ({"status": 600}, None),
            ({"status": 399}, None),
            ({"status": True}, None),
            ({"status": 404.0}, None),
            ({"status": "4040"}, None),
            ({"status": "failed"}, None),
            ({"amount": 404}, None),
            ({"status": "x", "code": 404}, 404),
            ([{"status": 404}], None),
        ],
    )
    def test_of_a_result_stands_in_a_field(self, result: Any, status: int | None) -> None:
        assert hints.status(result, "") == status

    def test_of_a_result_comes_before_that_of_the_error(self) -> None:
        assert hints.status({"status": 404}, "HTTP 500") == 404

    def test_of_a_text_beside_an_error_is_not_read(self) -> None:
        assert hints.status("HTTP 500", "no word") is None

    @pytest.mark.parametrize(
        ("status", "cause"),
        [
            (None, None),
            (408, Cause.PASSING),
            (425, Cause.PASSING),
            (429, Cause.BUSY),
            (503, Cause.BUSY),
            (401, Cause.BROKEN),
            (407, Cause.BROKEN),
            (501, Cause.BROKEN),
            (505, Cause.BROKEN),
            (400, Cause.CALLER),
            (404, Cause.CALLER),
            (422, Cause.CALLER),
            (499, Cause.CALLER),
            (500, Cause.PASSING),
            (502, Cause.PASSING),
            (504, Cause.PASSING),
            (599, Cause.PASSING),
        ],
    )
    def test_says_whose_fault_it_is(self, status: int | None, cause: Cause | None) -> None:
        assert failures.of_status(status) is cause


class TestTheWordsOfAFailure:
    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("Try again later", Cause.BUSY),
            ("try it again", Cause.BUSY),
            ("Try again with another name", None),
            ("a temporary outage", Cause.BUSY),
            ("rate-limited", Cause.BUSY),
            ("the system is busy", Cause.BUSY),
            ("it timed out", Cause.PASSING),
            ("connection was reset", Cause.PASSING),
            ("cannot connect", Cause.PASSING),
            ("ReadError", Cause.PASSING),
            ("unexpected EOF", Cause.PASSING),
            ("KeyError: 'a'", Cause.BROKEN),
            ("json.JSONDecodeError", Cause.BROKEN),
            ("NameError", Cause.BROKEN),
            ("errors of value", None),
            ("there is no such order", Cause.CALLER),
            ("there are no workers", None),
            ("only 3 are left", Cause.CALLER),
            ("it must be a number", Cause.CALLER),
            ("already paid", Cause.CALLER),
            ("not permitted", Cause.CALLER),
            ("", None),
            ("all is well", None),
        ],
    )
    def test_say_whose_fault_it_is(self, text: str, cause: Cause | None) -> None:
        assert failures.of_words(text) is cause

    def test_that_promise_better_come_before_those_that_complain(self) -> None:
        assert failures.of_words("invalid state, try again later") is Cause.BUSY
        assert failures.of_words("KeyError after the connection was reset") is Cause.PASSING
        assert failures.of_words("KeyError: 'a' is missing") is Cause.BROKEN

    @pytest.mark.parametrize(
        ("error", "result", "text"),
        [
            ("x" * 2_001, "y", "x" * 2_000),
            ("", "y" * 2_001, "y" * 2_000),
            ("", {"message": "a", "data": "b", "error": {"detail": "c"}}, "a c"),
            ("", {"message": 7}, ""),
            ("", None, ""),
            ("", ["a"], ""),
        ],
    )
    def test_are_the_error_or_the_message_of_the_result(
        self, error: str, result: Any, text: str
    ) -> None:
        assert failures.text_of(Failure("ok", "failed", error=error, result=result)) == text


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
