"""What took a run out of its stride, read from its last events; and what
of it a reader is spared.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord, Stored
from runs.engine.vocabulary import Control, RunStatus, StopReason
from runs.models import Run
from runs.reading import control_requests, redaction, stop_context
from runs.reading.stop_context import StopContext

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def event(
    seq: int,
    kind: str,
    data: Mapping[str, Any] | None = None,
    actor: str = "supervisor",
    rule: str = "",
) -> Stored:
    at = AT + timedelta(seconds=seq)
    return Stored(
        seq,
        RUN,
        seq,
        JournalRecord(kind, at, actor, RUN, tool="refund", rule=rule, data=data or {}),
    )


def read(
    *stored: Stored,
    status: RunStatus = RunStatus.PAUSED,
    control: str = "",
    reason: str = "",
    seq: int = 0,
) -> StopContext:
    return stop_context.read(stored, status, control, reason, seq)


def test_a_run_that_nothing_happened_to_has_nothing_to_tell() -> None:
    assert read() == StopContext()


def test_the_newest_pause_or_end_is_the_one_that_counts() -> None:
    found = read(
        event(1, "run.paused", {"facts": {"budget": "old"}}, rule="budget:old"),
        event(2, "run.resumed"),
        event(3, "run.paused", {"facts": {"budget": "daily", "version": 4}}, rule="budget:daily"),
    )
    assert (found.rule, found.named, found.budget) == ("budget:daily", "budget daily v4", "daily")
    assert found.facts == {"budget": "daily", "version": 4}


@pytest.mark.parametrize(
    "status", [RunStatus.RUNNING, RunStatus.QUEUED, RunStatus.WAITING, RunStatus.COMPLETED]
)
def test_a_pause_of_long_ago_says_nothing_of_a_run_that_goes_on(status: RunStatus) -> None:
    found = read(event(1, "run.paused", rule="budget:daily"), status=status)
    assert (found.rule, found.named, found.facts) == ("", "", {})


@pytest.mark.parametrize(
    ("rule", "halted", "budget", "looped"),
    [
        ("halt:everything", True, "", False),
        ("budget:daily", False, "daily", False),
        ("loop-exact", False, "", True),
        ("judge:every-agent", False, "", True),
        ("", False, "", False),
        ("refunds-need-a-person", False, "", False),
    ],
)
def test_a_rule_is_told_by_how_it_is_called(
    rule: str, halted: bool, budget: str, looped: bool
) -> None:
    found = StopContext(rule=rule)
    assert (found.halted, found.budget, found.looped) == (halted, budget, looped)


def test_a_request_is_pending_only_while_the_row_says_that_something_was_asked() -> None:
    asked = event(1, "run.kill_requested", {"note": "enough"}, actor="user:anna")
    pending = read(asked, status=RunStatus.RUNNING, control=Control.KILL).asked
    assert pending is not None
    assert (pending.who, pending.at, pending.why) == ("anna", asked.record.at, "enough")
    assert read(asked, status=RunStatus.RUNNING).asked is None
    assert read(asked, status=RunStatus.RUNNING, control=Control.PAUSE).asked is None


def test_a_pause_stands_by_whoever_asked_for_it() -> None:
    found = read(
        event(1, "run.pause_requested", {"note": "lunch"}, actor="user:anna"),
        event(2, "run.paused"),
        reason=StopReason.USER_PAUSED,
    ).by
    assert found is not None
    assert (found.who, found.why) == ("anna", "lunch")


def test_a_pause_by_a_rule_is_nobodys_even_when_somebody_asked_before() -> None:
    found = read(
        event(1, "run.pause_requested", actor="user:anna"),
        event(2, "run.resumed"),
        event(3, "run.paused", rule="loop-exact"),
        reason=StopReason.LOOP_DETECTED,
    )
    assert found.by is None


def test_a_person_who_ends_a_run_by_an_answer_did_not_have_to_ask() -> None:
    ended = event(5, "run.stopped", {"detail": "Not this one."}, actor="user:anna")
    found = read(ended, status=RunStatus.STOPPED, reason=StopReason.USER_KILLED).by
    assert found is not None
    assert (found.who, found.why) == ("anna", "Not this one.")


def test_a_planner_is_asked_again_only_while_its_failure_is_the_last_thing_that_happened() -> None:
    failed = event(7, "step.plan_failed", {"retry_at": "2026-11-20T15:48:00+00:00"})
    assert read(failed, status=RunStatus.RUNNING, seq=7).again == datetime(
        2026, 11, 20, 15, 48, tzinfo=UTC
    )
    assert read(failed, status=RunStatus.RUNNING, seq=8).again is None
    assert read(event(7, "step.plan_failed"), status=RunStatus.RUNNING, seq=7).again is None


def test_the_last_finding_of_a_loop_holds_until_a_person_lets_it_pass() -> None:
    first, second = (
        event(1, "hint.given", rule="loop-near"),
        event(2, "hint.given", rule="loop-exact"),
    )
    assert read(first, second).loop == second.record
    assert read(first, event(2, "hint.given", rule="judge:drift")).loop == first.record
    for kind in stop_context.AGAIN:
        assert read(first, event(2, kind)).loop is None
        assert read(event(1, kind), event(2, "hint.given", rule="loop-near")).loop is not None


# whose word it was


def test_a_request_of_today_is_told_by_its_hour_and_another_with_its_day() -> None:
    request = control_requests.ControlRequest("anna", AT, "it costs too much")
    assert request.sentence(AT + timedelta(hours=2)) == "At 15:47 UTC: it costs too much"
    assert request.sentence(AT + timedelta(days=1)) == (
        "At 2026-11-20 15:47:00 UTC: it costs too much"
    )


def test_of_several_requests_the_newest_is_told() -> None:
    records = [
        event(1, "run.kill_requested", actor="user:anna").record,
        event(2, "run.kill_requested", actor="user:bo").record,
    ]
    newest = control_requests.newest(records, "run.kill_requested")
    assert newest is not None
    assert newest.who == "bo"
    assert control_requests.newest(records, "run.pause_requested") is None


# what is left out for whoever may not see tools

TOLD = {"detail": "search_kb six times", "why": "loop", "facts": {"calls": ["3.1"]}, "rule": "x"}


@pytest.mark.parametrize("kind", sorted(redaction.GUARDED))
def test_a_sentence_that_may_name_a_tool_is_left_out_whole(kind: str) -> None:
    shown = redaction.without_details(
        event(1, kind, {**TOLD, "reason": StopReason.LOOP_DETECTED.value}, rule="loop-exact").record
    )
    assert (shown.tool, shown.rule) == ("", "")
    assert shown.data == {"reason": StopReason.LOOP_DETECTED.value}


@pytest.mark.parametrize("reason", sorted(redaction.HARMLESS))
def test_a_limit_or_a_person_is_told_to_everybody(reason: str) -> None:
    record = event(1, "run.stopped", {**TOLD, "reason": reason}, rule="budget:daily").record
    assert redaction.without_details(record) == record


def test_whatever_else_a_reader_may_see_they_see_whole() -> None:
    record = event(1, "call.returned", TOLD, rule="truth:stock").record
    assert redaction.without_details(record) == record


def test_who_sees_tools_is_spared_nothing() -> None:
    stored = [event(1, "run.stopped", TOLD), event(2, "run.paused", TOLD)]
    assert redaction.spared(stored, sees_tools=True) == stored
    assert [each.record.data for each in redaction.spared(stored, sees_tools=False)] == [{}, {}]


@pytest.mark.parametrize(
    ("reason", "sees_tools", "told"),
    [
        (StopReason.LOOP_DETECTED, True, True),
        (StopReason.LOOP_DETECTED, False, False),
        (StopReason.BUDGET_EXCEEDED, False, True),
        (StopReason.USER_KILLED, False, True),
        (StopReason.TOOL_FAILURE, False, False),
    ],
)
def test_the_words_of_a_stop_are_told_to_whom_they_may_be(
    reason: StopReason, sees_tools: bool, told: bool
) -> None:
    run = Run(status=RunStatus.STOPPED, stop_reason=reason, stop_detail="The words.")
    assert redaction.detail(run, sees_tools=sees_tools) == ("The words." if told else "")
