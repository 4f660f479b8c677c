"""What one event adds to the sums, and durations as percentiles."""

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from runs.insights.tally import (
    BUCKETS,
    KINDS,
    RolledEvent,
    RollupNoun,
    SumStep,
    amounts,
    bucket,
    percentile,
)

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def added(kind: str, **facts: object) -> list[tuple[str, str, str]]:
    event = RolledEvent(kind, AT, "desk", **facts)  # type: ignore[arg-type]
    return [(each.noun.value, each.name, each.measure) for each in amounts(event)]


@pytest.mark.parametrize(
    ("outcome", "verdict", "measure"),
    [
        ("ok", "succeeded", "succeeded"),
        ("ok", "failed", "no_success"),
        ("ok", "unknown", "no_success"),
        ("timeout", "unknown", "timeout"),
        ("error", "failed", "error"),
    ],
)
def test_what_ran_and_what_succeeded_are_told_apart(
    outcome: str, verdict: str, measure: str
) -> None:
    found = added("call.returned", tool="book", outcome=outcome, verdict=verdict, seconds=0.5)
    assert found == [("call", "book", measure), ("call", "book", "took:18")]


def test_a_call_that_was_broken_off_from_here_says_nothing_of_its_tool() -> None:
    assert added("call.returned", tool="book", outcome="cancelled", seconds=1.0) == []


def test_money_is_added_to_the_model_whatever_it_was_spent_on() -> None:
    event = RolledEvent("context.compacted", AT, "desk", model="small", usd=Decimal("0.0012"))
    assert list(amounts(event)) == [SumStep(RollupNoun.TURN, "small", "usd", Decimal("0.0012"))]


def test_the_end_of_a_run_is_counted_under_its_reason() -> None:
    assert added("run.completed") == [("end", "COMPLETED", "ended")]
    assert added("run.stopped", said="TIMEOUT") == [("end", "TIMEOUT", "ended")]


def test_what_a_rule_did_not_let_through_is_counted_under_its_name() -> None:
    assert ("rule", "caps", "denied") in added("call.refused", tool="pay", rule="caps")
    assert ("rule", "caps", "asked") in added("call.asked", tool="pay", rule="caps")
    assert added("call.refused", tool="pay") == [("call", "pay", "refused")]


def test_what_people_denied_is_counted_apart_from_what_rules_refused() -> None:
    found = added("call.refused", tool="pay", rule="approval")
    assert found == [("call", "pay", "denied"), ("rule", "approval", "denied")]


def test_every_kind_that_is_read_adds_something() -> None:
    for kind in KINDS:
        assert added(kind, tool="book", model="small", outcome="ok", said="TIMEOUT"), kind


def test_a_percentile_is_at_most_a_fifth_off() -> None:
    dice = random.Random(7)
    seconds = sorted(dice.lognormvariate(0, 2) for _ in range(5_000))
    counts: dict[int, int] = {}
    for each in seconds:
        counts[bucket(each)] = counts.get(bucket(each), 0) + 1
    for share in (0.5, 0.95):
        true = seconds[int(share * len(seconds))]
        found = percentile(counts, share)
        assert found is not None
        assert abs(found / true - 1) < 0.22


def test_no_duration_has_no_bucket_and_none_is_beyond_the_last() -> None:
    assert percentile({}, 0.5) is None
    assert (bucket(0.0), bucket(0.001), bucket(1e12)) == (0, 0, BUCKETS - 1)
