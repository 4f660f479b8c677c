"""In how many ways services say when to come back, and whose fault a failure is."""

from datetime import UTC, datetime

import pytest

from console.json_value import Json
from policies.retries import hints
from policies.retries.failure import Cause, Failure
from policies.verdicts import Outcome, Verdict

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOON = 1_767_268_860  # a minute after


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3600, "try again in an hour"),
        (60, "try again in a minute"),
        (330, "try again in 5 minutes 30 seconds"),
        (330, "try again in 5 min and 30 sec"),
        (30, "retry_after=30"),
        (30, "retryDelay: 30s"),
        (60, "You may retry this request after 60 seconds"),
        (7, "next request allowed in 7 seconds"),
        (30, "Cooldown: 30 seconds remaining"),
        (60, "Quota resets at 2026-01-01T12:01:00Z"),
        (None, "It is available 24 hours a day"),
        (None, "retried 3 times"),
    ],
)
def test_words_say_when_to_come_back(seconds: float | None, said: str) -> None:
    assert hints.retry_after({}, said, AT) == seconds


@pytest.mark.parametrize(
    "result",
    [
        {"retry_at": "2026-01-01T12:01:00Z"},
        {"reset_at": "2026-01-01T12:01:00Z"},
        {"resetAt": SOON},
        {"resetAt": SOON * 1_000},
        {"rate_limit": {"reset": SOON}},
        {"retryAfter": SOON},
        {"X-RateLimit-Reset": str(SOON)},
        {"error": {"details": [{"@type": "google.rpc.RetryInfo", "retryDelay": "60s"}]}},
        {"retry_after": "60 seconds"},
        {"retry_after": "1 minute"},
        {"retry_after": "PT60S"},
        {"retryDelay": "PT1M"},
        {"retryDelay": {"seconds": 60, "nanos": 0}},
    ],
)
def test_fields_say_when_to_come_back(result: Json) -> None:
    assert hints.retry_after(result, "", AT) == 60


@pytest.mark.parametrize(
    "result",
    [
        {"retry_after": -5},
        {"retry_after": True},
        {"retry_after": None},
        {"reset": 5},
        {"reset": 1_000_000_000},
        {"reset": True},
        {"retry_after": ["60", "70"]},
        {"orders": [{"retry_after": 60}]},
    ],
)
def test_what_is_no_time_says_nothing(result: Json) -> None:
    assert hints.retry_after(result, "", AT) is None


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Cause.BUSY, "SlowDown: Please reduce your request rate."),
        (Cause.BUSY, "ProvisionedThroughputExceededException"),
        (Cause.BUSY, "RequestLimitExceeded"),
        (Cause.BUSY, "rpc error: code = ResourceExhausted desc = x"),
        (Cause.BUSY, "Service is under maintenance"),
        (Cause.PASSING, "read ECONNRESET"),
        (Cause.PASSING, "connect ECONNREFUSED 127.0.0.1:80"),
        (Cause.PASSING, "socket hang up"),
        (Cause.PASSING, "no healthy upstream"),
        (Cause.PASSING, "database is locked"),
        (Cause.PASSING, "could not serialize access due to concurrent update"),
        (Cause.PASSING, "context deadline exceeded"),
        (Cause.PASSING, "rpc error: code = Unavailable desc = x"),
        (Cause.CALLER, "rpc error: code = NotFound desc = x"),
        (Cause.CALLER, "rpc error: code = InvalidArgument desc = x"),
        (Cause.CALLER, "insufficient funds"),
        (Cause.CALLER, "card declined"),
        (Cause.CALLER, "Access denied - path outside allowed directories"),
        (Cause.CALLER, "Ref 'zzz' did not resolve"),
    ],
)
def test_words_say_whose_fault_it_is(cause: Cause, said: str) -> None:
    assert Failure(Outcome.ERROR, Verdict.FAILED, "transport", said).cause is cause
    assert Failure(Outcome.OK, Verdict.FAILED, "unavailable", "", said).cause is cause
