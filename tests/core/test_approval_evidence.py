"""What stands on an approval's card beside the question: how the run came there, what it did so
far, what is left.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.selectors import background, particulars
from console.journal.records import JournalRecord, Stored
from policies.budgets.bucket_meters import BucketMeter
from policies.budgets.rules import BudgetRule, BudgetWindow, Measure
from runs.models import Run
from runs.reading import story
from runs.reading.story import Sort, StoryTurn

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def event(seq: int, kind: str, data: Mapping[str, Any] | None = None, **facts: Any) -> Stored:
    at = AT + timedelta(seconds=seq)
    return Stored(
        seq, RUN, seq, JournalRecord(kind, at, "supervisor", RUN, data=data or {}, **facts)
    )


def made(step: int, tool: str, **facts: Any) -> list[Stored]:
    """A call with what came back of it."""
    call = {"call": f"{step}.1"}
    intent: dict[str, Any] = {name: facts.pop(name) for name in ("effect", "undo") if name in facts}
    back = {"outcome": "ok", "verdict": "succeeded", **facts}
    return [
        event(step * 10, "call.intended", {**call, **intent}, step=step, tool=tool),
        event(step * 10 + 1, "call.returned", call, step=step, tool=tool, **back),
    ]


def calls(*stored: Sequence[Stored]) -> list[StoryTurn]:
    turns = story.turns([each for events in stored for each in events])
    return [turn for turn in turns if turn.sort is Sort.CALL]


def asked(**facts: Any) -> Request:
    return Request(
        **{
            "kind": RequestKind.CALL,
            "status": RequestStatus.OPEN,
            "facts": {},
            "call": "3.1",
            **facts,
        }
    )


def run(**facts: Any) -> Run:
    limits: dict[str, Any] = {
        "max_steps": 50,
        "max_usd": Decimal(2),
        "max_seconds": 900,
        "active_seconds": 40.0,
        "usd": Decimal("0.27"),
        "step": 8,
    }
    return Run(**{**limits, **facts})


# the planner's words


def test_the_thought_is_that_of_the_step_that_asks_and_not_a_later_one() -> None:
    events = [
        event(1, "step.planned", {"thought": "First I look."}, step=1),
        event(2, "step.planned", {"thought": "Now I refund."}, step=2),
        event(3, "step.planned", {"thought": "Then I write."}, step=3),
    ]
    assert background.words_of(events, 2) == ("Now I refund.", 2)
    assert background.words_of(events, 0) == ("Then I write.", 3)


def test_a_planner_that_only_answered_is_quoted_by_its_answer() -> None:
    assert background.words_of([event(1, "step.planned", {"final": "Done."}, step=4)], 4) == (
        "Done.",
        4,
    )


def test_without_a_plan_there_are_no_words() -> None:
    assert background.words_of([event(1, "run.leased")], 4) == ("", 0)


# what it did so far


@pytest.mark.parametrize(
    ("facts", "result", "tone"),
    [
        ({}, "succeeded", ""),
        ({"verdict": "failed"}, "failed", "bad"),
        ({"verdict": "unknown"}, "unknown", ""),
        ({"outcome": "timeout", "verdict": "unknown"}, "timeout, unknown", ""),
        ({"outcome": "error", "verdict": "failed"}, "error, failed", "bad"),
    ],
)
def test_a_call_is_told_by_its_verdict_and_by_its_outcome_where_that_says_more(
    facts: dict[str, str], result: str, tone: str
) -> None:
    [turn] = calls(made(3, "get_order", **facts))
    found = background.called(turn)
    assert (found.number, found.tool, found.result, found.tone) == ("3", "get_order", result, tone)


def test_reads_leave_nothing_to_undo() -> None:
    found = calls(made(1, "get_order", effect="read"), made(2, "search", effect="read"))
    assert background.lasting(found) == "No changes made yet."


def test_what_can_be_undone_and_what_cannot_is_counted_by_tool() -> None:
    found = calls(
        made(1, "reserve_stock", effect="reversible", undo=True),
        made(2, "create_event", effect="reversible", undo=True),
        made(3, "send_email", effect="irreversible"),
    )
    assert background.lasting(found) == (
        "2 reversible changes so far: reserve_stock, create_event; 1 change cannot be undone:"
        " send_email."
    )


def test_only_what_stays_is_said_as_that() -> None:
    found = calls(made(1, "send_email", effect="irreversible"))
    assert background.lasting(found) == (
        "No reversible change so far; 1 change cannot be undone: send_email."
    )


def test_what_did_not_succeed_leaves_nothing_to_undo() -> None:
    found = calls(made(1, "send_email", effect="irreversible", verdict="failed"))
    assert background.lasting(found) == "No changes made yet."


def test_of_many_actions_the_first_four_are_named() -> None:
    found = calls(
        *(made(step, f"tool_{step}", effect="reversible", undo=True) for step in range(1, 8))
    )
    assert background.lasting(found) == (
        "7 reversible changes so far: tool_1, tool_2, tool_3, tool_4."
    )


# what is spent and left


def test_the_figures_say_what_is_left_as_well() -> None:
    assert background.so_far(asked(status=RequestStatus.DECIDED), run()) == (
        "8 steps, 42 left · $0.27 spent, $1.73 of $2.00 left"
    )


def test_while_the_question_is_open_the_running_time_stands_still_and_says_so() -> None:
    assert background.so_far(asked(), run()).endswith(
        " · 14:20 of 15:00 running time left, which stands still meanwhile"
    )


def test_a_clock_that_runs_is_not_said_to_stand() -> None:
    assert "running time" not in background.so_far(asked(), run(clock_since=AT))


def test_what_is_overdrawn_leaves_nothing_rather_than_less() -> None:
    found = background.so_far(asked(status=RequestStatus.DECIDED), run(step=60, usd=Decimal(3)))
    assert found == "60 steps, 0 left · $3.00 spent, $0.00 of $2.00 left"


# particulars: an answer, a budget


def test_an_answer_is_shown_with_each_criterion_as_it_was_when_it_was_judged() -> None:
    facts = {
        "checks": [
            {"name": "cites two sources", "passed": True, "sentence": ""},
            {"name": "under 500 words", "passed": False, "sentence": "It has 812."},
        ]
    }
    request = asked(
        kind=RequestKind.ACCEPTANCE,
        facts=facts,
        sentence="Not met.",
        asked_at=AT,
        rule="acceptance",
    )
    request.correlation_id = RUN
    paused = particulars.paused(request)
    assert (paused.kind, paused.rule, paused.at) == ("run.paused", "acceptance", AT)
    assert paused.data == {"detail": "Not met.", "facts": facts}


def test_a_call_has_no_particulars_and_nothing_blocks_it() -> None:
    assert particulars.NOTHING_MORE.blocked == ""


@pytest.mark.parametrize(("blocked", "why"), [(True, "Refused until then."), (False, "")])
def test_only_a_budget_without_room_blocks(blocked: bool, why: str) -> None:
    bucket = particulars.BudgetQuestion("daily", None, "Refused until then.", blocked=blocked)
    assert particulars.Particulars(bucket=bucket).blocked == why


@pytest.mark.parametrize(
    ("measure", "spent", "reserved", "need", "lacks"),
    [
        (Measure.USD, "9.90", "0", "0.2", "0.10"),
        (Measure.USD, "9.90", "0.05", "0.051", "0.01"),
        (Measure.USD, "9.999", "0", "0.0011", "0.01"),
        (Measure.TOKENS, "9", "0", "5", "4"),
        (Measure.STEPS, "10", "0", "1", "1"),
    ],
)
def test_a_budget_lacks_what_the_call_needs_rounded_up_to_a_cent(
    measure: Measure, spent: str, reserved: str, need: str, lacks: str
) -> None:
    budget = BudgetRule(1, "daily", 1, BudgetWindow.DAY, measure, Decimal(10))
    found = BucketMeter(budget, "", Decimal(spent), Decimal(reserved))
    lacking = particulars.lacking(found, Decimal(need))
    assert lacking == Decimal(lacks)
    assert found.gone + Decimal(need) <= budget.amount + lacking


def test_every_measure_has_a_unit_to_be_raised_by() -> None:
    assert set(particulars.UNITS) == set(Measure)
