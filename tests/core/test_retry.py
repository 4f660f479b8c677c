"""Which failures are worth another attempt, when it is made, and that no storm of callers gets more
retries than a tool's budget.
"""

import heapq
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from policies.call_counts import Counts, CountWindow
from policies.circuit import rules as breaker
from policies.circuit.rules import BreakerPhase, BreakerState, BreakerThresholds
from policies.decision import Decision, DecisionKind, StopReason
from policies.retries import hints as retry_hints
from policies.retries import rules as retry
from policies.retries.failure import Cause, Failure, failure_of, healthy
from policies.retries.rules import Afterwards, RetryRule, ToolFacts, decide

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
READ = ToolFacts("get_rates", "read", idempotent=True)
KEYED = ToolFacts("charge", "irreversible", idempotent=True)
BARE = ToolFacts("send_parcel", "irreversible", idempotent=False)
CHANGING = ToolFacts("tag", "reversible", idempotent=False)
POLICY = RetryRule(attempts=4, base=1, cap=8, patience=60, per_run=10, share=0.2, floor=5)


def failed(
    error: str = "",
    result: Any = None,
    *,
    rule: str = "",
    outcome: str = "",
    verdict: str = "failed",
) -> Failure:
    way = outcome or ("error" if error else "ok")
    return failure_of(
        outcome=way, verdict=verdict, rule=rule, error=error, result=result, sentence="", at=AT
    )


TIMEOUT = failed("No answer within 30 s.", outcome="timeout", verdict="unknown")


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (
            failed("503 Service Unavailable: the courier's rate service is being restarted"),
            Cause.BUSY,
        ),
        (failed("429 Too Many Requests"), Cause.BUSY),
        (failed(result={"status": 429, "error": "slow down"}), Cause.BUSY),
        (failed(result={"error": {"code": 503, "message": "overloaded"}}), Cause.BUSY),
        (
            failed(result="We are very busy right now. Please try again later.", rule="throttled"),
            Cause.BUSY,
        ),
        (failed(result="system busy", rule="unavailable"), Cause.BUSY),
        (failed("ConnectionResetError: [Errno 104] Connection reset by peer"), Cause.PASSING),
        (failed("500 Internal Server Error"), Cause.PASSING),
        (
            failed(result="<html><title>502 Bad Gateway</title></html>", rule="error_page"),
            Cause.PASSING,
        ),
        (
            failed(
                result={"status": 200, "body": "<html><title>Just a moment</title></html>"},
                rule="page_inside",
            ),
            Cause.PASSING,
        ),
        (failed(result='{"rates": [{"car', rule="truncated"), Cause.PASSING),
        (TIMEOUT, Cause.PASSING),
        (failed("OSError: something odd"), Cause.PASSING),
        (failed("KeyError: 'rate'"), Cause.BROKEN),
        (failed("JSONDecodeError: Expecting value: line 1"), Cause.BROKEN),
        (failed(result={"rates": "soon"}, rule="output_schema"), Cause.BROKEN),
        (failed(result="garbage", rule="own_check"), Cause.BROKEN),
        (failed("401 Unauthorized"), Cause.BROKEN),
        (
            failed(result="Traceback (most recent call last): ... KeyError: 'x'", rule="traceback"),
            Cause.CALLER,
        ),
        (
            failed(
                result="Traceback (most recent call last): ... connection refused", rule="traceback"
            ),
            Cause.PASSING,
        ),
        (
            failed(result={"exit_code": 1, "stderr": "assertion failed"}, rule="exit_code"),
            Cause.CALLER,
        ),
        (failed("404 Not Found"), Cause.CALLER),
        (failed("Order 999 does not exist."), Cause.CALLER),
        (failed("There is no order 91040."), Cause.CALLER),
        (failed("There is no route to the host"), Cause.PASSING),
        (failed("Only 3 pieces of LMP-033 are free."), Cause.CALLER),
        (failed("amount: must be positive"), Cause.CALLER),
        (failed("Order 7 has 3 USD left to be paid back, and 50 was asked for."), Cause.CALLER),
        (
            failed(result={"success": False, "message": "no such order"}, rule="refused_flag"),
            Cause.CALLER,
        ),
        (failed(result="The room is fully booked.", rule="unavailable"), Cause.CALLER),
        (failed("500 USD is more than that order cost"), Cause.PASSING),
        (failed(result="it may have failed", verdict="unknown"), Cause.NONE),
        (failed("The call was cancelled.", outcome="cancelled"), Cause.NONE),
    ],
)
def test_the_cause_of_a_failure(failure: Failure, cause: Cause) -> None:
    assert failure.cause is cause


def test_an_amount_at_the_beginning_of_an_error_is_no_status() -> None:
    assert retry_hints.status(None, "500 USD is over the limit") is None
    assert retry_hints.status(None, "503 Service Unavailable") == 503
    assert retry_hints.status(None, "the server said: HTTP 502") == 502
    assert retry_hints.status({"data": {"statusCode": "404"}}, "") == 404


def test_what_a_call_says_of_its_tool() -> None:
    assert healthy("succeeded", None) is True
    assert healthy("failed", failed("404 Not Found")) is True, "it looked, and said no"
    assert healthy("failed", failed(result="garbage", rule="noise")) is False
    assert healthy("unknown", TIMEOUT) is False
    assert healthy("unknown", failed(result=None, verdict="unknown")) is None
    assert healthy("failed", None) is False
    assert healthy("unknown", None) is None


def answer(failure: Failure, tool: ToolFacts = READ, attempt: int = 1, **facts: Any) -> Decision:
    given: dict[str, Any] = {
        "retries_of_run": 0,
        "policy": POLICY,
        "die": 0.5,
        "tool_budget_left": 1,
        **facts,
    }
    return decide(attempt, given.pop("retries_of_run"), failure, tool, given.pop("policy"), **given)


@pytest.mark.parametrize("tool", [READ, KEYED])
@pytest.mark.parametrize(
    "failure", [TIMEOUT, failed("503 Service Unavailable"), failed("Connection refused")]
)
def test_what_can_be_repeated_is(tool: ToolFacts, failure: Failure) -> None:
    assert answer(failure, tool).allowed


@pytest.mark.parametrize(
    "failure", [TIMEOUT, failed("429 Too Many Requests"), failed("Connection reset")]
)
def test_an_irreversible_call_without_a_key_is_never_made_twice(failure: Failure) -> None:
    assert not answer(failure, BARE).allowed


def test_a_reversible_call_without_a_key_is_made_again_only_when_it_was_plainly_not_done() -> None:
    assert answer(failed("429 Too Many Requests"), CHANGING).allowed
    assert not answer(failed("Connection reset by peer"), CHANGING).allowed


@pytest.mark.parametrize(
    "failure",
    [
        failed("422 Unprocessable Entity"),
        failed("order_id: not a number, must be one"),
        failed("KeyError: 'x'"),
    ],
)
def test_what_would_fail_again_is_not_tried_again(failure: Failure) -> None:
    assert answer(failure) == retry.NO_RETRY


def test_without_a_policy_nothing_is_tried_again() -> None:
    assert not answer(TIMEOUT, policy=None).allowed


def test_full_jitter_lies_anywhere_below_a_bound_that_doubles_up_to_the_cap() -> None:
    bounds = [answer(TIMEOUT, attempt=attempt, die=0.999999).facts["wait"] for attempt in (1, 2, 3)]
    assert [round(bound) for bound in bounds] == [2, 4, 8]
    assert answer(TIMEOUT, attempt=3, die=0.0).facts["wait"] == 0
    patient = RetryRule(attempts=99, base=1, cap=8, per_run=99)
    assert round(answer(TIMEOUT, attempt=50, die=0.999999, policy=patient).facts["wait"]) == 8


@pytest.mark.parametrize(
    ("error", "result", "seconds"),
    [
        ("429 Too Many Requests. Retry-After: 17", None, 17),
        ("Please try again in 2 minutes.", None, 120),
        ("Rate limited, retry after 1.5 seconds", None, 1.5),
        ("busy, retry in 250ms", None, 0.25),
        ("Retry-After: Fri, 20 Nov 2026 14:02:30 GMT", None, 30),
        ("", {"error": "rate_limited", "retry_after": 12}, 12),
        ("", {"error": {"message": "slow down", "retryAfterMs": 1500}}, 1.5),
        ("", {"status": 429, "headers": {"Retry-After": "40"}}, 40),
        ("", {"status": 503, "headers": {"retry-after": "Fri, 20 Nov 2026 14:03:00 GMT"}}, 60),
        ("", {"message": "Quota used up; try again after 2026-11-20T14:02:10Z"}, 10),
        ("", {"retry_delay": "3s"}, 3),
        ("Retry-After: Fri, 20 Nov 2026 14:01:00 GMT", None, 0),
        ("Retry-After: soon", None, None),
        ("Fri, 31 Feb 2026 14:01:00 GMT, retry", None, None),
        ("", {"retry_after": True}, None),
        ("", {"retry_after": -5}, None),
        ("", [{"retry_after": 5}], None),
    ],
)
def test_retry_after_is_found_wherever_it_stands(
    error: str, result: Any, seconds: float | None
) -> None:
    assert retry_hints.retry_after(result, error, AT) == seconds


def test_retry_after_is_honoured_with_jitter_on_top() -> None:
    asked = failed("429 Too Many Requests. Retry-After: 17")
    assert 17 <= answer(asked, die=0.0).facts["wait"] < answer(asked, die=0.9).facts["wait"] <= 19


def test_a_wait_longer_than_patience_goes_to_the_planner() -> None:
    decision = answer(failed("429 Too Many Requests. Retry-After: 3600"))
    assert decision.kind is DecisionKind.DENY
    assert (
        decision.sentence
        == "get_rates asks to wait 3600 s, longer than the 60 s that retries wait."
    )


def test_attempts_used_up_go_to_the_planner_or_stop_the_run_as_the_policy_says() -> None:
    strict = RetryRule(attempts=2, used_up=Afterwards.STOP)
    assert answer(TIMEOUT, attempt=4).kind is DecisionKind.DENY
    assert answer(TIMEOUT, attempt=2, policy=strict).reason is StopReason.RETRY_LIMIT_REACHED
    assert answer(TIMEOUT, attempt=1, policy=strict).allowed


def test_a_run_has_a_budget_of_retries_whatever_tools_it_calls() -> None:
    assert answer(TIMEOUT, retries_of_run=9).allowed
    decision = answer(TIMEOUT, retries_of_run=10)
    assert (decision.reason, decision.sentence) == (
        StopReason.RETRY_LIMIT_REACHED,
        "The run has used up its 10 retries.",
    )


def test_a_tool_without_budget_or_cut_off_is_not_tried_again() -> None:
    assert "used up its retries" in answer(TIMEOUT, tool_budget_left=0).sentence
    assert "cut off" in answer(TIMEOUT, open_for=12.0).sentence


def test_a_budget_is_a_share_of_the_calls_and_a_floor() -> None:
    assert retry.budget(Counts(), POLICY) == 5
    assert retry.budget(Counts(good=100), POLICY) == 25
    assert retry.budget(Counts(good=90, bad=30, retries=20), POLICY) == 5
    assert retry.budget(Counts(bad=10, retries=9), POLICY) == 0


@pytest.mark.parametrize("callers", [1, 50, 1_000])
def test_a_storm_of_callers_stays_within_the_budget_of_the_tool(callers: int) -> None:
    """Every caller calls a tool that always fails, all within a few seconds, and retries as often
    as it may.
    """
    made, retries = storm(callers, BreakerThresholds(calls=10**9))
    assert made == callers + retries
    assert retries <= POLICY.floor + POLICY.share * callers
    assert retries >= min(POLICY.floor, callers)


def test_a_breaker_ends_a_storm_long_before_its_budget_does() -> None:
    made, retries = storm(1_000, BreakerThresholds(calls=20, open_for=600))
    assert made <= 20
    assert retries <= POLICY.floor + POLICY.share * 20


def storm(callers: int, thresholds: BreakerThresholds) -> tuple[int, int]:
    """Calls and retries made in one simulated minute of nothing but failures."""
    dice, state, made, retries = Random(7), BreakerState(READ.name), 0, 0
    waiting = [(dice.random() * 5, caller, 1) for caller in range(callers)]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < 55:
        second, caller, attempt = heapq.heappop(waiting)
        at = AT + timedelta(seconds=second)
        if state.phase is not BreakerPhase.CLOSED:
            continue
        made += 1
        state = breaker.moved(state, breaker.CallFailed("503"), thresholds, at)
        left = retry.budget(state.window.counts(at, 60), POLICY)
        open_for = None if state.phase is BreakerPhase.CLOSED else 600.0
        decision = decide(
            attempt,
            0,
            failed("503 Service Unavailable"),
            READ,
            POLICY,
            dice.random(),
            left,
            open_for,
        )
        if decision.allowed:
            retries += 1
            state = breaker.drawn(state, thresholds, at)
            heapq.heappush(waiting, (second + decision.facts["wait"], caller, attempt + 1))
    return made, retries


def test_forgiving_a_tool_its_failures_does_not_give_it_new_retries() -> None:
    window = CountWindow().counted(AT, 60, good=3, bad=4, retries=2).forgiven()
    assert window.counts(AT, 60) == Counts(retries=2)
